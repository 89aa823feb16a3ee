/** Some items of a list, by default the first, that is made anew each time; what changed is found by comparing. */
import { type ItemOrder, itemsAt } from '../contract/item-page.ts';
import type { LiveWindow, News } from './live-window.ts';

interface ItemWindowOptions<Item> {
  readonly read: (news: News) => readonly Item[];
  readonly idOf: (item: Item) => string;
  readonly matches: (item: Item) => boolean;
  /** Null: the list's own. */
  readonly order: ItemOrder<Item> | null;
  readonly offset: number;
  readonly limit: number;
}

export function itemWindow<Item>({ read, idOf, matches, order, offset, limit }: ItemWindowOptions<Item>): LiveWindow {
  /** JSON by id. */
  let shown = new Map<string, string>();
  return {
    note() {},
    next(news) {
      const before = shown;
      const matching = read(news).filter(matches);
      shown = new Map(itemsAt(idOf, order, matching, offset, limit).map((item) => [idOf(item), JSON.stringify(item)]));
      return {
        upsert: new Map([...shown].filter(([id, text]) => before.get(id) !== text)),
        remove: [...before.keys()].filter((id) => !shown.has(id)),
        total: matching.length,
      };
    },
    rows: () => [...shown.values()],
    ids: () => [...shown.keys()],
  };
}
