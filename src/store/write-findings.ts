/** Anomalies, failover reports and the frames behind events to SQL, each bounded. */
import type { Database } from 'better-sqlite3';
import type { Anomaly } from '../state/anomalies.ts';
import type { EventEvidence } from '../state/evidence.ts';
import type { Failover } from '../state/failovers.ts';
import { upsert } from './upsert.ts';

const MOST_FAILOVERS = 10_000;

/** What the file holds of evidence at most; the oldest event's frames go first. */
export interface EvidenceLimits {
  readonly events: number;
  readonly octets: number;
}

export const EVIDENCE_LIMITS: EvidenceLimits = { events: 10_000, octets: 64 << 20 };

const ANOMALY_COLUMNS = ['id', 'kind', 'severity', 'subject', 'first_seen', 'last_seen', 'ended', 'count', 'text', 'state', 'event_id'];

export function anomalyWriter(db: Database, sensorId: number): (anomaly: Anomaly) => void {
  const write = upsert(db, sensorId, 'anomalies', ANOMALY_COLUMNS);
  return (a) => {
    const identity = [a.id, a.kind, a.severity, JSON.stringify(a.subject)];
    write.run(...identity, a.firstMicros, a.lastMicros, a.endedMicros, a.count, a.text, a.check, a.eventId);
  };
}

export function failoversWriter(db: Database, sensorId: number): (failovers: readonly Failover[]) => void {
  const write = upsert(db, sensorId, 'failovers', ['id', 'at', 'report']);
  const forget = db.prepare('delete from failovers where id not in (select id from failovers order by at desc, id desc limit ?)');
  return (failovers) => {
    for (const failover of failovers) write.run(failover.id, failover.atMicros, JSON.stringify(failover));
    if (failovers.length > 0) forget.run(MOST_FAILOVERS);
  };
}

interface Held {
  events: number;
  octets: number;
}

export function evidenceWriter(db: Database, sensorId: number, limits: EvidenceLimits): (evidence: readonly EventEvidence[]) => void {
  const write = db.prepare(`insert or ignore into evidence
    (sensor_id, event_id, number, at, interface, link_type, original_length, octets) values (${sensorId}, ?, ?, ?, ?, ?, ?, ?)`);
  const isKnown = db.prepare(`select exists (select 1 from evidence where sensor_id = ${sensorId} and event_id = ?)`).pluck();
  const forget = db.prepare(`delete from evidence where (sensor_id, event_id) =
    (select sensor_id, event_id from evidence order by rowid limit 1) returning length(octets)`);
  const count = `select count(*) as events, coalesce(sum(octets), 0) as octets
    from (select sum(length(octets)) as octets from evidence group by sensor_id, event_id)`;
  // Counted once, for it means reading all of it; after an error the writer opens the file anew.
  const held = db.prepare(count).get() as Held;

  function add({ eventId, frames }: EventEvidence): void {
    if (frames.length > 0 && isKnown.get(eventId) === 0) held.events++;
    for (const { number, atMicros, interface: name, linkType, originalLength, bytes } of frames)
      if (write.run(eventId, number, atMicros, name, linkType, originalLength, bytes).changes > 0) held.octets += bytes.length;
  }

  return (evidence) => {
    evidence.forEach(add);
    for (; held.events > limits.events || held.octets > limits.octets; held.events--)
      held.octets -= (forget.pluck().all() as number[]).reduce((sum, octets) => sum + octets, 0);
  };
}
