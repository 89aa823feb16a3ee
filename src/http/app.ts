/** The server: hooks that hold for every request, then one file of routes for each noun. It does not listen; that is its caller's. */
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import fastify, { LogController } from 'fastify';
import { Refusal } from '../contract/problem.ts';
import { closeLiveOnChange, createAccessCheck, isWrite } from './access.ts';
import { addAlerts } from './alerts.ts';
import { addAnomalies } from './anomalies.ts';
import { addCapture } from './capture.ts';
import { addConnections } from './connections.ts';
import type { App, HttpContext } from './context.ts';
import { addDaemons } from './daemons.ts';
import { addEvents } from './events.ts';
import { addEvidence } from './evidence.ts';
import { addFailovers } from './failovers.ts';
import { addFilters } from './filters.ts';
import { addGroups } from './groups.ts';
import { addHealth } from './health.ts';
import { hostCheck, originCheck } from './hosts.ts';
import { createListener, type Listener } from './listener.ts';
import { addLive, chooseProtocol } from './live.ts';
import { createLiveHub, LIVE_TIMING, type LiveTiming } from './live-hub.ts';
import { addNeighbors } from './neighbors.ts';
import { countAnswer } from './numbers.ts';
import { addOpenApi, describeRoutes } from './openapi.ts';
import { compileValidator } from './operation.ts';
import { addPage } from './page.ts';
import { addPast } from './past.ts';
import { answerError, answerNotFound } from './problems.ts';
import { addServiceHistory } from './service-history.ts';
import { addServices } from './services.ts';
import { addSessionRecords } from './session-records.ts';
import { addSilences } from './silences.ts';
import { addStatus } from './status.ts';
import { addVrrp } from './vrrp.ts';
import { addVrrpHistory } from './vrrp-history.ts';

export type { HttpContext };

const MOST_BODY_OCTETS = 16_384;
const LONGEST_URL = 8192;
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
  xFrameOptions: { action: 'deny' },
} as const;
/** A day, and no subdomains: it holds for all ports of a host name, and something beside us may be served without TLS. */
const TLS_ONLY = { maxAge: 86_400, includeSubDomains: false } as const;
/** What no page of ours needs. */
const PERMISSIONS = 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()';

const ROUTES = [
  addFilters,
  addConnections,
  addSessionRecords,
  addServices,
  addServiceHistory,
  addDaemons,
  addVrrp,
  addVrrpHistory,
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
  const { access, counters, allowedHosts } = context;
  const tls = () => access?.tls() ?? null;
  const listeners: Listener[] = [];
  const app = fastify({
    bodyLimit: MOST_BODY_OCTETS,
    serverFactory(handler) {
      const listener = createListener({ tls, counters }, handler);
      listeners.push(listener);
      return listener.server;
    },
    routerOptions: { maxParamLength: LONGEST_ID },
    frameworkErrors: answerError,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    ...(context.log ? { loggerInstance: context.log } : {}),
  }).withTypeProvider<TypeBoxTypeProvider>();
  const checkHost = hostCheck(allowedHosts);
  const checkOrigin = originCheck(access?.proxyNames ?? []);
  const hub = createLiveHub(context, timing);

  // The schemas describe the answers; tests hold the answers to them.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  void app.register(helmet, { ...SECURITY, strictTransportSecurity: tls() ? TLS_ONLY : false });
  void app.register(rateLimit, { global: false });
  void app.register(websocket, {
    options: { maxPayload: MOST_FRAME_OCTETS, perMessageDeflate: false, handleProtocols: chooseProtocol },
    preClose: (done) => {
      hub.close();
      done();
    },
  });
  // Only now, when the plugins' own hooks are in place: a refused upgrade must be known as one, or its socket stays open.
  void app.after(() => {
    const checkAccess = access && createAccessCheck(app, access);
    if (access) closeLiveOnChange(app, access);
    app.addHook('onRequest', async (request, reply) => {
      reply.header('permissions-policy', PERMISSIONS);
      if (request.url.length > LONGEST_URL) throw new Refusal('too_long', `an address has at most ${LONGEST_URL} characters`);
      checkHost(request);
      if (request.ws || isWrite(request)) checkOrigin(request);
      await checkAccess?.(request, reply);
      if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    });
  });
  app.addHook('onResponse', async (_, reply) => countAnswer(counters, reply.statusCode));
  app.addHook('preClose', async () => {
    for (const listener of listeners) listener.end();
  });
  void app.register(async (routes: App) => {
    addPast(routes, context);
    await describeRoutes(routes);
    for (const add of ROUTES) add(routes, context);
    addLive(routes, hub);
  });
  return app;
}
