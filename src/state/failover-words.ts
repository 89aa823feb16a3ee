/** A failover's report in one sentence for people. */
import type { Failover } from './failovers.ts';

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
const howMany = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

function takeover({ from, to, reason, gapMs }: Failover): string {
  const after = gapMs === null ? '' : ` after ${seconds(gapMs)}`;
  if (from === null || from === to) return `${to} is master again${after}`;
  switch (reason) {
    case 'resigned':
      return `${to} took over from ${from}, which had resigned,${gapMs === null ? ' at once' : after}`;
    case 'no_response':
      return `${to} took over from ${from}${after === '' ? ', which had fallen silent' : `${after} of silence`}`;
    case 'preempted':
      return `${to} took over from ${from} by its higher priority`;
    case 'tie':
      return `${to} took over from ${from} by its higher address, their priorities being equal`;
    case 'two_masters_resolved':
      return `${to} is the only master left, ${from} has given way`;
  }
}

/** Rounded up: it did not take longer. */
function within(milliseconds: number): string {
  if (milliseconds === 0) return 'at once';
  return milliseconds >= 1000 ? `within ${seconds(Math.ceil(milliseconds / 100) * 100)}` : `within ${Math.ceil(milliseconds)} ms`;
}

function announced({ announcements }: Failover): string {
  const delays = announcements.flatMap(({ delayMs }) => delayMs ?? []);
  const of = `${delays.length} of ${howMany(announcements.length, 'address', 'addresses')} announced`;
  return delays.length === 0 ? of : `${of} ${within(Math.max(...delays))}`;
}

function sessionsLeft({ sessions: { before, seenAgain, moved, lost, pending } }: Failover): string {
  if (before === 0) return 'no sessions were known';
  const rest = [
    ...(moved > 0 ? [`${moved} moved to another real server`] : []),
    ...(lost > 0 ? [`${lost} over without being seen again`] : []),
    ...(pending > 0 ? [`${pending} not seen again yet`] : []),
  ];
  return [`${seenAgain} of ${howMany(before, 'session', 'sessions')} seen again`, ...rest].join(', ');
}

const SYNC_SENDER = new Map<boolean | null, readonly string[]>([
  [true, ['connection sync comes from another sender']],
  [false, ['connection sync still comes from the same sender']],
]);

function stale({ staleNeighbors }: Failover): string[] {
  if (!staleNeighbors || staleNeighbors.count === 0) return [];
  return [`${howMany(staleNeighbors.count, 'host', 'hosts')} still used the old MAC address`];
}

export function conclusionOf(failover: Failover): string {
  const sender = SYNC_SENDER.get(failover.syncSenderChanged) ?? [];
  return [takeover(failover), announced(failover), sessionsLeft(failover), ...sender, ...stale(failover)].join('; ');
}
