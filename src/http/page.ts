/** What a browser gets at `/`: the built page, or, without one, where everything is. */
import fastifyStatic from '@fastify/static';
import type { App, HttpContext } from './context.ts';

const LINKS = [
  ['/api/v1/connections', 'connection table'],
  ['/api/v1/services', 'virtual services and real servers'],
  ['/api/v1/vrrp', 'virtual routers'],
  ['/api/v1/daemons', 'senders and listeners of connection sync'],
  ['/api/v1/neighbors', 'who has which address'],
  ['/api/v1/groups', 'who listens to which multicast group'],
  ['/api/v1/events', 'events'],
  ['/api/v1/anomalies', 'what is wrong'],
  ['/api/v1/failovers', 'reports of failovers'],
  ['/api/v1/capture', 'capture'],
  ['/api/v1/status', 'status'],
  ['/docs', 'this API described, for people'],
  ['/api/v1/openapi.json', 'for programs'],
  ['/metrics', 'metrics for Prometheus'],
  ['/-/healthy', 'alive'],
  ['/-/ready', 'ready'],
];

function landingPage(): string {
  const items = LINKS.map(([path, what]) => `<li><a href="${path}">${path}</a> ${what}</li>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>lvscope</title></head>
<body><h1>lvscope</h1>
<p>The page is not built here; everything it shows is at:</p>
<ul>
${items.join('\n')}
</ul></body></html>
`;
}

/** Paths of the page besides `/`, which tells them apart itself. */
export const PAGE_PATHS = [
  '/connections',
  '/vrrp',
  '/vrrp/:id',
  '/failovers',
  '/failovers/:id',
  '/neighbors',
  '/groups',
  '/daemons',
  '/events',
  '/anomalies',
] as const;

export function addPage(app: App, { webRoot }: HttpContext): void {
  if (webRoot === null) {
    app.get('/', (_, reply) => reply.type('text/html').send(landingPage()));
    return;
  }
  // Every file a route of its own, so that nothing else in the folder can be asked for.
  void app.register(fastifyStatic, { root: webRoot, wildcard: false });
  for (const path of PAGE_PATHS) app.get(path, (_, reply) => reply.sendFile('index.html'));
}
