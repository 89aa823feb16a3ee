/** Lists short enough to be made whole: filtered by the text of their fields, and cut into pages. */
import { refuseParameter, refuseUnknownParameter } from './problem.ts';
import { cursorText, type ListQuery, parseCursor, parseValues, type Query, refuseCursor } from './query.ts';

type Said = string | number | boolean;

export interface ItemField<Item> {
  /** What the field says, any of several; null and nothing at all are asked for as `none`. */
  readonly of: (item: Item) => Said | null | undefined | readonly Said[];
  /** All that it can say, where that is a closed list. */
  readonly values?: readonly string[];
}

export interface ItemList<Item> {
  readonly fields: Readonly<Record<string, ItemField<Item>>>;
  readonly idOf: (item: Item) => string;
  /** Name of the order that the list is in; asked for with `-` it is reversed. Null: it has one order only. */
  readonly order: string | null;
}

export type ItemFilter<Item> = (item: Item) => boolean;

function saidBy<Item>({ of }: ItemField<Item>, item: Item): string[] {
  const said = [of(item) ?? []].flat().map(String);
  return said.length === 0 ? ['none'] : said;
}

function parseField<Item>({ fields }: ItemList<Item>, name: string, text: string): ItemFilter<Item> {
  const field = Object.hasOwn(fields, name) ? fields[name] : refuseUnknownParameter(name, text, Object.keys(fields));
  const wanted = parseValues(name, text, field.values?.join(', ') ?? `a ${name}, or none`);
  for (const value of wanted) if (field.values && !field.values.includes(value)) refuseParameter(name, value, field.values.join(', '));
  return (item) => saidBy(field, item).some((said) => wanted.includes(said));
}

/**
 * Several values of one field mean any of them, several fields all of them.
 * @throws Refusal naming the parameter, its value and what was expected
 */
export function parseItemFilter<Item>(list: ItemList<Item>, query: Query): ItemFilter<Item> {
  const tests = Object.entries(query).map(([name, text]) => parseField(list, name, text));
  return (item) => tests.every((test) => test(item));
}

function ordered<Item>(list: ItemList<Item>, items: readonly Item[], sort: string | null): readonly Item[] {
  if (sort === null || sort === list.order) return items;
  if (list.order !== null && sort === `-${list.order}`) return [...items].reverse();
  return refuseParameter('sort', sort, list.order === null ? 'no sort: this list has one order only' : `${list.order} or -${list.order}`);
}

/**
 * @param all the whole list, in its order
 * @throws Refusal for a filter, an order or a cursor that is not accepted
 */
export function pageOfItems<Item>(
  list: ItemList<Item>,
  all: readonly Item[],
  query: ListQuery,
): { items: Item[]; nextCursor: string | null } {
  const matching = ordered(list, all, query.sort).filter(parseItemFilter(list, query.filters));
  const from = query.cursor === null ? 0 : placeAfter(list, matching, query.cursor);
  const items = matching.slice(from, from + query.limit);
  const last = items.at(-1);
  return { items, nextCursor: last && from + items.length < matching.length ? cursorText([list.idOf(last)]) : null };
}

function placeAfter<Item>({ idOf }: ItemList<Item>, items: readonly Item[], cursor: string): number {
  const [id] = parseCursor(cursor) ?? [];
  const found = items.findIndex((item) => idOf(item) === id);
  return found < 0 ? refuseCursor(cursor) : found + 1;
}
