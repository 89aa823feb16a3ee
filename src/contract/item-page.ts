/** Orders and pages of lists that are made whole. */
import { refuseParameter } from './problem.ts';
import { cursorText, parseCursor, refuseCursor } from './query.ts';
import { type ShapeField, valueAt } from './shape-fields.ts';

type Key = string | number | boolean | null;

export interface ItemOrder<Item> {
  readonly keyOf: (item: Item) => Key;
  /** 1, or -1 for the greatest first. */
  readonly sign: 1 | -1;
}

/** Where an item stands in an order; its id decides between equal keys. */
interface Position {
  readonly key: Key;
  readonly id: string;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

function digitsFrom(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end++;
  return end - at;
}

/** Numbers inside a text count as numbers: eth2 before eth10, 10.0.0.9 before 10.0.0.10. */
function compareTexts(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length || at === b.length) return a.length - b.length;
  const inNumber = isDigit(a.charCodeAt(at - 1)) || (isDigit(a.charCodeAt(at)) && isDigit(b.charCodeAt(at)));
  const longer = inNumber ? digitsFrom(a, at) - digitsFrom(b, at) : 0;
  return longer || a.charCodeAt(at) - b.charCodeAt(at);
}

/** Null, which says nothing, after all that says something. */
function compareKeys(a: Key, b: Key): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === 'string' && typeof b === 'string' ? compareTexts(a, b) : Number(a) - Number(b);
}

const comparePositions = (a: Position, b: Position): number => compareKeys(a.key, b.key) || compareTexts(a.id, b.id);

/** Names that `sort` takes. */
export function itemOrders(fields: readonly ShapeField[]): string[] {
  return fields.filter(({ kind }) => kind === 'scalar').map(({ name }) => name);
}

/** Null: the list's own order. @param fields of the shape of the items @throws Refusal for an order that is not offered */
export function parseItemOrder<Item>(fields: readonly ShapeField[], sort: string | null): ItemOrder<Item> | null {
  if (sort === null) return null;
  const name = sort.replace(/^-/, '');
  const field = fields.find((one) => one.kind === 'scalar' && one.name === name);
  if (field === undefined) return refuseParameter('sort', sort, `${itemOrders(fields).join(', ')}, or one of them with a - before it`);
  return { keyOf: (item) => (valueAt(item, field.path) ?? null) as Key, sign: sort.startsWith('-') ? -1 : 1 };
}

/** So many times a page is gathered before it is cut to one: a list of many thousands is never sorted as a whole. */
const SPARE = 4;

/** The least `count` of them, in order. */
function leastOf<Value>(values: Iterable<Value>, count: number, compare: (a: Value, b: Value) => number): Value[] {
  const kept: Value[] = [];
  let full = false;
  for (const value of values) {
    if (full && compare(value, kept[count - 1]) >= 0) continue;
    kept.push(value);
    if (kept.length < count * SPARE) continue;
    kept.sort(compare).length = count;
    full = true;
  }
  return kept.sort(compare).slice(0, count);
}

export interface ItemPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  /** All that match; only where the page was asked for by its offset. */
  readonly total?: number;
}

interface CursorQuery {
  readonly cursor: string | null;
  readonly limit: number;
}

interface PageQuery extends CursorQuery {
  /** Null: the list's own order. */
  readonly sort: string | null;
  /** Null: the page follows the cursor. */
  readonly offset: number | null;
}

interface SortedQuery extends CursorQuery {
  readonly sort: string;
}

type IdOf<Item> = (item: Item) => string;

/** As the cursor of a page of this order says it. */
function positionIn(sort: string, cursor: string): Position {
  const [order, key, id] = parseCursor(cursor) ?? [];
  const isKey = key === null || ['string', 'number', 'boolean'].includes(typeof key);
  return order === sort && isKey && typeof id === 'string' ? { key: key as Key, id } : refuseCursor(cursor);
}

/** An item at its place. */
interface Placed<Item> extends Position {
  readonly item: Item;
}

const placedIn = <Item>(idOf: IdOf<Item>, { keyOf }: ItemOrder<Item>, items: readonly Item[]): Placed<Item>[] =>
  items.map((item) => ({ item, key: keyOf(item), id: idOf(item) }));

const comparing =
  ({ sign }: ItemOrder<never>) =>
  (a: Position, b: Position): number =>
    sign * comparePositions(a, b);

/** The items from the `offset`-th on in the order, `limit` at most. */
export function itemsAt<Item>(
  idOf: IdOf<Item>,
  order: ItemOrder<Item> | null,
  items: readonly Item[],
  offset: number,
  limit: number,
): readonly Item[] {
  if (order === null) return items.slice(offset, offset + limit);
  return leastOf(placedIn(idOf, order, items), offset + limit, comparing(order))
    .slice(offset)
    .map(({ item }) => item);
}

function sortedPage<Item>(idOf: IdOf<Item>, order: ItemOrder<Item>, items: readonly Item[], query: SortedQuery): ItemPage<Item> {
  const { sort, cursor, limit } = query;
  const after = cursor === null ? null : positionIn(sort, cursor);
  const compare = comparing(order);
  const placed = placedIn(idOf, order, items);
  const rest = after === null ? placed : placed.filter((one) => compare(one, after) > 0);
  const page = leastOf(rest, limit, compare);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    nextCursor: last && rest.length > page.length ? cursorText([sort, last.key, last.id]) : null,
  };
}

/** In the list's own order the place is after the item that the page before ended with. */
function ownPage<Item>(idOf: IdOf<Item>, items: readonly Item[], { cursor, limit }: CursorQuery): ItemPage<Item> {
  const [id] = cursor === null ? [] : (parseCursor(cursor) ?? []);
  const found = items.findIndex((item) => idOf(item) === id);
  if (cursor !== null && found < 0) refuseCursor(cursor);
  const page = items.slice(found + 1, found + 1 + limit);
  const last = page.at(-1);
  return { items: page, nextCursor: last && found + 1 + page.length < items.length ? cursorText([idOf(last)]) : null };
}

/**
 * @param fields of the shape of the items
 * @param items all that match, in the list's own order
 * @throws Refusal for an order or a cursor that is not accepted
 */
export function pageOfItems<Item>(
  idOf: IdOf<Item>,
  fields: readonly ShapeField[],
  items: readonly Item[],
  { sort, cursor, offset, limit }: PageQuery,
): ItemPage<Item> {
  const order = parseItemOrder<Item>(fields, sort);
  if (offset !== null) return { items: itemsAt(idOf, order, items, offset, limit), nextCursor: null, total: items.length };
  if (sort === null || order === null) return ownPage(idOf, items, { cursor, limit });
  return sortedPage(idOf, order, items, { sort, cursor, limit });
}
