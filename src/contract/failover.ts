/** The report of a failover as REST and `--json` see it: who took over, why, who was told, and what became of the sessions. */
import { type Static, Type } from 'typebox';
import { conclusionOf } from '../state/failover-words.ts';
import type { Failover as InnerFailover } from '../state/failovers.ts';
import type { Monitor } from '../state/monitor.ts';
import { EventSchema, eventOf } from './event.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';

const Count = (description: string) => Type.Integer({ minimum: 0, description });

export const FAILOVER_REASONS = ['resigned', 'preempted', 'no_response', 'tie', 'two_masters_resolved'] as const;

export const FailoverSchema = Type.Object(
  {
    id: Type.String({ description: 'that of its event' }),
    at: Time,
    vrid: Type.Integer({ minimum: 0, maximum: 255 }),
    family: FamilyName,
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
    from: Nullable(Type.String({ description: 'address of the master before' })),
    to: Type.String({ description: 'address of the new master' }),
    reason: Type.Enum([...FAILOVER_REASONS]),
    gapMs: Nullable(Type.Number({ description: 'without a master; null: there was one all the time' })),
    conclusion: Type.String({ description: 'all of it in one sentence' }),
    announcements: Type.Array(
      Type.Object({
        address: Type.String(),
        delayMs: Nullable(Type.Number({ description: 'from the change to the first gratuitous ARP or unsolicited NA; null: none yet' })),
      }),
      { description: 'one for each virtual address' },
    ),
    staleNeighbors: Nullable(
      Type.Object({
        count: Count('hosts seen using the MAC address of the master before, after the change'),
        addresses: Type.Array(Type.String(), { description: 'the first of them' }),
      }),
    ),
    sessions: Type.Object({
      before: Count('alive at the change: seenAgain + moved + lost + pending'),
      seenAgain: Count('synced again since'),
      moved: Count('replaced, not synced again before, because the real server is another'),
      lost: Count('over without having been synced again'),
      pending: Count('alive and not synced again yet; a quiet one is synced when its state changes, a busy one every 50 packets'),
    }),
    syncSenderChanged: Nullable(Type.Boolean({ description: 'another sends the sync of these services now; null: none was sent since' })),
    closedAt: Nullable(Time),
    timeline: Type.Array(EventSchema, { description: 'from the last sign of the master before until the report was closed' }),
  },
  { $id: 'Failover' },
);
export type Failover = Static<typeof FailoverSchema>;

function failoverOf(failover: InnerFailover): Failover {
  const { atMicros, closedMicros, announcements, staleNeighbors, sessions, timeline, segment, ...rest } = failover;
  return {
    ...rest,
    ...segment,
    at: timeText(atMicros),
    conclusion: conclusionOf(failover),
    announcements: announcements.map((announcement) => ({ ...announcement })),
    staleNeighbors: staleNeighbors && { ...staleNeighbors, addresses: [...staleNeighbors.addresses] },
    sessions: { ...sessions },
    closedAt: closedMicros === null ? null : timeText(closedMicros),
    timeline: timeline.map(eventOf),
  };
}

/** Those that were closed do not change any more, and there may be a thousand. */
const closed = new WeakMap<InnerFailover, Failover>();

/** Oldest first, the sessions as of now. */
export function failoversOf({ failovers }: Monitor): Failover[] {
  return failovers.reports().map((inner) => {
    const known = closed.get(inner);
    if (known) return known;
    const failover = failoverOf(inner);
    if (inner.closedMicros !== null) closed.set(inner, failover);
    return failover;
  });
}
