/** The first items of a list that is made anew each time; what changed is found by comparing. */
import type { LiveWindow, News } from './live-window.ts';

interface ItemWindowOptions<Item> {
  readonly read: (news: News) => readonly Item[];
  readonly idOf: (item: Item) => string;
  readonly matches: (item: Item) => boolean;
  readonly limit: number;
}

export function itemWindow<Item>({ read, idOf, matches, limit }: ItemWindowOptions<Item>): LiveWindow {
  /** Items as sent, by id. */
  let shown = new Map<string, string>();
  let total = 0;

  function look(news: News): Item[] {
    const matching = read(news).filter(matches);
    const items = matching.slice(0, limit);
    shown = new Map(items.map((item) => [idOf(item), JSON.stringify(item)]));
    total = matching.length;
    return items;
  }

  return {
    open: (news) => ({ items: look(news), total }),
    next(news) {
      const before = shown;
      const totalBefore = total;
      const items = look(news);
      const upsert = items.filter((item) => before.get(idOf(item)) !== shown.get(idOf(item)));
      const remove = [...before.keys()].filter((id) => !shown.has(id));
      return upsert.length === 0 && remove.length === 0 && total === totalBefore ? null : { upsert, remove, total };
    },
  };
}
