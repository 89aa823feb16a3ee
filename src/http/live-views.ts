/** The views that are open, each for all subscriptions that ask for the same rows of the same list. */
import type { TSchema } from 'typebox';
import { AnomalySchema } from '../contract/anomaly.ts';
import { type CaptureStatus, CaptureStatusSchema } from '../contract/capture.ts';
import { parseConnectionOrder } from '../contract/connection-order.ts';
import { parseConnectionFilter } from '../contract/connection-query.ts';
import { DaemonSchema } from '../contract/daemon.ts';
import { EventSchema } from '../contract/event.ts';
import { FailoverSchema } from '../contract/failover.ts';
import { GroupSchema } from '../contract/group.ts';
import { type ItemList, parseItemFilter } from '../contract/item-list.ts';
import { ANOMALIES, CAPTURES, DAEMONS, EVENTS, FAILOVERS, GROUPS, NEIGHBORS, SERVICES, VIRTUAL_ROUTERS } from '../contract/item-lists.ts';
import { parseItemOrder } from '../contract/item-page.ts';
import { LIVE_LIMITS, type LiveNoun, type Subscribe } from '../contract/live.ts';
import { NeighborSchema } from '../contract/neighbor.ts';
import { Refusal, refuseUnknownParameter } from '../contract/problem.ts';
import { DEFAULT_LIMIT, type Query } from '../contract/query.ts';
import { ServiceSchema } from '../contract/service.ts';
import { shapeFields } from '../contract/shape-fields.ts';
import { VirtualRouterSchema } from '../contract/vrrp.ts';
import { ConnectionWindow } from './connection-window.ts';
import type { HttpContext } from './context.ts';
import { eventWindow } from './event-window.ts';
import { itemWindow } from './item-window.ts';
import { LiveView } from './live-view.ts';
import type { LiveWindow, News } from './live-window.ts';
import { LookPace } from './look-pace.ts';

/** Which rows of a list are to be shown. */
interface Asked {
  readonly filter: Query;
  readonly sort: string | null;
  readonly offset: number | null;
  readonly limit: number;
}

const askedIn = ({ filter = {}, limit = DEFAULT_LIMIT, sort, offset }: Subscribe): Asked => ({
  filter,
  sort: sort ?? null,
  offset: offset ?? null,
  limit,
});

/** Whoever says which rows of which order wants to know their order. */
const isOrdered = ({ sort, offset }: Asked): boolean => sort !== null || offset !== null;

function statusWindow({ filter, sort, offset }: Asked): LiveWindow {
  const all = { ...filter, ...(sort === null ? {} : { sort }), ...(offset === null ? {} : { offset: String(offset) }) };
  for (const [name, value] of Object.entries(all)) refuseUnknownParameter(name, value, ['none: there is one status']);
  return itemWindow({ read: (news) => [news.status()], idOf: () => 'status', matches: () => true, order: null, offset: 0, limit: 1 });
}

function windowOf(context: HttpContext, noun: LiveNoun, asked: Asked, pace: LookPace): LiveWindow {
  const { filter, sort, limit } = asked;
  const offset = asked.offset ?? 0;
  function listWindow<Item>(list: ItemList<Item>, schema: TSchema, read: (news: News) => readonly Item[]): LiveWindow {
    const order = parseItemOrder<Item>(shapeFields(schema), sort);
    return itemWindow({ read, idOf: list.idOf, matches: parseItemFilter(list, filter), order, offset, limit });
  }
  switch (noun) {
    case 'connections': {
      const order = parseConnectionOrder(sort);
      return new ConnectionWindow(context, { filter: parseConnectionFilter(filter), order, place: { offset, limit }, pace });
    }
    case 'services':
      return listWindow(SERVICES, ServiceSchema, (news) => news.services());
    case 'daemons':
      return listWindow(DAEMONS, DaemonSchema, (news) => news.daemons());
    case 'vrrp':
      return listWindow(VIRTUAL_ROUTERS, VirtualRouterSchema, (news) => news.routers());
    case 'neighbors':
      return listWindow(NEIGHBORS, NeighborSchema, (news) => news.neighbors());
    case 'groups':
      return listWindow(GROUPS, GroupSchema, (news) => news.groups());
    case 'events':
      if (isOrdered(asked)) return listWindow(EVENTS, EventSchema, (news) => news.events());
      return eventWindow(context, parseItemFilter(EVENTS, filter), limit);
    case 'anomalies':
      return listWindow(ANOMALIES, AnomalySchema, (news) => news.anomalies());
    case 'failovers':
      return listWindow(FAILOVERS, FailoverSchema, (news) => news.failovers());
    case 'capture':
      return listWindow<CaptureStatus>(CAPTURES, CaptureStatusSchema, (news) => news.capture());
    case 'status':
      return statusWindow(asked);
  }
}

/** The same for the same subscription, in whatever order its filters are written. */
export function viewKey(request: Subscribe): string {
  const { filter, ...asked } = askedIn(request);
  return JSON.stringify([request.noun, asked, Object.entries(filter).sort()]);
}

export class LiveViews {
  private readonly context: HttpContext;
  private readonly views = new Map<string, LiveView>();
  private readonly pace = new LookPace();

  constructor(context: HttpContext) {
    this.context = context;
  }

  all(): Iterable<LiveView> {
    return this.views.values();
  }

  /** @throws Refusal for a filter that is not accepted, or for want of room */
  share(request: Subscribe): LiveView {
    const key = viewKey(request);
    const view = this.views.get(key) ?? this.open(key, request);
    view.shares++;
    return view;
  }

  /** Forgotten when nobody shares it any more. */
  leave(view: LiveView): void {
    if (--view.shares > 0) return;
    view.close();
    this.views.delete(view.key);
  }

  private open(key: string, request: Subscribe): LiveView {
    const { noun } = request;
    const asked = askedIn(request);
    const view = new LiveView(windowOf(this.context, noun, asked, this.pace), { noun, key, ordered: isOrdered(asked) });
    if (this.views.size >= LIVE_LIMITS.views)
      throw new Refusal('too_many_clients', `as many different subscriptions as there may be are open: ${LIVE_LIMITS.views}`);
    this.views.set(key, view);
    return view;
  }
}
