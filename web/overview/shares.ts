/** Sums and parts of a service's real servers. Pure. */
import type { Service } from '../../src/contract/service.ts';

type Destination = Service['destinations'][number];

/** What a part is a part of: the new sessions, or where none is made, those that live. */
export interface Share {
  /** 0..1 */
  readonly part: number;
  readonly of: 'new' | 'live';
}

/** Each real server's part of its service's sessions; all 0 when there is none. */
export function sharesOf(destinations: readonly Destination[]): Share[] {
  const of = destinations.some(({ newPerSecond }) => newPerSecond > 0) ? 'new' : 'live';
  const counts = destinations.map((d) => (of === 'new' ? d.newPerSecond : d.active + d.inactive));
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => ({ part: sum === 0 ? 0 : count / sum, of }));
}

export interface Totals {
  readonly active: number;
  readonly inactive: number;
  readonly newPerSecond: number;
}

/** A service's own line: the sums over its real servers. */
export function totalsOf(destinations: readonly Destination[]): Totals {
  const sum = (of: (d: Destination) => number) => destinations.reduce((total, d) => total + of(d), 0);
  return { active: sum((d) => d.active), inactive: sum((d) => d.inactive), newPerSecond: sum((d) => d.newPerSecond) };
}
