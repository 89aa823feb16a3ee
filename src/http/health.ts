import { negotiate } from './accept.ts';
import type { App, HttpContext } from './context.ts';

/** Prometheus' management paths and its scrape target. */
export function addHealth(app: App, { ready, metrics }: HttpContext): void {
  app.get('/-/healthy', (_, reply) => reply.type('text/plain').send('healthy\n'));
  app.get('/-/ready', (_, reply) => {
    const isReady = ready();
    return reply
      .code(isReady ? 200 : 503)
      .type('text/plain')
      .send(isReady ? 'ready\n' : 'not ready\n');
  });
  app.get('/metrics', async (request, reply) => {
    const type = negotiate(request.headers.accept, ['text/plain', 'application/openmetrics-text']);
    return reply
      .type(metrics.contentType(type))
      .header('vary', 'accept')
      .send(await metrics.render(type));
  });
}
