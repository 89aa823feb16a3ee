/** The monitor at work: source, state, store and server tied together, from start to an orderly stop. */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import type { SyncChannel } from '../dissectors/dissector.ts';
import type { AccessOptions } from './access.ts';
import { createAlerts } from './alerts/alerts.ts';
import type { CapturedFrame } from './capture/captured-frame.ts';
import { type Clock, recordedClock, wallClock } from './clock.ts';
import { DATABASE, type Listen } from './config.ts';
import { type Alerting, NO_ALERTING } from './contract/alerting.ts';
import type { HistoryBounds } from './contract/history.ts';
import { createDiskWatch } from './disk-watch.ts';
import { EXIT, type ExitCode, OperatorError } from './errors.ts';
import { createFeed } from './feed.ts';
import { Journal } from './history/journal.ts';
import { createLog, type Logger } from './log.ts';
import { createPast } from './past.ts';
import { createPipeline } from './pipeline.ts';
import { createRecords } from './records.ts';
import { serve } from './serve.ts';
import { createSniffWatch } from './sniff-watch.ts';
import { type Source, type SourceOptions, startSource } from './source.ts';
import type { Expected } from './state/expected.ts';
import { createMonitor, type Monitor } from './state/monitor.ts';
import { longestTimeoutSeconds } from './state/session.ts';
import { openStore, type Store } from './store/store.ts';
import { createSystemdNotify } from './systemd-notify.ts';
import { version } from './version.ts';
import { vitalsOf } from './vitals.ts';

export interface RunOptions {
  readonly source: SourceOptions;
  readonly sync: readonly SyncChannel[];
  readonly listen: Listen;
  readonly access: AccessOptions;
  /** Folder of the database; made when it is not there. */
  readonly data: string;
  readonly maxSessions: number;
  /** Null: no history is kept. */
  readonly history: HistoryBounds | null;
  /** What should be; null: nobody said. */
  readonly expected: Expected | null;
  /** Who is told of what; null: nobody. */
  readonly alerting: Alerting | null;
  /** Whether `/metrics` also has names of other exporters. */
  readonly metricsCompat: boolean;
}

const HISTORY = 'history';
/** How often what has changed goes to who watches. */
const PUBLISH_MS = 50;
/** Every so many times it goes to the store as well. */
const STORE_EVERY = 5;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function openData(folder: string): Store {
  try {
    // It says who talked to whom: nothing for everybody on this machine.
    mkdirSync(folder, { recursive: true, mode: 0o750 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(EXIT.fault, `the data folder ${folder} cannot be made: ${reason}`, 'name another one with --data');
  }
  return openStore({ path: join(folder, DATABASE), sensor: hostname() });
}

function openJournal(bounds: HistoryBounds, data: string, { sessions }: Monitor, keepsEarlier: boolean): Journal {
  const longestSeconds = () => longestTimeoutSeconds(sessions);
  return new Journal({ ...bounds, folder: join(data, HISTORY), keepsEarlier, longestSeconds });
}

/** Brings back what was known when the last run ended, and says how long nobody listened. */
function restore(store: Store, monitor: Monitor, nowMicros: number, log: Logger): void {
  const { sessions, events, lastWriteMicros } = store.restore(monitor, nowMicros);
  if (lastWriteMicros === null) return;
  const gapMs = Math.max(0, Math.round((nowMicros - lastWriteMicros) / 1000));
  log.info({ sessions, events, gapMs }, 'read back what was stored');
  monitor.log({
    atMicros: nowMicros,
    kind: 'sniff.gap',
    severity: 'warning',
    text: `nobody listened for ${(gapMs / 1000).toFixed(1)} s; ${sessions} sessions that have not run out since were read back`,
    gapMs,
    details: { sessions },
  });
}

function clockOf(source: SourceOptions): Clock {
  return source.kind === 'live' ? wallClock() : recordedClock(source.speed ?? 1);
}

/** Resolves when the program is told to stop. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.once(signal, () => resolve());
  });
}

export async function run(options: RunOptions): Promise<ExitCode> {
  const log = createLog();
  const systemd = createSystemdNotify(log);
  const monitor = createMonitor({ maxSessions: options.maxSessions, trackChanges: true, expected: options.expected });
  const isLive = options.source.kind === 'live';
  const clock = clockOf(options.source);
  const store = openData(options.data);
  const stopped = stopSignal();
  const feed = createFeed();
  // A recording has a time of its own: what another run stored has no place in it.
  if (isLive) restore(store, monitor, clock.nowMicros(), log);
  const headersSeen = options.source.kind !== 'live' || options.source.capture === 'pcap';
  const journal = options.history && openJournal(options.history, options.data, monitor, isLive);
  const enter = createPipeline({
    monitor,
    syncChannels: options.sync,
    headersSeen,
    keep: journal && ((frame, dissection) => journal.add(frame, dissection)),
  });
  const { sync, maxSessions, expected } = options;
  const past = journal && createPast(journal, monitor, { sync, headersSeen, maxSessions, expected, sensor: hostname() });
  const records = journal && createRecords(journal, { sync });
  const frame = (captured: CapturedFrame) => {
    clock.frame(captured.atMicros);
    enter(captured);
  };
  const alerts = createAlerts({
    alerting: options.alerting ?? NO_ALERTING,
    monitor,
    nowMicros: clock.nowMicros,
    sensor: hostname(),
    url: () => server.url,
    kept: store.alertRows().filter(({ table }) => isLive || table !== 'alerts'),
    warn: (receiver, error) => log.warn({ receiver }, `alerts: ${receiver}: ${error}`),
  });
  let source: Source | null = null;
  const sniff = createSniffWatch(monitor);
  const disk = createDiskWatch(monitor);
  const publish = () => {
    sniff(source?.status() ?? [], isLive ? { wallMicros: clock.nowMicros(), steadyMicros: performance.now() * 1000 } : null);
    monitor.advance(clock.nowMicros());
    const changed = monitor.sessions.takeChanges();
    const events = monitor.events.takeFresh();
    for (const event of events) log[event.severity === 'info' ? 'info' : 'warn']({ event: event.id, kind: event.kind }, event.text);
    store.note(changed, events);
    store.keepAlerts(alerts.tick(events));
    feed.publish(changed, events);
  };
  let ticks = 0;
  const tick = () => {
    ticks++;
    disk(store.status(), journal?.status() ?? null, clock.nowMicros());
    publish();
    store.flush(monitor);
    void journal?.flush();
  };
  const server = await serve({
    listen: options.listen,
    access: options.access,
    monitor,
    clock,
    store,
    journal,
    past,
    findRecords: records?.find ?? null,
    feed,
    alerts,
    source: () => source,
    version: version(),
    sensor: hostname(),
    metricsCompat: options.metricsCompat,
    log,
  });
  try {
    alerts.start();
    source = await startSource(options.source, { sync: options.sync, monitor, frame, log });
    process.stdout.write(`lvscope: ${server.url}\n`);
    const capture = () => source?.status() ?? [];
    systemd.ready(vitalsOf({ monitor, store, ticks: () => ticks, capture, answers: server.answers }));
    let turn = 0;
    // One timer for both: changes are told at even distances.
    const timer = setInterval(() => (++turn % STORE_EVERY === 0 ? tick() : publish()), PUBLISH_MS);
    await Promise.race([stopped, source.failed]);
    clearInterval(timer);
  } finally {
    systemd.stopping();
    await source?.stop();
    alerts.close();
    tick();
    await server.close();
    await past?.close();
    await records?.close();
    await journal?.close();
    await store.close(monitor);
  }
  return EXIT.done;
}
