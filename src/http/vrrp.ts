import { VIRTUAL_ROUTERS } from '../contract/item-lists.ts';
import { VirtualRouterSchema, virtualRoutersOf } from '../contract/vrrp.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/vrrp`: virtual routers and their masters. */
export function addVrrp(app: App, context: HttpContext): void {
  const all = () => virtualRoutersOf(context.monitor);
  addItemRoutes(app, context, {
    noun: 'vrrp',
    about: 'virtual routers and their masters',
    schema: VirtualRouterSchema,
    list: VIRTUAL_ROUTERS,
    all,
  });
}
