/** What happened to a virtual router in the range that is shown, newest first; one of them opened: its reason, its gap, its frames. */
import { useEffect, useRef } from 'preact/hooks';
import type { Event } from '../../src/contract/event.ts';
import { EventActions } from '../parts/event-actions.tsx';
import { eventFacts } from '../parts/event-facts.ts';
import { Facts } from '../parts/facts.tsx';
import { countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { tickText } from './range.ts';
import { SeverityIcon } from './severity-icon.tsx';

function Opened({ page, event }: { page: PageState; event: Event }) {
  return (
    <div class="event-opened">
      <Facts facts={[['kind', event.kind], ['at', event.at], ...eventFacts(event)]} />
      <EventActions page={page} event={event} />
    </div>
  );
}

interface EventListProps {
  readonly page: PageState;
  /** Newest first. */
  readonly events: readonly Event[];
  /** The one that is opened. */
  readonly opened: string | null;
  open(id: string | null): void;
}

export function EventList({ page, events, opened, open }: EventListProps) {
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
            {event.id === opened && <Opened page={page} event={event} />}
          </li>
        ))}
      </ol>
      {events.length === 0 && <p class="empty">Nothing happened to it in this range.</p>}
    </section>
  );
}
