/** The two routes of a list that is short enough to be made whole: the list, and one item by its id. */
import type { FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { type ItemList, pageOfItems } from '../contract/item-list.ts';
import { Refusal } from '../contract/problem.ts';
import { listOf, parseListQuery } from '../contract/query.ts';
import { timeText } from '../contract/scalars.ts';
import type { App, HttpContext } from './context.ts';
import { queryOf } from './request-query.ts';

export interface ItemRoutes<Item> {
  /** As in `/api/v1/NOUN`. */
  readonly noun: string;
  readonly schema: TSchema;
  readonly list: ItemList<Item>;
  /** All items, in the list's order. */
  readonly all: () => readonly Item[];
}

const IdSchema = Type.Object({ id: Type.String() });

function findItem<Item>({ noun, list, all }: ItemRoutes<Item>, id: string): Item {
  const found = all().find((item) => list.idOf(item) === id);
  if (found === undefined) throw new Refusal('not_found', `there is no ${id.slice(0, 200)} among the ${noun}`);
  return found;
}

/** A page of the list as JSON. @throws Refusal for a parameter that is not accepted */
export function itemPage<Item>(context: HttpContext, { list, all }: ItemRoutes<Item>, request: FastifyRequest) {
  return { ...pageOfItems(list, all(), parseListQuery(queryOf(request))), asOf: timeText(context.nowMicros()) };
}

export function addItemRoute<Item>(app: App, routes: ItemRoutes<Item>): void {
  const { noun, schema } = routes;
  app.get(`/api/v1/${noun}/:id`, { schema: { params: IdSchema, response: { 200: schema } } }, (request) =>
    findItem(routes, request.params.id),
  );
}

export function addItemRoutes<Item>(app: App, context: HttpContext, routes: ItemRoutes<Item>): void {
  const { noun, schema } = routes;
  app.get(`/api/v1/${noun}`, { schema: { response: { 200: listOf(schema, noun) } } }, (request) => itemPage(context, routes, request));
  addItemRoute(app, routes);
}
