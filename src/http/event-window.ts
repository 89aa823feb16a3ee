/** The latest events that match a filter, oldest first. */
import { type Event, eventOf } from '../contract/event.ts';
import type { ItemFilter } from '../contract/item-list.ts';
import type { HttpContext } from './context.ts';
import type { LiveWindow } from './live-window.ts';

export function eventWindow({ monitor: { events } }: HttpContext, matches: ItemFilter<Event>, limit: number): LiveWindow {
  let shown: string[] = [];
  let total = 0;
  /** Events ever logged, as of the last look. */
  let seen = 0;

  /** The matching ones among the latest. */
  function latest(count: number): Event[] {
    seen = events.total;
    return events.recent
      .slice(Math.max(0, events.recent.length - count))
      .map(eventOf)
      .filter(matches);
  }

  return {
    open() {
      const matching = latest(events.recent.length);
      const items = matching.slice(-limit);
      shown = items.map(({ id }) => id);
      total = matching.length;
      return { items, total };
    },
    next() {
      const fresh = latest(events.total - seen);
      if (fresh.length === 0) return null;
      const upsert = fresh.slice(-limit);
      const kept = shown.slice(Math.max(0, shown.length + upsert.length - limit));
      const remove = shown.slice(0, shown.length - kept.length);
      shown = [...kept, ...upsert.map(({ id }) => id)];
      total += fresh.length;
      return { upsert, remove, total };
    },
  };
}
