import { SERVICE_HEAD, serviceLines } from '../contract/ipvsadm-text.ts';
import { SERVICES } from '../contract/item-lists.ts';
import { type Service, ServiceSchema, servicesOf } from '../contract/service.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';
import type { TextLayout } from './list-routes.ts';

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** As `ipvsadm -Ln --exact`. */
const TEXT: TextLayout<Service> = {
  parameters: {},
  format: () => ({ head: lines(SERVICE_HEAD), part: (services) => lines(services.flatMap(serviceLines)) }),
};

/** `/api/v1/services`: virtual services and real servers; as text as `ipvsadm -Ln --exact` prints them. */
export function addServices(app: App, context: HttpContext): void {
  const all = () => servicesOf(context.monitor, context.nowMicros());
  const about = 'virtual services and their real servers';
  addItemRoutes(app, context, { noun: 'services', about, schema: ServiceSchema, list: SERVICES, text: TEXT, all });
}
