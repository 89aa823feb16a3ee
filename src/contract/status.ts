/** How the monitor itself is doing: what it has read, what it keeps, what it cannot see. */
import { type Static, Type } from 'typebox';
import type { Monitor } from '../state/monitor.ts';
import { HistoryStatusSchema } from './history.ts';
import { Nullable, Time, timeText } from './scalars.ts';
import { StoreStatusSchema } from './store-status.ts';

const Counts = Type.Record(Type.String(), Type.Integer(), { description: 'by protocol.code' });

export const StatusSchema = Type.Object(
  {
    asOf: Nullable(Time),
    firstFrame: Nullable(Time),
    frames: Type.Integer(),
    octets: Type.Integer(),
    sessions: Type.Object({
      live: Type.Integer(),
      limit: Type.Integer(),
      records: Type.Integer({ description: 'sync records entered' }),
      created: Type.Integer(),
      updated: Type.Integer(),
      moved: Type.Integer({ description: 'replaced because their real server changed' }),
      expired: Type.Integer(),
      ignored: Type.Integer({ description: 'last words on sessions replaced before' }),
      evicted: Type.Integer({ description: 'thrown out of a full table for others, those first that nobody of standing had confirmed' }),
      refused: Type.Integer({ description: 'not kept because the table was full of what others had confirmed' }),
    }),
    fragments: Type.Object({ completed: Type.Integer(), expired: Type.Integer(), refused: Type.Integer(), evicted: Type.Integer() }),
    faults: Counts,
    notes: Counts,
    anomalies: Type.Object({ critical: Type.Integer(), warning: Type.Integer(), info: Type.Integer() }, { description: 'raised now' }),
    suppressedEvents: Type.Integer({ description: 'not logged because there were too many of their kind within a minute' }),
    overflows: Type.Object(
      {
        segments: Type.Integer(),
        daemons: Type.Integer(),
        bindings: Type.Integer(),
        routers: Type.Integer(),
        neighbors: Type.Integer(),
        groups: Type.Integer(),
        anomalies: Type.Integer(),
        vrrpHistory: Type.Integer({ description: 'adverts' }),
        serviceHistory: Type.Integer({ description: 'steps of real servers' }),
      },
      { description: 'what found no room in a bounded list: segments, daemons and bindings counted for the last entry, the rest not kept' },
    ),
    history: Nullable(HistoryStatusSchema),
    store: Nullable(StoreStatusSchema),
    unknown: Type.Array(Type.String(), { description: 'what cannot be seen from here, and why' }),
  },
  { $id: 'Status' },
);
export type Status = Static<typeof StatusSchema>;

/** What no sync stream tells, whatever the capture (protocol facts: kernel ip_vs_sync.c sends neither). */
const NEVER_SEEN = [
  'scheduler, weight and thresholds of a service: no packet carries them',
  'sessions of fewer packets than the sync threshold, SYN floods and one-packet scheduling: the director does not send them',
  'health checks: a real server is known by its sessions only',
];

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

function raisedOf({ anomalies }: Monitor): Status['anomalies'] {
  const raised = { critical: 0, warning: 0, info: 0 };
  for (const { check, severity } of anomalies.all) if (check === 'raised') raised[severity]++;
  return raised;
}

function overflowsOf(monitor: Monitor): Status['overflows'] {
  const { segments, daemons, sessions, routers, neighbors, groups, anomalies, routerHistories, bindingHistories } = monitor;
  return {
    segments: segments.overflowed,
    daemons: daemons.overflowed,
    bindings: sessions.bindings.overflowed,
    routers: routers.overflowed,
    neighbors: neighbors.overflowed,
    groups: groups.overflowed,
    anomalies: anomalies.overflowed,
    vrrpHistory: routerHistories.overflowed,
    serviceHistory: bindingHistories.overflowed,
  };
}

/** What is written to disk; null: none is. */
type Kept = Pick<Status, 'history' | 'store'>;

const NOTHING_KEPT: Kept = { history: null, store: null };

/** @param blind what this capture in particular cannot see */
export function statusOf(monitor: Monitor, nowMicros: number, blind: readonly string[] = [], kept: Kept = NOTHING_KEPT): Status {
  const { sessions, counters, clock } = monitor;
  return {
    asOf: clock.nowMicros === null ? null : timeText(nowMicros),
    firstFrame: clock.firstMicros === null ? null : timeText(clock.firstMicros),
    frames: counters.frames,
    octets: counters.octets,
    sessions: { live: sessions.live, limit: sessions.maxSessions, ...sessions.counters },
    fragments: { ...monitor.reassembly.counters },
    faults: sorted(counters.faults),
    notes: sorted(counters.notes),
    anomalies: raisedOf(monitor),
    suppressedEvents: monitor.checks.suppressed,
    overflows: overflowsOf(monitor),
    history: kept.history,
    store: kept.store,
    unknown: [...blind, ...NEVER_SEEN],
  };
}
