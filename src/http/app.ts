/** The server: hooks that hold for every request, then one file of routes for each noun. It does not listen; that is its caller's. */
import helmet from '@fastify/helmet';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import fastify, { LogController } from 'fastify';
import { addAlerts } from './alerts.ts';
import { addAnomalies } from './anomalies.ts';
import { addCapture } from './capture.ts';
import { addConnections } from './connections.ts';
import type { App, HttpContext } from './context.ts';
import { addDaemons } from './daemons.ts';
import { addEvents } from './events.ts';
import { addEvidence } from './evidence.ts';
import { addFailovers } from './failovers.ts';
import { addGroups } from './groups.ts';
import { addHealth } from './health.ts';
import { hostCheck } from './hosts.ts';
import { addLive, chooseProtocol } from './live.ts';
import { createLiveHub, LIVE_TIMING, type LiveTiming } from './live-hub.ts';
import { addNeighbors } from './neighbors.ts';
import { countAnswer } from './numbers.ts';
import { addOpenApi, describeRoutes } from './openapi.ts';
import { compileValidator } from './operation.ts';
import { addPage } from './page.ts';
import { addPast } from './past.ts';
import { answerError, answerNotFound } from './problems.ts';
import { addServices } from './services.ts';
import { addSilences } from './silences.ts';
import { addStatus } from './status.ts';
import { addVrrp } from './vrrp.ts';

export type { HttpContext };

const LIMITS = { bodyLimit: 16_384, requestTimeout: 30_000 } as const;
const LONGEST_ID = 256;
const MOST_FRAME_OCTETS = 65_536;

const SECURITY = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'object-src': ["'none'"],
    },
  },
  // Plain HTTP on the loopback interface; whoever puts TLS before it says so there.
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
} as const;

const ROUTES = [
  addConnections,
  addServices,
  addDaemons,
  addVrrp,
  addNeighbors,
  addGroups,
  addEvents,
  addEvidence,
  addAnomalies,
  addFailovers,
  addAlerts,
  addSilences,
  addCapture,
  addStatus,
  addHealth,
  addOpenApi,
  addPage,
];

/** @param timing for tests, which cannot wait as long as clients may */
export function createApp(context: HttpContext, timing: LiveTiming = LIVE_TIMING): App {
  const app = fastify({
    ...LIMITS,
    routerOptions: { maxParamLength: LONGEST_ID },
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    ...(context.log ? { loggerInstance: context.log } : {}),
  }).withTypeProvider<TypeBoxTypeProvider>();
  const checkHost = hostCheck(context.allowedHosts);
  const hub = createLiveHub(context, timing);

  // The schemas describe the answers; tests hold the answers to them.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  void app.register(helmet, SECURITY);
  void app.register(websocket, {
    options: { maxPayload: MOST_FRAME_OCTETS, perMessageDeflate: false, handleProtocols: chooseProtocol },
    preClose: (done) => {
      hub.close();
      done();
    },
  });
  // Only now, when the plugins' own hooks are in place: a refused upgrade must be known as one, or its socket stays open.
  void app.after(() => {
    app.addHook('onRequest', async (request, reply) => {
      checkHost(request);
      if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    });
  });
  app.addHook('onResponse', async (_, reply) => countAnswer(context.counters, reply.statusCode));
  void app.register(async (routes: App) => {
    addPast(routes, context);
    await describeRoutes(routes);
    for (const add of ROUTES) add(routes, context);
    addLive(routes, hub);
  });
  return app;
}
