/** Ties state, store and source to the HTTP server and the metrics. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type AccessOptions, openAccess } from './access.ts';
import type { Clock } from './clock.ts';
import type { Listen } from './config.ts';
import type { AlertDesk } from './contract/alert.ts';
import type { CaptureStatus } from './contract/capture.ts';
import { historyStatusOf } from './contract/history.ts';
import type { Past } from './contract/past.ts';
import type { FindRecords } from './contract/session-record.ts';
import { statusOf } from './contract/status.ts';
import { storeStatusOf } from './contract/store-status.ts';
import { EXIT, OperatorError } from './errors.ts';
import { evidenceFile, joined } from './evidence-file.ts';
import type { Feed } from './feed.ts';
import type { Journal } from './history/journal.ts';
import { createApp } from './http/app.ts';
import { newHttpCounters } from './http/numbers.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics/registry.ts';
import { createPasswords } from './passwords.ts';
import type { Source } from './source.ts';
import type { Monitor } from './state/monitor.ts';
import type { Store } from './store/store.ts';

export interface ServeOptions {
  readonly listen: Listen;
  readonly access: AccessOptions;
  readonly monitor: Monitor;
  readonly clock: Clock;
  readonly store: Store;
  /** Null, all three: no history is kept. */
  readonly journal: Journal | null;
  readonly past: Past | null;
  readonly findRecords: FindRecords | null;
  readonly feed: Feed;
  readonly alerts: AlertDesk;
  /** Null until the source is up. */
  readonly source: () => Source | null;
  readonly version: string;
  readonly sensor: string;
  /** Whether names of other exporters are given besides. */
  readonly metricsCompat: boolean;
  readonly log: Logger;
}

export interface Server {
  /** With the port that the system chose, where it was to choose one. */
  readonly url: string;
  /** Resolves when the routes have answered a request of our own, whatever they said. */
  answers(): Promise<unknown>;
  close(): Promise<void>;
}

/** Beside the compiled program: dist/web, as this is dist/src. */
const WEB_ROOT = fileURLToPath(new URL('../web', import.meta.url));

function cannotListen(listen: Listen, error: NodeJS.ErrnoException): OperatorError {
  const where = `${listen.host}:${listen.port}`;
  if (error.code === 'EADDRINUSE')
    return new OperatorError(
      EXIT.fault,
      `another program listens at ${where} already`,
      'choose another port with --listen, or stop that program',
    );
  if (error.code === 'EACCES')
    return new OperatorError(EXIT.noPermission, `no right to listen at ${where}`, 'choose a port above 1023 with --listen');
  return new OperatorError(
    EXIT.fault,
    `cannot listen at ${where}: ${error.message}`,
    'is that an address of this machine? choose one with --listen',
  );
}

export async function serve(options: ServeOptions): Promise<Server> {
  const { listen, monitor, clock, store, feed, source, journal, past, log } = options;
  const { allowedHosts } = options.access;
  const access = openAccess(options.access, listen, log);
  const passwords = createPasswords();
  const capture = (): CaptureStatus[] => source()?.status() ?? [];
  const blind = () => capture().flatMap((one) => one.cannotSee.map((what) => `${one.id}: ${what}`));
  const kept = () => ({ history: journal && historyStatusOf(journal.status()), store: storeStatusOf(store.status()) });
  const status = () => statusOf(monitor, clock.nowMicros(), blind(), kept());
  const counters = newHttpCounters();
  const metrics = createMetrics({
    monitor,
    nowMicros: clock.nowMicros,
    capture,
    store: () => store.status(),
    version: options.version,
    sensor: options.sensor,
    history: () => journal?.status() ?? null,
    http: () => ({ ...counters, reload: access.status() }),
    alerts: options.alerts,
    compat: options.metricsCompat,
  });
  const app = createApp({
    monitor,
    nowMicros: clock.nowMicros,
    status,
    capture,
    metrics,
    counters,
    feed,
    alerts: options.alerts,
    past,
    findRecords: options.findRecords,
    evidence: (eventId) => {
      const frames = joined(store.evidence(eventId), monitor.evidence.recent(eventId));
      return frames.length === 0 ? null : evidenceFile(frames);
    },
    ready: () => source() !== null,
    webRoot: existsSync(WEB_ROOT) ? WEB_ROOT : null,
    allowedHosts: [listen.host, ...allowedHosts],
    access: { now: () => access.now.access, tls: () => access.now.tls, proxyNames: allowedHosts, verify: passwords.verify },
    log,
  });
  await app.listen({ host: listen.host, port: listen.port }).catch((error: NodeJS.ErrnoException) => {
    access.close();
    throw cannotListen(listen, error);
  });
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound ? bound.port : listen.port;
  const host = isIP(listen.host) === 6 ? `[${listen.host}]` : listen.host;
  const close = async () => {
    access.close();
    await app.close();
    await passwords.close();
  };
  return { url: `${access.now.tls ? 'https' : 'http'}://${host}:${port}/`, answers: async () => app.inject('/-/healthy'), close };
}
