/** Routes of a list that is short enough to be made whole. */
import type { TSchema } from 'typebox';
import { parametersOf } from '../contract/filter.ts';
import { filterableOf, type ItemList, parseItemFilter } from '../contract/item-list.ts';
import { pageOfItems } from '../contract/item-page.ts';
import { shapeFields } from '../contract/shape-fields.ts';
import type { App, HttpContext } from './context.ts';
import { addListRoutes, type TextLayout } from './list-routes.ts';

export interface ItemRoutes<Item> {
  /** As in `/api/v1/NOUN`. */
  readonly noun: string;
  readonly about: string;
  readonly schema: TSchema;
  readonly list: ItemList<Item>;
  /** Whether it can be asked for as it was at another moment; by default it can. */
  readonly hasPast?: boolean;
  readonly text?: TextLayout<Item>;
  /** All items, in the list's order. */
  readonly all: () => readonly Item[];
}

/** Items of one part of a stream. */
const PART_ITEMS = 250;

function* inParts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += PART_ITEMS) yield items.slice(from, from + PART_ITEMS);
}

export function addItemRoutes<Item>(app: App, context: HttpContext, { list, all, hasPast = true, ...routes }: ItemRoutes<Item>): void {
  const fields = shapeFields(routes.schema);
  const filterable = filterableOf(list);
  addListRoutes(app, context, {
    ...routes,
    hasPast,
    filters: filterable.fields.map(({ description }) => description),
    parameters: parametersOf(filterable),
    page: (query) => pageOfItems(list.idOf, fields, all().filter(parseItemFilter(list, query.filters)), query),
    parts: (query) => inParts(all().filter(parseItemFilter(list, query))),
    find: (id) => all().find((item) => list.idOf(item) === id) ?? null,
  });
}
