/** `/api/v1/filters`: what every list can be filtered and sorted by, gathered from the lists' own routes. */
import { FiltersSchema, type ListFilters } from '../contract/filters.ts';
import { sendJson } from './answers.ts';
import type { App } from './context.ts';
import { operation } from './operation.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of the route of a list: which it is, and what it takes. */
    readonly list?: { readonly noun: string; readonly filters: ListFilters };
  }
}

/** Before the routes of the lists. */
export function addFilters(app: App): void {
  const filters: Record<string, ListFilters> = {};
  app.addHook('onRoute', ({ config }) => {
    if (config?.list) filters[config.list.noun] = config.list.filters;
  });
  const schema = operation({
    id: 'getFilters',
    tag: 'monitor',
    summary: 'what every list can be filtered and sorted by, by noun',
    answers: { 'application/json': FiltersSchema },
    tagged: true,
  });
  app.get('/api/v1/filters', { schema }, (request, reply) =>
    // The same for all who may ask, until another version of the program runs.
    sendJson(request, reply.header('cache-control', 'private, no-cache'), JSON.stringify(filters)),
  );
}
