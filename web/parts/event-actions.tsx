/** Where an event leads: its frames, its report, its moment. */
import type { ComponentChildren } from 'preact';
import type { Event } from '../../src/contract/event.ts';
import type { PageState } from '../shell/page-state.ts';
import { hasReport } from './event-facts.ts';

/** @param children further ones */
export function EventActions({ page, event, children }: { page: PageState; event: Event; children?: ComponentChildren }) {
  const { id, at, frames } = event;
  return (
    <p class="actions">
      <button type="button" class="tool" onClick={() => page.showMoment(at)}>
        show this moment
      </button>
      {frames.length > 0 && (
        <a class="tool" href={`/api/v1/events/${encodeURIComponent(id)}/pcap`} download>
          download pcap
        </a>
      )}
      {hasReport(event) && (
        <a class="tool" href={page.hrefOf('failovers', id)}>
          failover report
        </a>
      )}
      {children}
    </p>
  );
}
