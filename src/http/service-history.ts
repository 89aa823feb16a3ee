import { SERVICE_HISTORIES } from '../contract/item-lists.ts';
import { ServiceHistorySchema, serviceHistoriesOf } from '../contract/service-history.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/service-history`: what each real server of a virtual service carried. */
export function addServiceHistory(app: App, context: HttpContext): void {
  const all = () => serviceHistoriesOf(context.monitor, context.nowMicros());
  const about = 'virtual services over the last hour';
  addItemRoutes(app, context, { noun: 'service-history', about, schema: ServiceHistorySchema, list: SERVICE_HISTORIES, all });
}
