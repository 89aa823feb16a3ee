/** What happened to a virtual router in the range that is shown, newest first; one of them opened: its reason, its gap, its frames. */
import { useEffect, useRef } from 'preact/hooks';
import type { Event } from '../../src/contract/event.ts';
import { countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { lengthText, tickText } from './range.ts';
import { SeverityIcon } from './severity-icon.tsx';

/** More frames than this are not named one by one. */
const MOST_FRAMES = 24;

function framesText(frames: readonly number[]): string {
  const more = frames.length - MOST_FRAMES;
  return `${frames.slice(0, MOST_FRAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function factsOf({ kind, at, from, to, reason, gapMs, details, frames }: Event): (readonly [name: string, value: string])[] {
  const facts: (readonly [string, string | null])[] = [
    ['kind', kind],
    ['at', at],
    ['from', from],
    ['to', to],
    ['reason', reason],
    ['gap', gapMs === null ? null : lengthText(gapMs)],
    ...Object.entries(details).map(([name, value]) => [name, value === null ? null : String(value)] as const),
    ['frames', frames.length === 0 ? null : framesText(frames)],
  ];
  return facts.filter((fact): fact is readonly [string, string] => fact[1] !== null);
}

function Opened({ page, event, isFailover }: { page: PageState; event: Event; isFailover: boolean }) {
  return (
    <div class="event-opened">
      <dl>
        {factsOf(event).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="does">
        <button type="button" class="tool" onClick={() => page.showMoment(event.at)}>
          show this moment
        </button>
        <a class="tool" href={`/api/v1/events/${encodeURIComponent(event.id)}/pcap`} download>
          download pcap
        </a>
        {isFailover && (
          <a class="tool" href={page.hrefOf('failovers', event.id)}>
            failover report
          </a>
        )}
      </p>
    </div>
  );
}

interface EventListProps {
  readonly page: PageState;
  /** Newest first. */
  readonly events: readonly Event[];
  /** Ids of events that have a report. */
  readonly failovers: ReadonlySet<string>;
  /** The one that is opened. */
  readonly opened: string | null;
  open(id: string | null): void;
}

export function EventList({ page, events, failovers, opened, open }: EventListProps) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-expanded=true]')?.scrollIntoView({ block: 'nearest' });
  }, [opened]);
  return (
    <section class="panel router-events" aria-labelledby="router-events-title">
      <h2 id="router-events-title">
        Events <span class="dim">{countText(events.length)} in this range</span>
      </h2>
      <ol class="scroll" ref={list}>
        {events.map((event) => (
          <li key={event.id} class={event.id === opened ? 'chosen' : undefined}>
            <button type="button" aria-expanded={event.id === opened} onClick={() => open(event.id === opened ? null : event.id)}>
              <time dateTime={event.at}>{tickText(Date.parse(event.at), 0)}</time>
              <SeverityIcon severity={event.severity} />
              <span>{event.text}</span>
            </button>
            {event.id === opened && <Opened page={page} event={event} isFailover={failovers.has(event.id)} />}
          </li>
        ))}
      </ol>
      {events.length === 0 && <p class="empty">Nothing happened to it in this range.</p>}
    </section>
  );
}
