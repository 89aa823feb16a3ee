/** One event: what happened, to whom, the frames that show it. */
import type { Event } from '../../src/contract/event.ts';
import { countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { Facts } from './facts.tsx';
import { subjectTerm, subjectText } from './subject.ts';
import './details.css';

/** A gap in milliseconds, as it was measured. */
const gapText = (gapMs: number | null): string => (gapMs === null ? '' : `${countText(gapMs)} ms`);

export function EventDetails({ page, event }: { page: PageState; event: Event }) {
  const { id, at, kind, severity, text, subject, from, to, reason, gapMs, details, frames } = event;
  const term = subjectTerm(subject);
  return (
    <article>
      <h3>{text}</h3>
      <p class="actions">
        {frames.length > 0 && page.moment.value === null && (
          <a class="tool" href={`/api/v1/events/${encodeURIComponent(id)}/pcap`} download>
            download pcap
          </a>
        )}
        {kind === 'vrrp.master_change' && from !== null && (
          <a class="tool" href={page.hrefOf('failovers', id)}>
            failover report
          </a>
        )}
        <button type="button" class="tool" onClick={() => page.showMoment(at)}>
          show this moment
        </button>
        {term && (
          <a class="tool" href={page.hrefOf('events', null, Object.fromEntries([term]))}>
            events of the same
          </a>
        )}
      </p>
      <Facts
        facts={[
          ['when', <time dateTime={at}>{at}</time>],
          ['what', kind],
          ['severity', severity],
          ['about', subjectText(subject)],
          ['from', from],
          ['to', to],
          ['reason', reason],
          ['gap', gapText(gapMs)],
          ...Object.entries(details).map(([name, value]) => [name, value === null ? null : String(value)] as const),
          ['frames', frames.join(' ')],
          ['id', id],
        ]}
      />
    </article>
  );
}
