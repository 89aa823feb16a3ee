/** Lists short enough to be made whole: filtered by what their fields say. */
import { type Algebra, type Field, type FieldAbout, makeField } from './field.ts';
import type { FieldKind, Said } from './field-kind.ts';
import { type Filterable, parseFilter } from './filter.ts';
import type { Query } from './query.ts';

export type ItemFilter<Item> = (item: Item) => boolean;

/** A field that waits for its name. */
export type ItemField<Item> = (name: string) => Field<ItemFilter<Item>>;

export interface ItemList<Item> {
  readonly fields: Readonly<Record<string, ItemField<Item>>>;
  readonly idOf: (item: Item) => string;
}

function itemAlgebra<Item>(): Algebra<ItemFilter<Item>> {
  return {
    all: (tests) => (item) => tests.every((test) => test(item)),
    any: (tests) => (item) => tests.some((test) => test(item)),
    not: (test) => (item) => !test(item),
  };
}

/** @param of what the field says, any of several; null and nothing at all are asked for as `none` */
export function says<Item, Value>(
  kind: FieldKind<Value>,
  of: (item: Item) => Said | null | undefined | readonly Said[],
  about: FieldAbout,
): ItemField<Item> {
  const saidBy = (item: Item): readonly Said[] => {
    const said = of(item) ?? [];
    return Array.isArray(said) ? said : [said as Said];
  };
  const anyOf = (values: readonly Value[]) => (item: Item) =>
    saidBy(item).some((said) => values.some((value) => kind.matches(value, said)));
  const absent = about.optional ? (item: Item) => saidBy(item).length === 0 : null;
  return (name) => makeField(itemAlgebra<Item>(), name, kind, about, anyOf, absent);
}

/** What the list can be filtered by. */
export function filterableOf<Item>({ fields }: ItemList<Item>): Filterable<ItemFilter<Item>> {
  return { algebra: itemAlgebra(), fields: Object.entries(fields).map(([name, field]) => field(name)) };
}

/**
 * Several values of one field mean any of them, several fields all of them.
 * @throws Refusal naming the parameter, its value and what was expected
 */
export function parseItemFilter<Item>(list: ItemList<Item>, query: Query): ItemFilter<Item> {
  return itemAlgebra<Item>().all(parseFilter(filterableOf(list), query));
}
