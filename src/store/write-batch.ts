/** A batch to SQL: the whole logic of the writer, free of threads. */
import type { Database } from 'better-sqlite3';
import type { Daemon } from '../state/daemons.ts';
import type { MonitorEvent } from '../state/events.ts';
import type { Segment } from '../state/segments.ts';
import type { Service } from '../state/services.ts';
import { LONG_WORDS, ROW, WORD } from '../state/session-layout.ts';
import { alertWriter } from './alert-rows.ts';
import { BATCH_WORDS, type Batch, type CopiedRows } from './batch.ts';
import { LIVE_TABLES } from './live-tables.ts';
import { EXTRA_COLUMNS, SESSION_COLUMNS, sessionValues } from './session-row.ts';
import { type StoredAddress, storedAddress } from './stored-address.ts';
import { upsert } from './upsert.ts';
import { anomalyWriter, EVIDENCE_LIMITS, type EvidenceLimits, evidenceWriter, failoversWriter } from './write-findings.ts';

/** Sessions in one statement: at 16 the cost of the calls is gone (445 k rows/s one by one, 560 k/s so). */
const TOGETHER = 16;
/** Events kept in the file; the oldest go. */
const MOST_EVENTS = 1_000_000;

/** Writes a batch in one transaction and returns the rows written; on any error nothing of it is written. */
export type WriteBatch = (batch: Batch) => number;

/** @param limits for tests, which cannot fill the file */
export function createWriteBatch(db: Database, sensorId: number, limits: EvidenceLimits = EVIDENCE_LIMITS): WriteBatch {
  const writeSessions = sessionsWriter(db, sensorId);
  const writeServices = servicesWriter(db, sensorId);
  const writeEvents = eventsWriter(db, sensorId);
  const writeAnomaly = anomalyWriter(db, sensorId);
  const writeFailovers = failoversWriter(db, sensorId);
  const writeAlert = alertWriter(db, sensorId);
  const writeEvidence = evidenceWriter(db, sensorId, limits);
  const writeSegment = segmentWriter(db, sensorId);
  const writeDaemon = daemonWriter(db, sensorId);
  const written = db.prepare('update sensors set written_at = ? where id = ?');
  let knownServices = '';

  const transaction = db.transaction((batch: Batch, services: Batch['services']): number => {
    if (batch.reset) for (const table of LIVE_TABLES) db.exec(`delete from ${table}`);
    batch.segments?.forEach(writeSegment);
    batch.daemons.forEach(writeDaemon);
    if (services) writeServices(services);
    writeEvents(batch.events);
    batch.anomalies.forEach(writeAnomaly);
    writeFailovers(batch.failovers);
    writeEvidence(batch.evidence);
    batch.alerts.forEach(writeAlert);
    if (batch.atMicros !== null) written.run(batch.atMicros, sensorId);
    return writeSessions(batch.sessions);
  });

  return (batch) => {
    const services = batch.services && JSON.stringify(batch.services);
    const changed = services !== null && (batch.reset || services !== knownServices);
    const rows = transaction.immediate(batch, changed ? batch.services : null);
    if (changed) knownServices = services;
    return rows;
  };
}

function sessionsWriter(db: Database, sensorId: number): (sessions: CopiedRows) => number {
  const width = SESSION_COLUMNS.length;
  const many = upsert(db, sensorId, 'sessions', SESSION_COLUMNS, TOGETHER);
  const one = upsert(db, sensorId, 'sessions', SESSION_COLUMNS);
  const withExtra = upsert(db, sensorId, 'sessions', [...SESSION_COLUMNS, ...EXTRA_COLUMNS]);
  const remove = db.prepare('delete from sessions where slot = ?');
  const waiting: StoredAddress[] = new Array<StoredAddress>(TOGETHER * width).fill(0);

  return ({ rows, long, extras }) => {
    let filled = 0;
    let longAt = 0;
    let extraAt = 0;
    for (let row = 1; row < rows.length; row += BATCH_WORDS) {
      const flags = rows[row + WORD.flags];
      if (!(flags & ROW.inUse)) {
        remove.run(rows[row - 1]);
        continue;
      }
      sessionValues(waiting, filled * width, rows, row, long, longAt);
      if (flags & ROW.ipv6) longAt += LONG_WORDS;
      if (flags & ROW.extra) {
        const { fwmark, engine } = extras[extraAt++];
        withExtra.run(...waiting.slice(filled * width, (filled + 1) * width), fwmark || null, engine?.name ?? null, engine?.data ?? null);
      } else if (++filled === TOGETHER) {
        many.run(waiting);
        filled = 0;
      }
    }
    for (let i = 0; i < filled; i++) one.run(waiting.slice(i * width, (i + 1) * width));
    return rows.length / BATCH_WORDS;
  };
}

function segmentWriter(db: Database, sensorId: number): (segment: Segment) => void {
  const write = upsert(db, sensorId, 'segments', ['id', 'interface', 'vlan']);
  return (s) => write.run(s.index, s.interface, s.vlan);
}

const DAEMON_COLUMNS = [
  'id',
  'segment',
  'address',
  'mac',
  'syncid',
  'multicast_group',
  'from_port',
  'to_port',
  'version',
  'ttl',
  'datagrams',
  'records',
  'octets',
  'first_seen',
  'last_seen',
  'rate',
];

function daemonWriter(db: Database, sensorId: number): (daemon: Daemon) => void {
  const write = upsert(db, sensorId, 'daemons', DAEMON_COLUMNS);
  return (d) => {
    const identity = [d.index, d.segment, storedAddress(d.address), d.mac, d.syncid, storedAddress(d.group), d.fromPort, d.toPort];
    write.run(...identity, d.version, d.ttl, d.datagrams, d.records, d.octets, d.firstSeenMicros, d.lastSeenMicros, d.rate);
  };
}

const SERVICE_COLUMNS = ['id', 'segment', 'proto', 'family', 'virtual', 'virtual_port', 'fwmark', 'persistent_seconds', 'engine'];
const DESTINATION_COLUMNS = ['service', 'address', 'port', 'forward', 'active', 'inactive', 'persistent', 'new_per_second'];

function servicesWriter(db: Database, sensorId: number): (services: readonly Service[]) => void {
  const service = upsert(db, sensorId, 'services', SERVICE_COLUMNS);
  const destination = upsert(db, sensorId, 'destinations', DESTINATION_COLUMNS);
  return (services) => {
    db.exec('delete from destinations; delete from services');
    services.forEach((s, index) => {
      const virtual = s.virtual && storedAddress(s.virtual.address);
      service.run(index + 1, s.segment, s.proto, s.family, virtual, s.virtual?.port ?? null, s.fwmark, s.persistentSeconds, s.engine);
      for (const d of s.destinations)
        destination.run(index + 1, storedAddress(d.address), d.port, d.forward, d.active, d.inactive, d.persistent, d.newPerSecond);
    });
  };
}

const EVENT_COLUMNS = [
  'id',
  'at',
  'kind',
  'severity',
  'text',
  'subject',
  'from_value',
  'to_value',
  'reason',
  'gap_ms',
  'details',
  'frames',
];

function eventsWriter(db: Database, sensorId: number): (events: readonly MonitorEvent[]) => void {
  const write = upsert(db, sensorId, 'events', EVENT_COLUMNS);
  const forget = db.prepare('delete from events where rowid <= (select max(rowid) from events) - ?');
  return (events) => {
    for (const e of events) {
      const json = (value: object): string => JSON.stringify(value);
      write.run(
        e.id,
        e.atMicros,
        e.kind,
        e.severity,
        e.text,
        json(e.subject),
        e.from,
        e.to,
        e.reason,
        e.gapMs,
        json(e.details),
        json(e.frames),
      );
    }
    if (events.length > 0) forget.run(MOST_EVENTS);
  };
}
