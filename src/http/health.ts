import { negotiate } from './accept.ts';
import type { App, HttpContext } from './context.ts';
import { operation, Text } from './operation.ts';

const METRICS_TYPES = ['text/plain', 'application/openmetrics-text'] as const;

const HEALTHY = operation({ id: 'isHealthy', tag: 'monitor', summary: 'the monitor answers', answers: { 'text/plain': Text } });
const READY = operation({
  id: 'isReady',
  tag: 'monitor',
  summary: 'frames are read, and what was stored is back',
  answers: { 'text/plain': Text },
  others: { 503: { description: 'not yet', content: { 'text/plain': { schema: Text } } } },
});
const METRICS = operation({
  id: 'getMetrics',
  tag: 'monitor',
  summary: 'metrics for Prometheus',
  answers: Object.fromEntries(METRICS_TYPES.map((type) => [type, Text])),
  problems: ['not_acceptable'],
});

/** Prometheus' management paths and its scrape target. */
export function addHealth(app: App, { ready, metrics }: HttpContext): void {
  app.get('/-/healthy', { schema: HEALTHY }, (_, reply) => reply.type('text/plain').send('healthy\n'));
  app.get('/-/ready', { schema: READY }, (_, reply) => {
    const isReady = ready();
    return reply
      .code(isReady ? 200 : 503)
      .type('text/plain')
      .send(isReady ? 'ready\n' : 'not ready\n');
  });
  app.get('/metrics', { schema: METRICS }, async (request, reply) => {
    const type = negotiate(request.headers.accept, METRICS_TYPES);
    return reply
      .type(metrics.contentType(type))
      .header('vary', 'accept')
      .send(await metrics.render(type));
  });
}
