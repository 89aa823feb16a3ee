import { NEIGHBORS } from '../contract/item-lists.ts';
import { NeighborSchema, neighborsOf } from '../contract/neighbor.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/neighbors`: who has which address, and who had it. */
export function addNeighbors(app: App, context: HttpContext): void {
  const all = () => neighborsOf(context.monitor);
  addItemRoutes(app, context, {
    noun: 'neighbors',
    about: 'who has which address, and who had it',
    schema: NeighborSchema,
    list: NEIGHBORS,
    all,
  });
}
