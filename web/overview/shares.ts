/** Sums and parts of a service's real servers. Pure. */
import type { Service } from '../../src/contract/service.ts';

type Destination = Service['destinations'][number];

/** Each real server's part of its service's sessions, active and inactive, 0..1; all 0 when there is none. */
export function sharesOf(destinations: readonly Destination[]): number[] {
  const counts = destinations.map((d) => d.active + d.inactive);
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => (sum === 0 ? 0 : count / sum));
}

export interface Totals {
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
  readonly newPerSecond: number;
}

/** A service's own line: the sums over its real servers. */
export function totalsOf(destinations: readonly Destination[]): Totals {
  const sum = (of: (d: Destination) => number) => destinations.reduce((total, d) => total + of(d), 0);
  return {
    active: sum((d) => d.active),
    inactive: sum((d) => d.inactive),
    persistent: sum((d) => d.persistent),
    newPerSecond: sum((d) => d.newPerSecond),
  };
}
