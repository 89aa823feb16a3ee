/** The views that are open, each for all subscriptions with the same noun, filter and limit. */
import type { CaptureStatus } from '../contract/capture.ts';
import { parseConnectionFilter } from '../contract/connection-query.ts';
import { type ItemList, parseItemFilter } from '../contract/item-list.ts';
import { ANOMALIES, CAPTURES, DAEMONS, EVENTS, FAILOVERS, GROUPS, NEIGHBORS, SERVICES, VIRTUAL_ROUTERS } from '../contract/item-lists.ts';
import { LIVE_LIMITS, type LiveNoun, type Subscribe } from '../contract/live.ts';
import { Refusal, refuseUnknownParameter } from '../contract/problem.ts';
import { DEFAULT_LIMIT, type Query } from '../contract/query.ts';
import { ConnectionWindow } from './connection-window.ts';
import type { HttpContext } from './context.ts';
import { eventWindow } from './event-window.ts';
import { itemWindow } from './item-window.ts';
import { LiveView } from './live-view.ts';
import type { LiveWindow, News } from './live-window.ts';

function statusWindow(filter: Query): LiveWindow {
  for (const [name, value] of Object.entries(filter)) refuseUnknownParameter(name, value, ['none: there is one status']);
  return itemWindow({ read: (news) => [news.status()], idOf: () => 'status', matches: () => true, limit: 1 });
}

function listWindow<Item>(list: ItemList<Item>, read: (news: News) => readonly Item[], filter: Query, limit: number): LiveWindow {
  return itemWindow({ read, idOf: list.idOf, matches: parseItemFilter(list, filter), limit });
}

function windowOf(context: HttpContext, noun: LiveNoun, filter: Query, limit: number): LiveWindow {
  switch (noun) {
    case 'connections':
      return new ConnectionWindow(context, parseConnectionFilter(filter), limit);
    case 'services':
      return listWindow(SERVICES, (news) => news.services(), filter, limit);
    case 'daemons':
      return listWindow(DAEMONS, (news) => news.daemons(), filter, limit);
    case 'vrrp':
      return listWindow(VIRTUAL_ROUTERS, (news) => news.routers(), filter, limit);
    case 'neighbors':
      return listWindow(NEIGHBORS, (news) => news.neighbors(), filter, limit);
    case 'groups':
      return listWindow(GROUPS, (news) => news.groups(), filter, limit);
    case 'events':
      return eventWindow(context, parseItemFilter(EVENTS, filter), limit);
    case 'anomalies':
      return listWindow(ANOMALIES, (news) => news.anomalies(), filter, limit);
    case 'failovers':
      return listWindow(FAILOVERS, (news) => news.failovers(), filter, limit);
    case 'capture':
      return listWindow<CaptureStatus>(CAPTURES, (news) => news.capture(), filter, limit);
    case 'status':
      return statusWindow(filter);
  }
}

/** The same for the same subscription, in whatever order its filters are written. */
export function viewKey({ noun, filter = {}, limit = DEFAULT_LIMIT }: Subscribe): string {
  return JSON.stringify([noun, limit, Object.entries(filter).sort()]);
}

export class LiveViews {
  private readonly context: HttpContext;
  private readonly views = new Map<string, LiveView>();

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
    if (--view.shares === 0) this.views.delete(view.key);
  }

  private open(key: string, { noun, filter = {}, limit = DEFAULT_LIMIT }: Subscribe): LiveView {
    const view = new LiveView(noun, key, windowOf(this.context, noun, filter, limit));
    if (this.views.size >= LIVE_LIMITS.views)
      throw new Refusal('too_many_clients', `as many different subscriptions as there may be are open: ${LIVE_LIMITS.views}`);
    this.views.set(key, view);
    return view;
  }
}
