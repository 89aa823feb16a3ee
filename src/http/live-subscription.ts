/** One subscription of a live client: a window, and the numbers that keep its messages in order. */
import { parseConnectionFilter } from '../contract/connection-query.ts';
import { type ItemList, parseItemFilter } from '../contract/item-list.ts';
import { ANOMALIES, EVENTS, FAILOVERS, SERVICES, VIRTUAL_ROUTERS } from '../contract/item-lists.ts';
import type { Delta, LiveNoun, Snapshot, Subscribe } from '../contract/live.ts';
import { refuseUnknownParameter } from '../contract/problem.ts';
import { DEFAULT_LIMIT, type Query } from '../contract/query.ts';
import { ConnectionWindow } from './connection-window.ts';
import type { HttpContext } from './context.ts';
import { eventWindow } from './event-window.ts';
import { itemWindow } from './item-window.ts';
import type { LiveWindow, News } from './live-window.ts';

export interface LiveSubscription {
  readonly noun: LiveNoun;
  /** A delta was held back: the next message must be a snapshot. */
  lagging: boolean;
  snapshot(news: News): Snapshot;
  /** Null when nothing changed. */
  delta(news: News): Delta | null;
}

function statusWindow({ status }: HttpContext, filter: Query): LiveWindow {
  for (const [name, value] of Object.entries(filter)) refuseUnknownParameter(name, value, ['none: there is one status']);
  return itemWindow({ read: () => [status()], idOf: () => 'status', matches: () => true, limit: 1 });
}

function listWindow<Item>(list: ItemList<Item>, read: (news: News) => readonly Item[], filter: Query, limit: number): LiveWindow {
  return itemWindow({ read, idOf: list.idOf, matches: parseItemFilter(list, filter), limit });
}

function windowOf(context: HttpContext, noun: LiveNoun, filter: Query, limit: number): LiveWindow {
  switch (noun) {
    case 'connections':
      return new ConnectionWindow(context, parseConnectionFilter(filter), limit);
    case 'events':
      return eventWindow(context, parseItemFilter(EVENTS, filter), limit);
    case 'services':
      return listWindow(SERVICES, (news) => news.services(), filter, limit);
    case 'vrrp':
      return listWindow(VIRTUAL_ROUTERS, (news) => news.routers(), filter, limit);
    case 'anomalies':
      return listWindow(ANOMALIES, (news) => news.anomalies(), filter, limit);
    case 'failovers':
      return listWindow(FAILOVERS, (news) => news.failovers(), filter, limit);
    case 'status':
      return statusWindow(context, filter);
  }
}

/** @throws Refusal for a filter that is not accepted */
export function openSubscription(context: HttpContext, epoch: string, request: Subscribe): LiveSubscription {
  const { id, noun, filter = {}, limit = DEFAULT_LIMIT } = request;
  const shown = windowOf(context, noun, filter, limit);
  // A client that has been here before goes on counting where it was; its rows may be old, so it gets them anew.
  let seq = request.since?.epoch === epoch ? request.since.seq : -1;
  return {
    noun,
    lagging: false,
    snapshot: (news) => ({ type: 'snapshot', id, epoch, seq: ++seq, ...shown.open(news) }),
    delta(news) {
      const changes = shown.next(news);
      return changes && { type: 'delta', id, seq: ++seq, ...changes };
    },
  };
}
