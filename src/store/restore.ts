/** Reads the file back into the state, at the start. */
import type { Database } from 'better-sqlite3';
import type { Anomaly } from '../state/anomalies.ts';
import type { Daemon } from '../state/daemons.ts';
import type { MonitorEvent, Severity } from '../state/events.ts';
import type { Failover } from '../state/failovers.ts';
import type { Monitor } from '../state/monitor.ts';
import { RULES } from '../state/rules/all.ts';
import { LONG_WORDS, WORD, WORDS } from '../state/session-layout.ts';
import type { SessionExtra } from '../state/session-rows.ts';
import { PACKED_SESSION, type PackedSession, sessionWords } from './session-row.ts';
import { addressOf, type StoredAddress } from './stored-address.ts';

export interface RestoreReport {
  /** Sessions that are still alive and were put back. */
  readonly sessions: number;
  /** Sessions that ran out while nobody listened, or for which the table has no room now. */
  readonly dropped: number;
  readonly events: number;
  /** The sensor's time at its last write; null when it never wrote. */
  readonly lastWriteMicros: number | null;
}

export interface Restored {
  readonly report: RestoreReport;
  /** Slots whose session is over: their rows must go. */
  readonly stale: readonly number[];
}

const MOST_EVENTS = 10_000;
const MOST_FAILOVERS = 300;
const MICROS = 1_000_000;
/** Rows asked for at once: one by one takes a fifth longer. */
const TOGETHER = 4096;

/** @param monitor must not have observed a frame yet */
export function restoreState(db: Database, sensorId: number, monitor: Monitor, nowMicros: number): Restored {
  monitor.sessions.advance(nowMicros);
  restoreSegments(db, sensorId, monitor);
  restoreDaemons(db, sensorId, monitor);
  const beyond = db.prepare('delete from sessions where slot not between 1 and ?').run(monitor.sessions.maxSessions).changes;
  const { restored, stale } = restoreSessions(db, sensorId, monitor, nowMicros);
  const events = restoreEvents(db, sensorId, monitor);
  restoreAnomalies(db, sensorId, monitor);
  restoreFailovers(db, sensorId, monitor);
  const lastWriteMicros = db.prepare('select written_at from sensors where id = ?').pluck().get(sensorId) as number | null;
  return { report: { sessions: restored, dropped: stale.length + beyond, events, lastWriteMicros }, stale };
}

function restoreSegments(db: Database, sensorId: number, monitor: Monitor): void {
  const rows = db.prepare('select interface, vlan from segments where sensor_id = ? order by id').all(sensorId);
  for (const { interface: name, vlan } of rows as { interface: string | null; vlan: number | null }[]) monitor.segments.find(name, vlan);
}

interface DaemonRow extends Omit<Daemon, 'address' | 'group' | 'lostDatagrams'> {
  readonly address: StoredAddress;
  readonly group: StoredAddress;
}

const DAEMONS = `select id as "index", segment, address, mac, syncid, multicast_group as "group", from_port as fromPort, to_port as toPort,
  version, ttl, datagrams, records, octets, first_seen as firstSeenMicros, last_seen as lastSeenMicros, rate
  from daemons where sensor_id = ? order by id`;

function restoreDaemons(db: Database, sensorId: number, monitor: Monitor): void {
  for (const row of db.prepare(DAEMONS).all(sensorId) as DaemonRow[])
    monitor.daemons.restore({ ...row, address: addressOf(row.address), group: addressOf(row.group) });
}

function restoreSessions(db: Database, sensorId: number, { sessions }: Monitor, nowMicros: number): { restored: number; stale: number[] } {
  const query = db.prepare(`select ${PACKED_SESSION} from sessions where sensor_id = ? and slot > ? order by slot limit ${TOGETHER}`).raw();
  const extras = readExtras(db, sensorId);
  const words = new Uint32Array(WORDS);
  const long = new Uint32Array(LONG_WORDS);
  const stale: number[] = [];
  let restored = 0;
  function put(row: PackedSession): void {
    const slot = row[0];
    const isLong = sessionWords(row, words, long);
    if (expiresAtMicros(words) <= nowMicros) {
      stale.push(slot);
      return;
    }
    sessions.restore(slot, words, isLong ? long : null, extras.get(slot) ?? null);
    restored++;
  }

  for (let rows: PackedSession[] = [], after = 0; ; after = rows[rows.length - 1][0]) {
    rows = query.all(sensorId, after) as PackedSession[];
    rows.forEach(put);
    if (rows.length < TOGETHER) break;
  }
  return { restored, stale };
}

function expiresAtMicros(words: Uint32Array): number {
  return (words[WORD.lastSeconds] + words[WORD.timeout]) * MICROS + words[WORD.bucketLastMicros];
}

interface ExtraRow {
  readonly slot: number;
  readonly fwmark: number | null;
  readonly engine: string | null;
  readonly engine_data: Uint8Array | null;
}

/** Few sessions have one, so they are read apart: a column that all rows carry costs all of them. */
function readExtras(db: Database, sensorId: number): Map<number, SessionExtra> {
  const query = db.prepare(`select slot, fwmark, engine, engine_data from sessions
    where sensor_id = ? and (fwmark is not null or engine is not null)`);
  return new Map((query.all(sensorId) as ExtraRow[]).map((row) => [row.slot, extraOf(row)]));
}

function extraOf({ fwmark, engine, engine_data }: ExtraRow): SessionExtra {
  return { fwmark: fwmark ?? 0, engine: engine === null ? null : { name: engine, data: Uint8Array.from(engine_data ?? []) } };
}

function restoreFailovers(db: Database, sensorId: number, { failovers }: Monitor): void {
  const query = db
    .prepare('select report from failovers where sensor_id = ? and json_valid(report) order by at desc, id desc limit ?')
    .pluck();
  for (const report of (query.all(sensorId, MOST_FAILOVERS) as string[]).reverse()) failovers.restore(JSON.parse(report) as Failover);
}

interface AnomalyRow extends Omit<Anomaly, 'subject'> {
  readonly subject: string;
}

const ANOMALIES = `select id, kind, severity, subject, first_seen as firstMicros, last_seen as lastMicros, ended as endedMicros, count, text,
  state as "check", event_id as eventId
  from anomalies where sensor_id = ? and json_valid(subject) and state in ('raised', 'clear', 'unknown') order by first_seen, id`;

/** Those of a rule that this version does not have stay in the file, and that is all. */
function restoreAnomalies(db: Database, sensorId: number, monitor: Monitor): void {
  const rules = new Map(RULES.map((rule) => [rule.kind, rule]));
  for (const row of db.prepare(ANOMALIES).all(sensorId) as AnomalyRow[]) {
    const rule = rules.get(row.kind);
    if (rule) monitor.anomalies.restore({ ...row, subject: JSON.parse(row.subject) as Anomaly['subject'] }, rule);
  }
}

interface EventRow {
  readonly id: string;
  readonly at: number;
  readonly kind: string;
  readonly severity: Severity;
  readonly text: string;
  readonly subject: string;
  readonly from_value: string | null;
  readonly to_value: string | null;
  readonly reason: string | null;
  readonly gap_ms: number | null;
  readonly details: string;
  readonly frames: string;
}

function restoreEvents(db: Database, sensorId: number, monitor: Monitor): number {
  const query = db.prepare(`select * from events where sensor_id = ? and json_valid(subject) and json_valid(details) and json_valid(frames)
    order by rowid desc limit ?`);
  const rows = query.all(sensorId, MOST_EVENTS) as EventRow[];
  for (const row of rows.reverse()) monitor.events.restore(eventOf(row));
  return rows.length;
}

function eventOf(row: EventRow): MonitorEvent {
  return {
    id: row.id,
    atMicros: row.at,
    kind: row.kind,
    severity: row.severity,
    text: row.text,
    subject: JSON.parse(row.subject) as MonitorEvent['subject'],
    from: row.from_value,
    to: row.to_value,
    reason: row.reason,
    gapMs: row.gap_ms,
    details: JSON.parse(row.details) as MonitorEvent['details'],
    frames: JSON.parse(row.frames) as MonitorEvent['frames'],
  };
}
