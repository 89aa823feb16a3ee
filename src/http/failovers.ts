import { FailoverSchema, failoversOf } from '../contract/failover.ts';
import { FAILOVERS } from '../contract/item-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/failovers`: one report for each change of master, oldest first; `sort=-at` for the latest first. */
export function addFailovers(app: App, context: HttpContext): void {
  const all = () => failoversOf(context.monitor);
  addItemRoutes(app, context, { noun: 'failovers', about: 'reports of failovers', schema: FailoverSchema, list: FAILOVERS, all });
}
