/** The latest events that match a filter, oldest first. */
import { type Event, eventOf } from '../contract/event.ts';
import type { ItemFilter } from '../contract/item-list.ts';
import type { HttpContext } from './context.ts';
import type { LiveWindow } from './live-window.ts';

export function eventWindow({ monitor: { events } }: HttpContext, matches: ItemFilter<Event>, limit: number): LiveWindow {
  /** JSON by id. */
  let shown = new Map<string, string>();
  let total = 0;
  /** Events ever logged, as of the last look. */
  let seen = 0;

  /** The matching ones among those logged since. */
  function fresh(): Event[] {
    const count = events.total - seen;
    seen = events.total;
    return events.recent
      .slice(Math.max(0, events.recent.length - count))
      .map(eventOf)
      .filter(matches);
  }

  return {
    note() {},
    next() {
      const came = fresh();
      const upsert = new Map(came.slice(-limit).map((event) => [event.id, JSON.stringify(event)]));
      const remove = [...shown.keys()].slice(0, Math.max(0, shown.size + upsert.size - limit));
      for (const id of remove) shown.delete(id);
      shown = new Map([...shown, ...upsert]);
      total += came.length;
      return { upsert, remove, total };
    },
    rows: () => [...shown.values()],
    ids: () => [...shown.keys()],
  };
}
