import { Type } from 'typebox';
import { servicesText } from '../contract/ipvsadm-text.ts';
import { parseItemFilter } from '../contract/item-list.ts';
import { SERVICES } from '../contract/item-lists.ts';
import { listOf } from '../contract/query.ts';
import { type Service, ServiceSchema, servicesOf } from '../contract/service.ts';
import { negotiate } from './accept.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoute, type ItemRoutes, itemPage } from './item-routes.ts';
import { queryOf } from './request-query.ts';

const FORMATS = ['application/json', 'text/plain'] as const;

/** `/api/v1/services`: virtual services and real servers; as text the whole list, as `ipvsadm -Ln --exact` prints it. */
export function addServices(app: App, context: HttpContext): void {
  const all = () => servicesOf(context.monitor, context.nowMicros());
  const routes: ItemRoutes<Service> = { noun: 'services', schema: ServiceSchema, list: SERVICES, all };
  const content = { 'application/json': { schema: listOf(ServiceSchema, 'services') }, 'text/plain': { schema: Type.String() } };
  const schema = { response: { 200: { content } } };
  app.get('/api/v1/services', { schema }, (request, reply) => {
    reply.header('vary', 'accept');
    if (negotiate(request.headers.accept, FORMATS) === 'application/json') return itemPage(context, routes, request);
    reply.type('text/plain');
    return `${servicesText(all().filter(parseItemFilter(SERVICES, queryOf(request))))}\n`;
  });
  addItemRoute(app, routes);
}
