/**
 * One virtual router (VRRP) as its adverts show it: its senders and their timers. Named for what it keeps; its wire side is
 * dissectors/vrrp.ts. Timers as RFC 3768 section 6.1 and RFC 5798 section 6.1 define them.
 */
import { type Address, type Family, familyOf, keptAddress, type MacAddress, sameAddress } from '../../dissectors/address.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';

export interface AdvertSeen {
  readonly atMicros: number;
  readonly segment: number;
  readonly mac: MacAddress | null;
  readonly source: Address;
  readonly destination: Address;
  /** Of IPv4, or the hop limit. */
  readonly ttl: number;
  readonly vrrp: Vrrp;
  readonly frame: number;
}

/** One router that has sent adverts for a virtual router. */
export interface RouterSender {
  readonly address: Address;
  mac: MacAddress | null;
  /** As of its last advert; 0 when it resigned. */
  priority: number;
  /** The last one above 0. */
  lastPriority: number;
  intervalCentiseconds: number;
  authentication: Vrrp['authentication'];
  /** Which password, as a number; see `Vrrp.secret`. */
  secret: number | null;
  dialect: Vrrp['dialect'];
  version: 2 | 3;
  ttl: number;
  /** As of its last advert above priority 0. */
  addresses: readonly Address[];
  adverts: number;
  /** Those of them with priority 0. */
  zeroAdverts: number;
  lastMicros: number;
  /** The advert before the last. */
  previousMicros: number;
  /** The first advert after a silence or a resignation, or the one that made it master. */
  runningSinceMicros: number;
  /** Time between its last two adverts in intervals of the first of them; 0 when it was not running in between. */
  gapIntervals: number;
  /** Adverts that came more than 1.5, 2 and 3 intervals after the one before, while it was running. */
  readonly late: [number, number, number];
  /** Smoothed deviation of its adverts from their interval (RFC 3550 section 6.4.1), in microseconds. */
  jitterMicros: number;
  /** Numbers of its latest frames, oldest first: enough to show again that it is master. */
  readonly frames: number[];
}

export type RouterState = 'master' | 'lost' | 'two_masters';

export interface VirtualRouter {
  readonly segment: number;
  readonly family: Family;
  readonly vrid: number;
  /** Multicast group, or null between unicast peers. */
  readonly group: Address | null;
  version: 2 | 3;
  state: RouterState;
  sinceMicros: number;
  /** The master; while there are two, the one that was first. Null before the first advert and when lost. */
  master: RouterSender | null;
  /** The master before the loss, while there is none. */
  lastMaster: RouterSender | null;
  masterSinceMicros: number;
  addresses: readonly Address[];
  readonly senders: RouterSender[];
  /** Moment at which the master counts as lost unless it is heard again. */
  masterDownMicros: number;
  /** When the last master was heard last, or resigned. */
  lastHeardMicros: number;
  resigned: boolean;
  transitions: Map<ChangeReason, number>;
  /** Adverts that every receiver drops for their TTL or hop limit, and, of the others, for their type. */
  readonly refused: { ttl: number; type: number };
}

export const CHANGE_REASONS = ['first_seen', 'resigned', 'preempted', 'no_response', 'tie', 'two_masters_resolved'] as const;
export type ChangeReason = (typeof CHANGE_REASONS)[number];

const MOST_SENDERS = 16;
const CENTISECOND = 10_000;
const SECOND = 1_000_000;
/** Late adverts are counted in three steps: of these, in intervals, the last is one advert from a failover. */
export const LATE = [1.5, 2, 3] as const;
const JITTER_SHARE = 16;
/** A split brain's end needs its beginning, and the whole silence of the one that left. */
const MOST_FRAMES = 12;
/** In Master_Down_Intervals: how long a router that refuses the other's adverts may leave out its own. */
const REFUSAL_PATIENCE = 3;

/** Skew_Time for a priority: the higher, the sooner a backup takes over. */
export function skewMicros(version: 2 | 3, intervalCentiseconds: number, priority: number): number {
  const whole = version === 2 ? SECOND : intervalCentiseconds * CENTISECOND;
  return Math.round(((256 - priority) / 256) * whole);
}

/** Master_Down_Interval of the slowest backup there can be (priority 1). */
export function masterDownMicros(version: 2 | 3, intervalCentiseconds: number): number {
  return 3 * intervalCentiseconds * CENTISECOND + skewMicros(version, intervalCentiseconds, 1);
}

export const isMulticast = (address: Address): boolean => (typeof address === 'number' ? address >>> 28 === 0xe : address[0] === 0xff);
export const intervalMicros = (sender: RouterSender): number => sender.intervalCentiseconds * CENTISECOND;
export const downMicros = (sender: RouterSender): number => masterDownMicros(sender.version, sender.intervalCentiseconds);

export function newRouter(seen: AdvertSeen): VirtualRouter {
  return {
    segment: seen.segment,
    family: familyOf(seen.source),
    vrid: seen.vrrp.vrid,
    group: isMulticast(seen.destination) ? keptAddress(seen.destination) : null,
    version: seen.vrrp.version,
    state: 'lost',
    sinceMicros: seen.atMicros,
    master: null,
    lastMaster: null,
    masterSinceMicros: seen.atMicros,
    addresses: [],
    senders: [],
    masterDownMicros: Number.POSITIVE_INFINITY,
    lastHeardMicros: seen.atMicros,
    resigned: false,
    transitions: new Map(),
    refused: { ttl: 0, type: 0 },
  };
}

function newSender({ source, vrrp, ttl, atMicros }: AdvertSeen): RouterSender {
  const never = Number.NEGATIVE_INFINITY;
  return {
    address: keptAddress(source),
    mac: null,
    priority: 0,
    lastPriority: 0,
    intervalCentiseconds: 0,
    authentication: 'none',
    secret: null,
    dialect: null,
    version: vrrp.version,
    ttl,
    addresses: [],
    adverts: 0,
    zeroAdverts: 0,
    lastMicros: never,
    previousMicros: never,
    runningSinceMicros: atMicros,
    gapIntervals: 0,
    late: [0, 0, 0],
    jitterMicros: 0,
    frames: [],
  };
}

/** Brings the sender's entry up to date; null when there is no room for a new one. */
export function noteSender(router: VirtualRouter, seen: AdvertSeen): RouterSender | null {
  const { vrrp, atMicros } = seen;
  let sender = router.senders.find((s) => sameAddress(s.address, seen.source));
  if (!sender) {
    if (router.senders.length >= MOST_SENDERS) return null;
    sender = newSender(seen);
    router.senders.push(sender);
  }
  noteTiming(sender, atMicros);
  sender.previousMicros = sender.lastMicros;
  sender.lastMicros = atMicros;
  sender.adverts++;
  sender.mac = seen.mac;
  sender.priority = vrrp.priority;
  if (vrrp.priority > 0) {
    sender.lastPriority = vrrp.priority;
    sender.addresses = vrrp.addresses;
  } else sender.zeroAdverts++;
  sender.intervalCentiseconds = vrrp.intervalCentiseconds;
  sender.authentication = vrrp.authentication;
  sender.secret = vrrp.secret;
  sender.dialect = vrrp.dialect;
  sender.version = vrrp.version;
  sender.ttl = seen.ttl;
  sender.frames.push(seen.frame);
  if (sender.frames.length > MOST_FRAMES) sender.frames.shift();
  return sender;
}

/** How late an advert is, in the interval that its sender announced before it. */
function noteTiming(sender: RouterSender, atMicros: number): void {
  sender.gapIntervals = 0;
  if (stopped(sender, atMicros)) {
    sender.runningSinceMicros = atMicros;
    return;
  }
  const interval = intervalMicros(sender);
  const gap = atMicros - sender.lastMicros;
  sender.gapIntervals = gap / interval;
  LATE.forEach((times, level) => {
    if (gap > times * interval) sender.late[level]++;
  });
  sender.jitterMicros += (Math.abs(gap - interval) - sender.jitterMicros) / JITTER_SHARE;
}

/** It resigned, or was silent for its whole Master_Down_Interval; a shorter silence is no end. */
export function stopped(sender: RouterSender, nowMicros: number): boolean {
  return sender.priority === 0 || nowMicros - sender.lastMicros > downMicros(sender);
}

/**
 * Whether each drops the other's adverts: version, password, interval (version 2: RFC 3768 section 7.1) or addresses differ.
 * An advert that keepalived refuses still puts off its own next one, so of two such masters one may be silent for a while
 * and is master all the same.
 */
function refuses(a: RouterSender, b: RouterSender): boolean {
  if (a.version !== b.version || a.authentication !== b.authentication || a.secret !== b.secret || a.dialect !== b.dialect) return true;
  if (a.version === 2 && a.intervalCentiseconds !== b.intervalCentiseconds) return true;
  return a.addresses.length !== b.addresses.length || !a.addresses.every((one) => b.addresses.some((other) => sameAddress(one, other)));
}

/** As `stopped`, for one of two masters. */
export function leftFight(sender: RouterSender, rivals: readonly RouterSender[], nowMicros: number): boolean {
  if (!stopped(sender, nowMicros)) return false;
  if (sender.priority === 0) return true;
  const refused = rivals.some((rival) => rival !== sender && !stopped(rival, nowMicros) && refuses(sender, rival));
  return !refused || nowMicros - sender.lastMicros > REFUSAL_PATIENCE * downMicros(sender);
}

function addressOrder(a: Address, b: Address): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return 0;
  const i = a.findIndex((octet, k) => octet !== b[k]);
  return i < 0 ? 0 : a[i] - b[i];
}

/** RFC 3768 section 6.4.3: the higher priority wins, of equal ones the higher address. Positive when `a` does. */
export const precedence = (a: RouterSender, b: RouterSender): number =>
  a.lastPriority - b.lastPriority || addressOrder(a.address, b.address);

/**
 * Two masters: the one that must give way has sent twice since it could hear the other. The one advert by which a normal
 * takeover overlaps is not that.
 */
export function bothMaster(a: RouterSender, b: RouterSender): boolean {
  const [winner, loser] = precedence(a, b) > 0 ? [a, b] : [b, a];
  const both = Math.max(a.runningSinceMicros, b.runningSinceMicros);
  const now = Math.max(a.lastMicros, b.lastMicros);
  if (stopped(a, now) || stopped(b, now)) return false;
  return winner.lastMicros >= both && loser.previousMicros >= both;
}
