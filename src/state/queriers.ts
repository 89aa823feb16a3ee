/** Who asks for memberships on a segment: the election and the timers of RFC 3376 section 8 and RFC 3810 section 9. */
import { type Address, type Family, familyOf, type MacAddress, sameAddress } from '../../dissectors/address.ts';
import type { Sighting } from './sighting.ts';

export interface Querier {
  readonly segment: number;
  readonly family: Family;
  readonly address: Address;
  mac: MacAddress | null;
  version: 1 | 2 | 3;
  /** Since when it is the one that asks. */
  readonly sinceMicros: number;
  /** Since when somebody has been asking without a break. */
  readonly askedSinceMicros: number;
  /** When a host last answered, lvscope itself not counted. */
  answeredMicros: number | null;
  answeredFrame: number | null;
  lastMicros: number;
  lastFrame: number;
  /** Numbers of the latest general queries, of this and of the one before, oldest first: enough to show that it asks. */
  readonly frames: readonly number[];
  /** Between its general queries. */
  intervalMicros: number;
  /** Group Membership Interval: a member not heard for so long is gone. */
  membershipMicros: number;
  /** When it counts as gone unless it asks again: its last query and the Other Querier Present Interval. */
  lostMicros: number;
}

export interface Query {
  readonly segment: number;
  readonly family: Family;
  readonly address: Address;
  readonly mac: MacAddress | null;
  readonly atMicros: number;
  readonly frame: number;
  readonly version: 1 | 2 | 3;
  /** For all groups, not for one. */
  readonly isGeneral: boolean;
  /** Time to answer. */
  readonly responseMicros: number | null;
  /** Null: not told. */
  readonly robustness: number | null;
  readonly intervalSeconds: number | null;
}

const SECOND = 1_000_000;
const ROBUSTNESS = 2;
const INTERVAL_SECONDS = 125;
const RESPONSE_MICROS = 10 * SECOND;
/** Two whole intervals, and one query more for the beginning of a second. */
const MOST_FRAMES = 4;

/** Frames that show that somebody asks, and that answers reach this port. */
export const roundFrames = (querier: Querier | null): number[] =>
  querier ? [...querier.frames, ...(querier.answeredFrame === null ? [] : [querier.answeredFrame])] : [];

/** The query that a frame carries; null for all else. */
export function queryOf({ igmp, mld, network, mac, atMicros, frame, segment }: Sighting): Query | null {
  const message = igmp ?? mld;
  if (message?.kind !== 'query' || !network) return null;
  const { version, robustness, queryIntervalSeconds: intervalSeconds, group } = message;
  const isGeneral = group === 0 || (group instanceof Uint8Array && group.every((octet) => octet === 0));
  const host = { segment: segment.index, family: familyOf(network.source), address: network.source, mac };
  return { ...host, atMicros, frame, version, isGeneral, responseMicros: responseOf(message), robustness, intervalSeconds };
}

function responseOf(message: NonNullable<Sighting['igmp'] | Sighting['mld']>): number | null {
  if (message.protocol === 'mld') return message.maxResponseMilliseconds === null ? null : message.maxResponseMilliseconds * 1000;
  return message.maxResponseDeciseconds === null ? null : (message.maxResponseDeciseconds * SECOND) / 10;
}

/** Group Membership Interval and Other Querier Present Interval by the querier's own values, else by the defaults: 260 s and 255 s. */
function timersOf(query: Query): Pick<Querier, 'intervalMicros' | 'membershipMicros'> & { presentMicros: number } {
  const intervalMicros = (query.intervalSeconds || INTERVAL_SECONDS) * SECOND;
  // A query for one group has a short time to answer of its own.
  const response = (query.isGeneral ? query.responseMicros : null) ?? RESPONSE_MICROS;
  // RFC 3376 section 4.1.6: 0 stands for a robustness that cannot be told.
  const asked = (query.robustness || ROBUSTNESS) * intervalMicros;
  return { intervalMicros, membershipMicros: asked + response, presentMicros: asked + response / 2 };
}

/** Of two queriers the lower address goes on asking; one without an address (a snooping switch) loses to any other. */
function winsElection(a: Address, b: Address): boolean {
  if (typeof a === 'number' && typeof b === 'number') return (a || 2 ** 32) < (b || 2 ** 32);
  if (typeof a === 'number' || typeof b === 'number') return false;
  const i = a.findIndex((octet, k) => octet !== b[k]);
  return i >= 0 && a[i] < b[i];
}

export const isCurrent = ({ lostMicros }: Querier, nowMicros: number): boolean => nowMicros < lostMicros;

/** Who asks after this query: the same entry brought up to date, another, or the same when the new one loses the election. */
export function heardQuery(before: Querier | null, query: Query): Querier {
  const { segment, family, mac, atMicros, frame, version } = query;
  const known = before && isCurrent(before, atMicros) ? before : null;
  const isSame = known !== null && sameAddress(known.address, query.address);
  if (known && !isSame && !winsElection(query.address, known.address)) return known;
  const { presentMicros, ...timers } = timersOf(query);
  const frames = [...(known?.frames ?? []), frame].slice(-MOST_FRAMES);
  const heard = { mac, version, lastMicros: atMicros, lastFrame: frame, frames, lostMicros: atMicros + presentMicros };
  if (isSame) {
    if (query.isGeneral) return Object.assign(known, heard, timers);
    const lostMicros = atMicros + known.lostMicros - known.lastMicros;
    return Object.assign(known, { lastMicros: atMicros, lastFrame: frame, lostMicros });
  }
  const address = typeof query.address === 'number' ? query.address : query.address.slice();
  const askedSinceMicros = known?.askedSinceMicros ?? atMicros;
  const answered = { answeredMicros: known?.answeredMicros ?? null, answeredFrame: known?.answeredFrame ?? null };
  return { segment, family, address, sinceMicros: atMicros, askedSinceMicros, ...answered, ...heard, ...timers };
}
