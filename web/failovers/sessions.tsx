/** What became of the sessions: as a bar, as numbers, and where they are listed. */
import type { Failover } from '../../src/contract/failover.ts';
import { countText } from '../parts/text.ts';
import { hrefOf, type Place } from '../shell/place.ts';
import { FATES } from './failover-words.ts';
import './fates.css';

/** A part for each fate that some sessions have; the numbers beside it say the same. */
export function SessionBar({ sessions }: Pick<Failover, 'sessions'>) {
  const text = FATES.map(({ key, title }) => `${countText(sessions[key])} ${title}`).join(', ');
  return (
    <span class="fates" role="img" aria-label={text} title={text}>
      {FATES.filter(({ key }) => sessions[key] > 0).map(({ key }) => (
        <span key={key} class={`fate fate-${key}`} style={{ flexGrow: sessions[key] }} />
      ))}
    </span>
  );
}

/** Filters of the connections that had a fate; those that are over are in no table. */
function filterOf(fate: (typeof FATES)[number]['key'], { at, announcements }: Failover): Place['query'] | null {
  const vip = announcements.map(({ address }) => address).join(',');
  if (vip === '' || fate === 'moved' || fate === 'lost') return null;
  return { vip, 'firstSeen<': at, [fate === 'seenAgain' ? 'lastSync>' : 'lastSync<']: at };
}

interface SessionsProps {
  readonly failover: Failover;
  /** Just before the change, and the last moment of the report; null: no history is kept, or it is now. */
  readonly before: string | null;
  readonly end: string | null;
}

function Count({ count, query, at }: { count: number; query: Place['query'] | null; at: string | null }) {
  if (query === null || count === 0) return <>{countText(count)}</>;
  return <a href={hrefOf({ page: 'connections', query: at === null ? query : { ...query, at } })}>{countText(count)}</a>;
}

export function Sessions({ failover, before, end }: SessionsProps) {
  const { sessions, announcements } = failover;
  if (sessions.before === 0) return <p>No sessions to its addresses were known at the change: nothing can be said about them.</p>;
  const vip = announcements.map(({ address }) => address).join(',');
  return (
    <>
      <SessionBar sessions={sessions} />
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              sessions
            </th>
            <th scope="col">what</th>
            <th scope="col">meaning</th>
          </tr>
        </thead>
        <tbody>
          <tr data-fate="before">
            <td class="number">
              <Count count={sessions.before} query={before === null || vip === '' ? null : { vip }} at={before} />
            </td>
            <th scope="row">before</th>
            <td>alive at the change, all of those below</td>
          </tr>
          {FATES.map(({ key, title, meaning }) => (
            <tr key={key} data-fate={key}>
              <td class="number">
                <Count count={sessions[key]} query={filterOf(key, failover)} at={end} />
              </td>
              <th scope="row">
                <i class={`fate fate-${key}`} aria-hidden="true" /> {title}
              </th>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
