/** The thread that makes the state of another moment again and answers from it. One moment at a time; a later one goes on from there. */
import { workerData } from 'node:worker_threads';
import type { SyncChannel } from '../dissectors/dissector.ts';
import { createAlerts } from './alerts/alerts.ts';
import { answerQuestions, whenLeft } from './asked-thread.ts';
import { NO_ALERTING } from './contract/alerting.ts';
import type { PastAnswer, PastRequest } from './contract/past.ts';
import type { FindRecords } from './contract/session-record.ts';
import { statusOf } from './contract/status.ts';
import { evidenceFile } from './evidence-file.ts';
import { readKept } from './history/read-kept.ts';
import { type HistorySegment, knownFromMicros } from './history/segments.ts';
import { findRecords } from './history/session-records.ts';
import { createApp } from './http/app.ts';
import type { App } from './http/context.ts';
import { newHttpCounters } from './http/numbers.ts';
import { createMetrics } from './metrics/registry.ts';
import { createPipeline } from './pipeline.ts';
import type { Expected } from './state/expected.ts';
import { createMonitor, type Monitor } from './state/monitor.ts';
import { version } from './version.ts';

export interface PastOptions {
  readonly sync: readonly SyncChannel[];
  readonly headersSeen: boolean;
  readonly maxSessions: number;
  readonly expected: Expected | null;
  readonly sensor: string;
}

export interface PastOrder {
  readonly atMicros: number;
  /** Files to read, oldest first. */
  readonly files: readonly HistorySegment[];
  /** Link-layer addresses of our own ports. */
  readonly own: readonly number[];
  readonly request: PastRequest;
}

const options = workerData as PastOptions;

/** A session that began before the files that are read seems to begin in them. */
const recordsIn =
  (files: readonly HistorySegment[]): FindRecords =>
  async (question, signal) => {
    const found = await findRecords(question, files, options.sync, signal);
    return { ...found, complete: found.complete && question.session.firstSeenMicros >= knownFromMicros(files[0]) };
  };

/** A state on its way through the history. */
class Rebuilt {
  readonly #files: readonly HistorySegment[];
  readonly app: App;
  readonly #monitor: Monitor;
  readonly #stopped = new AbortController();
  readonly #reading: Promise<void>;
  #atMicros = Number.NEGATIVE_INFINITY;
  #going: Promise<void> = Promise.resolve();
  #isAtEnd = false;
  /** Time of the frame that is held back because it is later, and what lets it through. */
  #heldMicros = Number.NEGATIVE_INFINITY;
  #goOn: (() => void) | null = null;
  #arrived: (() => void) | null = null;

  constructor({ files, own }: PastOrder) {
    this.#files = files;
    this.#monitor = createMonitor({ maxSessions: options.maxSessions, trackChanges: false, expected: options.expected });
    for (const mac of own) this.#monitor.own.add(mac);
    this.app = this.#createApp();
    this.#reading = this.#read();
  }

  /** Whether the moment lies ahead, in what is still being read. */
  reaches({ atMicros, files }: PastOrder): boolean {
    return files[0].path === this.#files[0].path && (atMicros === this.#atMicros || (atMicros > this.#atMicros && !this.#isAtEnd));
  }

  goTo(atMicros: number): Promise<void> {
    if (atMicros !== this.#atMicros) {
      this.#atMicros = atMicros;
      this.#going = this.#go(atMicros);
    }
    return this.#going;
  }

  async #go(atMicros: number): Promise<void> {
    if (this.#heldMicros <= atMicros) await this.#readOn();
    // Who asked for this moment may have left, and another be on its way.
    if (this.#atMicros === atMicros) this.#monitor.advance(atMicros);
  }

  async #readOn(): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    this.#goOn?.();
    await Promise.race([arrived, this.#reading]);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#reading;
    await this.app.close();
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopped;
    const frame = createPipeline({ monitor: this.#monitor, syncChannels: options.sync, headersSeen: options.headersSeen });
    const pace = (atMicros: number) => {
      if (atMicros <= this.#atMicros) return undefined;
      this.#heldMicros = atMicros;
      this.#arrived?.();
      return new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    };
    const counter = { frames: 0 };
    // A file that was cut when the machine stopped is read as far as it goes.
    for (const file of this.#files) if (!signal.aborted) await readKept(file, { frame, pace, signal, counter });
    this.#isAtEnd = true;
  }

  #createApp(): App {
    const monitor = this.#monitor;
    const nowMicros = () => this.#atMicros;
    return createApp({
      monitor,
      nowMicros,
      status: () => statusOf(monitor, nowMicros(), []),
      capture: () => [],
      metrics: createMetrics({ monitor, nowMicros, capture: () => [], store: () => null, version: version(), sensor: options.sensor }),
      feed: { subscribe: () => () => undefined },
      evidence(eventId) {
        const frames = monitor.evidence.recent(eventId);
        return frames.length === 0 ? null : evidenceFile(frames);
      },
      counters: newHttpCounters(),
      alerts: createAlerts({ alerting: NO_ALERTING, monitor, nowMicros, sensor: options.sensor, url: () => '', kept: [], warn() {} }),
      ready: () => true,
      webRoot: null,
      allowedHosts: [],
      past: null,
      findRecords: recordsIn(this.#files),
    });
  }
}

let rebuilt: Rebuilt | null = null;

async function answer(order: PastOrder, signal: AbortSignal): Promise<PastAnswer> {
  signal.throwIfAborted();
  if (!rebuilt?.reaches(order)) {
    const before = rebuilt;
    rebuilt = null;
    await before?.close();
    rebuilt = new Rebuilt(order);
  }
  await Promise.race([rebuilt.goTo(order.atMicros), whenLeft(signal)]);
  const { url, headers } = order.request;
  const asked = { method: 'GET', url, headers: { ...headers, host: 'localhost' } } as const;
  const { statusCode, headers: answered, rawPayload } = await rebuilt.app.inject(asked);
  const texts = Object.entries(answered).map(([name, value]) => [name, String(value)]);
  return { status: statusCode, headers: Object.fromEntries(texts), body: rawPayload };
}

// One after the other: each may need another moment.
answerQuestions(answer);
