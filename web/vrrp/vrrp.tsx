/** The VRRP page: who was master when, as lanes over time; the figures below them; one virtual router in full beside them. */
import { useRef } from 'preact/hooks';
import type { Event } from '../../src/contract/event.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useTable } from '../data/use-table.ts';
import type { PageState } from '../shell/page-state.ts';
import { EventList } from './event-list.tsx';
import type { AxisHandle } from './gestures.ts';
import { isHeld, SPANS, spanOf, zoomed } from './range.ts';
import { isAbout } from './router-events.ts';
import { RouterFacts } from './router-facts.tsx';
import { Timeline } from './timeline.tsx';
import { useRange } from './use-range.ts';
import './vrrp.css';
import './lanes.css';

const EVENTS = { noun: 'events', filter: { q: 'kind == vrrp.*' }, sort: '-at' } as const;
/** Histories of more virtual routers than these are asked for less often. */
const FEW = 4;
const OFTEN_MILLIS = 1000;
const SELDOM_MILLIS = 5000;

type HistoryBody = VrrpHistory | { readonly items: readonly VrrpHistory[] };

/**
 * Those of the moment before stay until there are others, so that nothing flickers.
 * @param routers how many are shown; with none there is nothing to ask for
 */
function useHistories(page: PageState, routers: number): readonly VrrpHistory[] {
  const { id } = page.place.value;
  const path = `/api/v1/vrrp-history${id === null ? '' : `/${encodeURIComponent(id)}`}`;
  const body = useAnswer<HistoryBody>(page, routers === 0 ? null : path, routers > FEW ? SELDOM_MILLIS : OFTEN_MILLIS).body.value;
  const shown = useRef<readonly VrrpHistory[]>([]);
  if (body) shown.current = 'items' in body ? body.items : [body];
  return shown.current;
}

function Tools({ page, axis }: { page: PageState; axis: AxisHandle }) {
  const { query } = page.place.value;
  const [shown] = spanOf(query);
  const held = isHeld(query);
  return (
    <div class="vrrp-tools" role="toolbar" aria-label="range of time">
      {SPANS.map(([name, title]) => (
        <button
          key={name}
          type="button"
          class="tool"
          aria-pressed={!held && name === shown}
          onClick={() => page.setQuery({ span: name === SPANS[0][0] ? null : name, from: null, to: null })}
        >
          {title}
        </button>
      ))}
      <button type="button" class="tool" aria-label="zoom in" title="zoom in (+)" onClick={() => axis.show(zoomed(axis.range, 0.5, 0.5))}>
        +
      </button>
      <button type="button" class="tool" aria-label="zoom out" title="zoom out (-)" onClick={() => axis.show(zoomed(axis.range, 2, 0.5))}>
        −
      </button>
      <button type="button" class="tool" title="back to the whole range (0, double click)" disabled={!held} onClick={axis.reset}>
        reset
      </button>
    </div>
  );
}

function Nothing({ page }: { page: PageState }) {
  return (
    <section class="panel">
      <h2>VRRP</h2>
      {page.place.value.id === null ? (
        <div class="empty">
          <p>No VRRP advert was heard.</p>
          <p>
            Adverts of unicast peers do not pass here, and a capture by plain UDP sockets sees none at all; or nobody runs VRRP on this
            segment.
          </p>
        </div>
      ) : (
        <p class="empty">
          There is no virtual router {page.place.value.id} at this moment. <a href={page.hrefOf('vrrp')}>All virtual routers</a>
        </p>
      )}
    </section>
  );
}

const inTrouble = ({ state }: VirtualRouter): boolean => state !== 'master';

export function Vrrp({ page }: { page: PageState }) {
  const { id, query } = page.place.value;
  const heard = useTable(page, { noun: 'vrrp' }).rows.value?.items;
  const allEvents: readonly Event[] = useTable(page, EVENTS).rows.value?.items ?? [];
  const routers = heard?.filter((router) => id === null || router.id === id);
  const histories = useHistories(page, routers?.length ?? 0);
  const axis = useRange(page, histories.length === 0 ? null : Math.min(...histories.map(({ from }) => Date.parse(from))));
  if (!routers) return <section class="panel" aria-busy="true" />;
  const selected = routers.find((router) => router.id === query.router) ?? routers.find(inTrouble) ?? routers[0];
  if (!selected) return <Nothing page={page} />;

  const { fromMillis, toMillis } = axis.range;
  const shown = allEvents.filter((event) => {
    const at = Date.parse(event.at);
    return isAbout(event, selected) && (event.id === query.event || (at >= fromMillis && at <= toMillis));
  });
  return (
    <div class="vrrp-page">
      <section class="panel vrrp-timeline" aria-labelledby="timeline-title">
        <header>
          <h2 id="timeline-title">
            VRRP <span class="dim">{routers.length === 1 ? 'one virtual router' : `${routers.length} virtual routers`}</span>
          </h2>
          <Tools page={page} axis={axis} />
        </header>
        <Timeline
          routers={routers}
          histories={histories}
          events={allEvents}
          selected={selected}
          selectedEvent={query.event ?? null}
          axis={axis}
          select={(router) => page.setQuery({ router })}
          open={(event) => {
            if (!event) return;
            const owner = routers.find((router) => isAbout(event, router));
            page.setQuery({ event: event.id, ...(owner && { router: owner.id }) });
          }}
        />
      </section>
      <div class="vrrp-aside">
        <RouterFacts page={page} router={selected} />
        <EventList page={page} events={shown} opened={query.event ?? null} open={(event) => page.setQuery({ event })} />
      </div>
    </div>
  );
}
