/** The life of a session: each sync record that the history has of it. */
import { useMemo } from 'preact/hooks';
import type { Connection } from '../../src/contract/connection.ts';
import type { SessionRecords } from '../../src/contract/session-record.ts';
import { useAnswer } from '../data/use-answer.ts';
import { clockText, countText } from '../parts/text.ts';
import { toneOf } from '../parts/tone.ts';
import type { PageState } from '../shell/page-state.ts';
import { intervalText, type LifeField, type LifeRow, lifeOf } from './life.ts';
import { LifePicture } from './life-picture.tsx';

/** The history is read for it: seldom enough to cost nothing that counts, in milliseconds. */
const EVERY_MILLIS = 10_000;
/** What has a column; the others are told where they change. */
const COLUMNS = ['state', 'timeout', 'flags'] as const satisfies readonly LifeField[];
const OTHERS = ['destination', 'forward', 'director', 'version'] as const satisfies readonly LifeField[];

const timeText = (at: string, nowMillis: number): string => `${clockText(Date.parse(at), nowMillis)}.${at.slice(20, 23)}`;

function RecordRow({ row: { record, sinceMillis, texts, changed }, nowMillis }: { row: LifeRow; nowMillis: number }) {
  const isFirst = sinceMillis === null;
  return (
    <tr title={`frame ${record.frame} of ${record.file}`}>
      <td>
        <time dateTime={record.at}>{timeText(record.at, nowMillis)}</time>
      </td>
      <td class="number dim">{isFirst ? '' : intervalText(sinceMillis)}</td>
      {COLUMNS.map((field) => (
        <td key={field} class={`${field}${changed.has(field) ? ' differs' : ''}`}>
          <span class={field === 'state' ? `tone-${toneOf(record.state)}` : ''}>{texts[field]}</span>
          {changed.has(field) && <span class="unseen"> changed</span>}
        </td>
      ))}
      <td class={changed.size > 0 ? 'differs' : ''}>
        {OTHERS.filter((field) => isFirst || changed.has(field))
          .map((field) => (field === 'version' ? texts.version : `${field} ${texts[field]}`))
          .join(', ')}
      </td>
    </tr>
  );
}

function Records({ records, nowMillis }: { records: SessionRecords; nowMillis: number }) {
  // Drawn again with new records, not with the clock: only another day would show.
  return useMemo(
    () => (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
      <section class="life-records" aria-label="sync records" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">heard</th>
              <th scope="col" class="number">
                after
              </th>
              {COLUMNS.map((field) => (
                <th key={field} scope="col">
                  {field}
                </th>
              ))}
              <th scope="col">besides</th>
            </tr>
          </thead>
          <tbody>
            {lifeOf(records.items).map((row, index) => (
              <RecordRow key={index} row={row} nowMillis={nowMillis} />
            ))}
          </tbody>
        </table>
      </section>
    ),
    [records],
  );
}

function extentText({ items, total, complete }: SessionRecords): string {
  const records = `${countText(total)} sync record${total === 1 ? '' : 's'}`;
  const some = total > items.length ? `the latest ${countText(items.length)} of ${records}` : records;
  return complete ? `${some}, from the first on` : `${some}; the history does not reach back to its first`;
}

export function Life({ page, connection: { id, expiresAt } }: { page: PageState; connection: Connection }) {
  const { body, fault } = useAnswer<SessionRecords>(page, `/api/v1/connections/${encodeURIComponent(id)}/records`, EVERY_MILLIS);
  const records = body.value;
  const nowMillis = page.now.value;
  return (
    <section class="life" aria-labelledby="life-title">
      <h3 id="life-title">Life</h3>
      {records === null ? (
        <p class="dim">{fault.value ?? 'Reading the history…'}</p>
      ) : (
        <>
          <p class="dim">{extentText(records)}</p>
          {records.items.length > 0 && (
            <>
              <LifePicture records={records.items} nowMillis={nowMillis} expiresMillis={Date.parse(expiresAt)} />
              <Records records={records} nowMillis={nowMillis} />
            </>
          )}
        </>
      )}
    </section>
  );
}
