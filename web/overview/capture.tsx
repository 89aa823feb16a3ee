/** Does the monitor itself see everything: each source of frames, and how much of the past is kept. */
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { HistoryStatus } from '../../src/contract/history.ts';
import { useTable } from '../data/use-table.ts';
import { clockText, countText, durationText, secondsSince } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { dropsOf, dropText, historyFault, octetsText, sourceName } from './capture.ts';

function Sight({ up, kind }: CaptureStatus) {
  if (up) return <span class="tone-up">● sees</span>;
  // Files end; interfaces do not.
  return kind === 'file' || kind === 'stdin' ? <span class="dim">□ read to its end</span> : <b class="tone-bad">■ blind</b>;
}

function SourceLine({ capture, nowMillis }: { capture: CaptureStatus; nowMillis: number }) {
  const { id, packets, lastPacket, cannotSee } = capture;
  return (
    <li title={id}>
      <Sight {...capture} /> <span class="value">{sourceName(capture)}</span> <span class="value">{countText(packets)}</span>{' '}
      <span class="dim">packets,</span>{' '}
      {dropsOf(capture) > 0 ? <b class="tone-bad">■ {dropText(capture)}</b> : <span class="dim">{dropText(capture)}</span>}
      <span class="dim">, {lastPacket ? `last ${durationText(secondsSince(lastPacket, nowMillis))} ago` : 'no packet yet'}</span>
      {cannotSee.length > 0 && (
        <details>
          <summary class="dim">cannot see {cannotSee.length === 1 ? 'one thing' : `${cannotSee.length} things`}</summary>
          <ul class="cannot-see">
            {cannotSee.map((what) => (
              <li key={what}>{what}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function HistoryLine({ history, nowMillis }: { history: HistoryStatus | null; nowMillis: number }) {
  if (history === null) return <li class="dim">no history is kept</li>;
  const fault = historyFault(history);
  return (
    <li>
      <span class="dim">
        history {history.from === null ? 'empty' : `from ${clockText(Date.parse(history.from), nowMillis)}`}, {octetsText(history.octets)}
      </span>{' '}
      {fault !== null && <b class="tone-bad">■ {fault}</b>}
    </li>
  );
}

function Lines({ page }: { page: PageState }) {
  const captures = useTable(page, { noun: 'capture' }).rows.value?.items;
  const status = page.status.value;
  const now = page.now.value;
  return (
    <ul class="lines scroll">
      {!captures && <li class="dim">unknown</li>}
      {captures?.length === 0 && (
        <li>
          <b class="tone-bad">■ nothing is captured</b>
        </li>
      )}
      {captures?.map((capture) => (
        <SourceLine key={capture.id} capture={capture} nowMillis={now} />
      ))}
      {status && <HistoryLine history={status.history} nowMillis={now} />}
    </ul>
  );
}

export function Capture({ page }: { page: PageState }) {
  return (
    <section class="panel capture" aria-labelledby="capture-title">
      <h2 id="capture-title">Capture</h2>
      {page.moment.value === null ? <Lines page={page} /> : <p class="empty">How the capture was doing then is not kept.</p>}
    </section>
  );
}
