/** What the page makes of the server's messages: the rows of a window in their order, and which of them came or changed. Pure. */
import type { Delta, LiveNoun, Snapshot } from '../../src/contract/live.ts';
import { differs, keyOf, type RowOf } from './noun-rows.ts';
import type { Window } from './window.ts';

/** How long a row that came or changed stays marked, in milliseconds. */
export const MARK_MILLIS = 2000;

export interface Mark {
  readonly kind: 'came' | 'changed';
  /** Of `performance.now()`. */
  readonly endsAtMillis: number;
}

export interface Rows<Noun extends LiveNoun> {
  /** What was asked for; its `offset` is the place of the first item. */
  readonly window: Window<Noun>;
  readonly items: readonly RowOf<Noun>[];
  /** By the id of the row. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Rows that match, in the window or not. */
  readonly total: number;
}

export type SnapshotOf<Noun extends LiveNoun> = Omit<Snapshot, 'items'> & { readonly items: readonly RowOf<Noun>[] };
/** `order`: the ids of the window, in order. */
export type DeltaOf<Noun extends LiveNoun> = Omit<Delta, 'upsert'> & {
  readonly upsert: readonly RowOf<Noun>[];
  readonly order?: readonly string[];
};

const NO_MARKS: ReadonlyMap<string, Mark> = new Map();

export function rowsOfSnapshot<Noun extends LiveNoun>(
  { items, total }: { readonly items: readonly RowOf<Noun>[]; readonly total: number },
  window: Window<Noun>,
): Rows<Noun> {
  return { window, items, marks: NO_MARKS, total };
}

/** The rows in the order that was told; without one, those that came stand last. */
export function rowsAfter<Noun extends LiveNoun>(
  { window, items, marks: before }: Rows<Noun>,
  { upsert, remove, order, total }: Pick<DeltaOf<Noun>, 'upsert' | 'remove' | 'order' | 'total'>,
  nowMillis: number,
): Rows<Noun> {
  const byId = new Map(items.map((row) => [keyOf(row), row]));
  const marks = new Map([...before].filter(([, mark]) => mark.endsAtMillis > nowMillis));
  for (const id of remove) {
    byId.delete(id);
    marks.delete(id);
  }
  for (const row of upsert) {
    const id = keyOf(row);
    const known = byId.get(id);
    // Farther down a sorted list rows come because others came above.
    if (!known && window.offset === 0) marks.set(id, { kind: 'came', endsAtMillis: nowMillis + MARK_MILLIS });
    else if (known && differs(window.noun, known, row)) marks.set(id, { kind: 'changed', endsAtMillis: nowMillis + MARK_MILLIS });
    byId.set(id, row);
  }
  const inOrder = order ? order.flatMap((id) => byId.get(id) ?? []) : [...byId.values()];
  return { window, items: inOrder, marks, total };
}
