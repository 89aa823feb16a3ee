/**
 * The file that follows the state: changes are noted per slot and handed to the writer thread one batch at a time; what
 * changes meanwhile waits as one bit a slot. Nothing that goes wrong with the file reaches the monitor: it is counted, told
 * by `status`, and tried again.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { AlertRow } from '../contract/alert.ts';
import type { MonitorEvent } from '../state/events.ts';
import type { EventEvidence } from '../state/evidence.ts';
import type { Failover } from '../state/failovers.ts';
import type { KeptFrame } from '../state/frame-ring.ts';
import type { Monitor } from '../state/monitor.ts';
import { readAlertRows } from './alert-rows.ts';
import { type Batch, copyRows } from './batch.ts';
import { explained, needDirectory, openFile, own } from './database-file.ts';
import { DirtySlots } from './dirty-slots.ts';
import { prepare } from './prepare.ts';
import { readEvidence } from './read-evidence.ts';
import { type RestoreReport, restoreState } from './restore.ts';
import { Snapshots } from './snapshots.ts';
import type { WriterAnswer } from './writer.ts';
import { WriterThread } from './writer-thread.ts';

export interface StoreOptions {
  /** The database file; its directory must exist. */
  readonly path: string;
  /** The sensor's name, which every row carries. */
  readonly sensor: string;
}

export interface StoreStatus {
  /** How far the file is behind the state: 0 when it is level, null before the first write. */
  readonly lagSeconds: number | null;
  /** How long the writer has been at the batch in its hands; 0 when it has none. */
  readonly busySeconds: number;
  /** Rows of sessions written or deleted since the store was opened. */
  readonly rows: number;
  /** Batches that could not be written; they are tried again. */
  readonly writeErrors: number;
  /** Why the latest batch could not be written; null when it was. */
  readonly lastError: string | null;
  /** Events given up because the file could not be written for too long. */
  readonly lostEvents: number;
  /** Size of the file and its write-ahead log. */
  readonly octets: number;
}

/** Rows copied at once: 17 MiB, a few milliseconds of the main thread, half a second of the writer's. */
const MOST_ROWS = 1 << 18;
const MOST_WAITING_EVENTS = 10_000;
/** Frames of events that wait for a file that cannot be written. */
const MOST_WAITING_EVIDENCE = 1000;
const MOST_WAITING_FAILOVERS = 1000;
const RETRY_MILLIS = 1000;
/** Without any change, how often the file learns that the sensor still listens; in the monitor's time. */
const HEARTBEAT_MICROS = 1_000_000;
/** Attempts to write the rest before `close` gives up; a locked file takes a second each. */
const LAST_ATTEMPTS = 5;

/**
 * Opens the file, or makes it, and brings its tables up to date.
 * @throws OperatorError when it cannot be used: no directory, no right, no database, damaged, locked, owned by another lvscope, of a newer version
 */
export function openStore(options: StoreOptions): Store {
  needDirectory(options.path);
  try {
    const owner = own(options.path);
    try {
      return new Store(
        options,
        owner,
        withFile(options.path, (db) => prepare(db, options.sensor)),
      );
    } catch (error) {
      owner.close();
      throw error;
    }
  } catch (error) {
    throw explained(options.path, error);
  }
}

function withFile<T>(path: string, use: (db: Database) => T): T {
  const db = openFile(path);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

/** Owns the file, its lock and the writer thread. Made by `openStore`. */
export class Store {
  readonly #path: string;
  #owner: Database;
  readonly #sensorId: number;
  readonly #writer: WriterThread;
  readonly #dirty = new DirtySlots();
  readonly #snapshots = new Snapshots();
  #events: MonitorEvent[] = [];
  #evidence: EventEvidence[] = [];
  /** By id: only the latest report of each counts. */
  #failovers = new Map<string, Failover>();
  /** By table and id; bounded by who keeps them. */
  #alerts = new Map<string, AlertRow>();
  #inFlight: Promise<void> | null = null;
  #inFlightSince = 0;
  /** The file still holds another run's live tables. */
  #reset = true;
  #retryAt = 0;
  /** The file was removed: another one is made, and all that is known goes there. */
  #isGone = false;
  #handedAtMicros = 0;
  /** Everything noted before this moment of `performance.now()` is in the file. */
  #levelAt = performance.now();
  #roundAt = this.#levelAt;
  #status = { hasWritten: false, rows: 0, writeErrors: 0, lastError: null as string | null, lostEvents: 0 };

  constructor({ path, sensor }: StoreOptions, owner: Database, sensorId: number) {
    this.#path = path;
    this.#owner = owner;
    this.#sensorId = sensorId;
    this.#writer = new WriterThread({ path, sensor });
  }

  /**
   * Reads the file back into a monitor that has not seen a frame; the sessions not expired at `nowMicros`, the senders, the
   * latest 10 000 events. Without this call the live tables of the file are emptied with the first write; events stay.
   * @throws OperatorError when the file cannot be read
   */
  restore(monitor: Monitor, nowMicros: number): RestoreReport {
    try {
      const { report, stale } = withFile(this.#path, (db) => restoreState(db, this.#sensorId, monitor, nowMicros));
      for (const slot of stale) this.#dirty.add(slot);
      this.#reset = false;
      return report;
    } catch (error) {
      throw explained(this.#path, error);
    }
  }

  /**
   * Notes what is to be written.
   * @param changedSlots from `Sessions.takeChanges`
   * @param events from `EventLog.takeFresh`
   */
  note(changedSlots: readonly number[], events: readonly MonitorEvent[]): void {
    if (this.#isLevel()) this.#levelAt = performance.now();
    for (const slot of changedSlots) this.#dirty.add(slot);
    if (events.length > 0) this.#keepEvents([...this.#events, ...events]);
  }

  /** Hands what was noted to the writer if it is idle; call it a few times a second, also without changes. */
  flush(monitor: Monitor): void {
    if (this.#isLevel()) this.#levelAt = performance.now();
    this.#keepFailovers(monitor.failovers.takeChanged());
    this.#keepEvidence([...this.#evidence, ...monitor.evidence.takeFresh()]);
    this.#handOver(monitor);
  }

  /** Notes what changed of the alerts; it is written with the next flush. */
  keepAlerts(rows: readonly AlertRow[]): void {
    for (const row of rows) this.#alerts.set(`${row.table} ${row.id}`, row);
  }

  /**
   * What alerts kept, for the start.
   * @throws OperatorError when the file cannot be read
   */
  alertRows(): AlertRow[] {
    try {
      return withFile(this.#path, (db) => readAlertRows(db, this.#sensorId));
    } catch (error) {
      throw explained(this.#path, error);
    }
  }

  /** The frames of an event that are in the file. */
  evidence(eventId: string): KeptFrame[] {
    return readEvidence(this.#path, eventId);
  }

  status(): StoreStatus {
    const { hasWritten, ...counted } = this.#status;
    const lag = this.#isLevel() ? 0 : (performance.now() - this.#levelAt) / 1000;
    const busySeconds = this.#inFlight === null ? 0 : (performance.now() - this.#inFlightSince) / 1000;
    return { ...counted, busySeconds, lagSeconds: hasWritten ? lag : null, octets: octetsOf(this.#path) + octetsOf(`${this.#path}-wal`) };
  }

  /** Writes what is left, moves it all into the main file and ends the thread. Look at `status().lastError` afterwards. */
  async close(monitor: Monitor): Promise<void> {
    await this.#inFlight;
    this.#snapshots.forget();
    this.#handedAtMicros = 0;
    // Asked for, the reports that go on are counted as of now.
    monitor.failovers.reports();
    this.note(monitor.sessions.takeChanges(), monitor.events.takeFresh());
    this.flush(monitor);
    for (let attempt = 0; attempt < LAST_ATTEMPTS; ) {
      await this.#inFlight;
      if (this.#status.lastError !== null) attempt++;
      else if (this.#isLevel()) break;
      this.#retryAt = 0;
      this.#handOver(monitor);
    }
    await this.#inFlight;
    await this.#writer.close();
    this.#owner.close();
  }

  #isLevel(): boolean {
    return this.#inFlight === null && this.#dirty.count === 0 && !this.#hasNews();
  }

  #keepEvents(events: MonitorEvent[]): void {
    const tooMany = Math.max(0, events.length - MOST_WAITING_EVENTS);
    this.#status.lostEvents += tooMany;
    this.#events = events.slice(tooMany);
  }

  #keepFailovers(failovers: Iterable<Failover>): void {
    for (const failover of failovers) this.#failovers.set(failover.id, failover);
    for (const id of this.#failovers.keys()) {
      if (this.#failovers.size <= MOST_WAITING_FAILOVERS) return;
      this.#failovers.delete(id);
    }
  }

  /** Whether anything but sessions waits to be written. */
  #hasNews(): boolean {
    return this.#events.length > 0 || this.#evidence.length > 0 || this.#failovers.size > 0 || this.#alerts.size > 0;
  }

  #keepEvidence(evidence: EventEvidence[]): void {
    this.#evidence = evidence.slice(-MOST_WAITING_EVIDENCE);
  }

  #handOver(monitor: Monitor): void {
    const now = performance.now();
    if (this.#inFlight !== null || now < this.#retryAt) return;
    if (this.#isGone && !this.#beginAnew(monitor)) return;
    const { nowMicros } = monitor.clock;
    const isSilent = this.#dirty.count === 0 && !this.#hasNews() && !this.#reset;
    if (isSilent && (nowMicros === null || nowMicros - this.#handedAtMicros < HEARTBEAT_MICROS)) return;
    this.#handedAtMicros = nowMicros ?? 0;
    const { slots, wrapped } = this.#dirty.take(MOST_ROWS);
    const events = this.#events;
    const evidence = this.#evidence;
    this.#events = [];
    this.#evidence = [];
    const failovers = [...this.#failovers.values()];
    this.#failovers.clear();
    const alerts = [...this.#alerts.values()];
    this.#alerts.clear();
    const sessions = copyRows(monitor.sessions, slots);
    const batch: Batch = { reset: this.#reset, sessions, events, evidence, failovers, alerts, ...this.#snapshots.take(monitor) };
    const levelAt = this.#dirty.count === 0 ? now : wrapped ? this.#roundAt : this.#levelAt;
    if (wrapped) this.#roundAt = now;
    this.#inFlightSince = now;
    this.#inFlight = this.#writer.write(batch).then((answer) => {
      this.#inFlight = null;
      this.#settle(answer, batch, slots, levelAt);
      if (this.#dirty.count > 0) this.#handOver(monitor);
    });
  }

  /** Returns whether there is a folder, ours alone, to make the file in. */
  #beginAnew(monitor: Monitor): boolean {
    this.#owner.close();
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#owner = own(this.#path);
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
      return false;
    }
    this.#isGone = false;
    const { sessions, events } = monitor;
    for (let slot = 1; slot < sessions.top; slot++) if (sessions.inUse(slot)) this.#dirty.add(slot);
    this.#keepEvents([...events.recent]);
    return true;
  }

  #failed(error: string): void {
    this.#status.writeErrors++;
    this.#status.lastError = error;
    this.#retryAt = performance.now() + RETRY_MILLIS;
  }

  #settle(answer: WriterAnswer, { events, evidence, failovers, alerts }: Batch, slots: Uint32Array, levelAt: number): void {
    if ('rows' in answer) {
      this.#reset = false;
      this.#levelAt = levelAt;
      this.#status.hasWritten = true;
      this.#status.rows += answer.rows;
      this.#status.lastError = null;
      return;
    }
    for (const slot of slots) this.#dirty.add(slot);
    this.#keepEvents([...events, ...this.#events]);
    this.#keepEvidence([...evidence, ...this.#evidence]);
    const newer = [...this.#failovers.values()];
    this.#keepFailovers([...failovers, ...newer]);
    const newerAlerts = [...this.#alerts.values()];
    this.keepAlerts([...alerts, ...newerAlerts]);
    this.#snapshots.forget();
    this.#handedAtMicros = 0;
    this.#failed(answer.error);
    if (answer.gone) this.#isGone = true;
    // Slots put back may lie behind the round that goes on, so that only the one after it brings them.
    this.#roundAt = this.#levelAt;
  }
}

/** 0 where it cannot be told: a disk that fails must not end the capture. */
function octetsOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
