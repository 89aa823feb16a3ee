/** The latest events, newest on top. */
import { useComputed } from '@preact/signals';
import type { Event } from '../../src/contract/event.ts';
import { useTable } from '../data/use-table.ts';
import { SEVERITY_ICONS } from '../parts/severity.ts';
import { clockText, countText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { hrefOf } from '../shell/place.ts';
import './events.css';

function EventRow({ event, nowMillis }: { event: Event; nowMillis: number }) {
  return (
    <li class={`event ${event.severity}`} title={event.kind}>
      <a href={hrefOf({ page: 'overview', query: { at: event.at } })} title={`show ${event.at}`}>
        <time dateTime={event.at}>{clockText(Date.parse(event.at), nowMillis)}</time>
      </a>
      <span class="icon" role="img" aria-label={event.severity}>
        {SEVERITY_ICONS[event.severity]}
      </span>
      <span>
        {event.severity !== 'info' && <b>{event.severity} </b>}
        {event.text}
      </span>
    </li>
  );
}

export function Events({ page }: { page: PageState }) {
  const rows = useTable(page, { noun: 'events', sort: '-at', limit: 20 }).rows.value;
  const events = rows?.items ?? [];
  // Minutes are enough to tell today from yesterday.
  const minute = useComputed(() => Math.floor(page.now.value / 60_000) * 60_000);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title">
        <a href={page.hrefOf('events')}>Events</a>{' '}
        <span class="dim">
          {rows && (rows.total > events.length ? `latest ${events.length} of ${countText(rows.total)}` : countText(rows.total))}
        </span>
      </h2>
      <ol class="scroll" aria-live="polite" aria-relevant="additions">
        {events.map((event) => (
          <EventRow key={event.id} event={event} nowMillis={minute.value} />
        ))}
      </ol>
      {rows && events.length === 0 && <p class="empty">Nothing happened yet.</p>}
    </section>
  );
}
