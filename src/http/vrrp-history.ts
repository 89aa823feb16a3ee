import { VRRP_HISTORIES } from '../contract/item-lists.ts';
import { VrrpHistorySchema, vrrpHistoriesOf } from '../contract/vrrp-history.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/vrrp-history`: who was master of each virtual router when, and what was heard of its routers. */
export function addVrrpHistory(app: App, context: HttpContext): void {
  const all = () => vrrpHistoriesOf(context.monitor, context.nowMicros());
  const about = 'virtual routers over the last six hours';
  addItemRoutes(app, context, { noun: 'vrrp-history', about, schema: VrrpHistorySchema, list: VRRP_HISTORIES, all });
}
