/**
 * Virtual routers (VRRP): who is master, since when, and why that changed. Named for what it keeps; its wire side is
 * dissectors/vrrp.ts. Timers as RFC 3768 section 6.1 and RFC 5798 section 6.1 define them.
 */
import { type Address, addressText, type Family, familyOf, type MacAddress, sameAddress } from '../../dissectors/address.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';
import type { Sighting } from './sighting.ts';

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
  lastMicros: number;
  /** The advert before the last. */
  previousMicros: number;
  /** The first advert after a silence or a resignation, or the one that made it master. */
  runningSinceMicros: number;
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
}

export type ChangeReason = 'first_seen' | 'resigned' | 'preempted' | 'no_response' | 'tie' | 'two_masters_resolved';

export interface RouterChange {
  readonly kind: 'master_change' | 'master_lost' | 'two_masters' | 'two_masters_resolved';
  readonly atMicros: number;
  readonly router: VirtualRouter;
  readonly from: RouterSender | null;
  readonly to: RouterSender | null;
  readonly reason: ChangeReason | null;
  /** Time without a master, where there was such a time. */
  readonly gapMicros: number | null;
  /** The latest frames of both, that one included: replayed alone they show the same again. */
  readonly frames: readonly number[];
}

const MOST_ROUTERS = 4096;
const MOST_SENDERS = 64;
const CENTISECOND = 10_000;
const SECOND = 1_000_000;
const RIGHT_TTL = 255;
const ADVERT = 1;
/** A backup takes over after 3 intervals and a skew; a little less allows for jitter. */
const TAKEOVER_INTERVALS = 2.9;
/** Late adverts are counted in three steps: of these, in intervals, the last is one advert from a failover. */
export const LATE = [1.5, 2, 3] as const;
const JITTER_SHARE = 16;
/** A split brain's end needs its beginning, and the whole silence of the one that left. */
const MOST_FRAMES = 12;

/** Skew_Time for a priority: the higher, the sooner a backup takes over. */
export function skewMicros(version: 2 | 3, intervalCentiseconds: number, priority: number): number {
  const whole = version === 2 ? SECOND : intervalCentiseconds * CENTISECOND;
  return Math.round(((256 - priority) / 256) * whole);
}

/** Master_Down_Interval of the slowest backup there can be (priority 1). */
export function masterDownMicros(version: 2 | 3, intervalCentiseconds: number): number {
  return 3 * intervalCentiseconds * CENTISECOND + skewMicros(version, intervalCentiseconds, 1);
}

const isMulticast = (address: Address): boolean => (typeof address === 'number' ? address >>> 28 === 0xe : address[0] === 0xff);
const keep = (address: Address): Address => (typeof address === 'number' ? address : address.slice());
const intervalMicros = (sender: RouterSender): number => sender.intervalCentiseconds * CENTISECOND;
const downMicros = (sender: RouterSender): number => masterDownMicros(sender.version, sender.intervalCentiseconds);

function keyOf(seen: Pick<AdvertSeen, 'segment' | 'source' | 'destination' | 'vrrp'>): string {
  const ends = isMulticast(seen.destination)
    ? addressText(seen.destination)
    : [addressText(seen.source), addressText(seen.destination)].sort().join('-');
  return `${seen.segment} ${familyOf(seen.source)} ${seen.vrrp.vrid} ${ends}`;
}

function newRouter(seen: AdvertSeen): VirtualRouter {
  return {
    segment: seen.segment,
    family: familyOf(seen.source),
    vrid: seen.vrrp.vrid,
    group: isMulticast(seen.destination) ? keep(seen.destination) : null,
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
  };
}

/** Brings the sender's entry up to date; null when there is no room for a new one. */
function noteSender(router: VirtualRouter, seen: AdvertSeen): RouterSender | null {
  const { vrrp, atMicros } = seen;
  let sender = router.senders.find((s) => sameAddress(s.address, seen.source));
  if (!sender) {
    if (router.senders.length >= MOST_SENDERS) return null;
    const never = Number.NEGATIVE_INFINITY;
    sender = {
      address: keep(seen.source),
      mac: null,
      priority: 0,
      lastPriority: 0,
      intervalCentiseconds: 0,
      authentication: 'none',
      secret: null,
      dialect: null,
      version: vrrp.version,
      ttl: seen.ttl,
      addresses: [],
      adverts: 0,
      lastMicros: never,
      previousMicros: never,
      runningSinceMicros: atMicros,
      late: [0, 0, 0],
      jitterMicros: 0,
      frames: [],
    };
    router.senders.push(sender);
  }
  if (stopped(sender, atMicros)) sender.runningSinceMicros = atMicros;
  else noteTiming(sender, atMicros);
  sender.previousMicros = sender.lastMicros;
  sender.lastMicros = atMicros;
  sender.adverts++;
  sender.mac = seen.mac;
  sender.priority = vrrp.priority;
  if (vrrp.priority > 0) {
    sender.lastPriority = vrrp.priority;
    sender.addresses = vrrp.addresses;
  }
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

/** How late an advert of a running sender is, in its own interval. */
function noteTiming(sender: RouterSender, atMicros: number): void {
  const interval = intervalMicros(sender);
  const gap = atMicros - sender.lastMicros;
  LATE.forEach((times, level) => {
    if (gap > times * interval) sender.late[level]++;
  });
  sender.jitterMicros += (Math.abs(gap - interval) - sender.jitterMicros) / JITTER_SHARE;
}

/** Both have sent twice since the later of them began: more than the one advert by which a normal takeover overlaps. */
function bothMaster(a: RouterSender, b: RouterSender): boolean {
  const both = Math.max(a.runningSinceMicros, b.runningSinceMicros);
  const now = Math.max(a.lastMicros, b.lastMicros);
  const active = (s: RouterSender) => s.previousMicros >= both && !stopped(s, now);
  return active(a) && active(b);
}

/** keepalived leaves adverts out while it refuses those of another master, so nothing shorter than the whole time counts as silence. */
function stopped(sender: RouterSender, nowMicros: number): boolean {
  return sender.priority === 0 || nowMicros - sender.lastMicros > downMicros(sender);
}

/** What every receiver drops: RFC 3768 and RFC 9568 section 7.1. */
function isAccepted({ vrrp, destination, ttl }: AdvertSeen): boolean {
  if (isMulticast(destination) && ttl !== RIGHT_TTL) return false;
  return vrrp.dialect !== null && vrrp.type === ADVERT && vrrp.intervalCentiseconds > 0 && vrrp.addresses.length === vrrp.count;
}

const framesOf = (...senders: (RouterSender | null)[]): number[] =>
  [...new Set(senders.flatMap((s) => s?.frames ?? []))].sort((a, b) => a - b);

function enter(router: VirtualRouter, state: RouterState, atMicros: number): void {
  router.state = state;
  router.sinceMicros = atMicros;
}

function makeMaster(router: VirtualRouter, to: RouterSender, reason: ChangeReason, atMicros: number): void {
  router.master = to;
  router.masterSinceMicros = atMicros;
  router.transitions.set(reason, (router.transitions.get(reason) ?? 0) + 1);
  enter(router, 'master', atMicros);
}

function become(router: VirtualRouter, to: RouterSender, reason: ChangeReason, { atMicros }: AdvertSeen): RouterChange {
  const from = router.master ?? router.lastMaster;
  const gapMicros = reason === 'resigned' || reason === 'no_response' ? atMicros - router.lastHeardMicros : null;
  to.runningSinceMicros = atMicros;
  makeMaster(router, to, reason, atMicros);
  return { kind: 'master_change', atMicros, router, from, to, reason, gapMicros, frames: framesOf(from, to) };
}

/** The master is down by its own timer: another that was sending all the time is master then, or nobody is. */
function fallSilent(router: VirtualRouter): RouterChange {
  const atMicros = router.masterDownMicros;
  const from = router.master;
  const to = router.senders.find((other) => other !== from && !stopped(other, atMicros)) ?? null;
  const base = { atMicros, router, from, to, gapMicros: null, frames: framesOf(from, to) } as const;
  if (to) {
    makeMaster(router, to, 'no_response', atMicros);
    hear(router, to);
    return { ...base, kind: 'master_change', reason: 'no_response' };
  }
  router.master = null;
  router.lastMaster = from;
  enter(router, 'lost', atMicros);
  return { ...base, kind: 'master_lost', reason: null };
}

/** The master's timer starts again with its last advert. */
function hear(router: VirtualRouter, master: RouterSender): void {
  router.resigned = false;
  router.lastHeardMicros = master.lastMicros;
  router.masterDownMicros = master.lastMicros + downMicros(master);
}

/** Why a sender that is not the master is master from now on; null while it is not. */
function takeoverReason(router: VirtualRouter, sender: RouterSender, nowMicros: number): ChangeReason | null {
  const { master } = router;
  if (!master) return router.transitions.size === 0 ? 'first_seen' : router.resigned ? 'resigned' : 'no_response';
  if (router.resigned) return 'resigned';
  // A backup was silent as long as the master was; one that sent meanwhile had not waited for the master's end.
  const waited = sender.previousMicros < master.lastMicros;
  if (waited && nowMicros - master.lastMicros > TAKEOVER_INTERVALS * intervalMicros(master)) return 'no_response';
  if (sender.priority > master.priority) return 'preempted';
  // RFC 3768 section 6.4.3: of equal priorities the higher address wins.
  return sender.priority === master.priority && addressOrder(sender.address, master.address) > 0 ? 'tie' : null;
}

function addressOrder(a: Address, b: Address): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return 0;
  const i = a.findIndex((octet, k) => octet !== b[k]);
  return i < 0 ? 0 : a[i] - b[i];
}

export class Routers {
  readonly all: VirtualRouter[] = [];
  /** Adverts of virtual routers or senders beyond the bounds. */
  overflowed = 0;
  private readonly byKey = new Map<string, VirtualRouter>();

  /** Takes one advert. Those that every router drops change nothing. */
  advert(seen: AdvertSeen): RouterChange[] {
    if (!isAccepted(seen)) return [];
    const router = this.find(seen);
    const sender = router && noteSender(router, seen);
    if (!router || !sender) {
      this.overflowed++;
      return [];
    }
    const changes = this.judge(router, sender, seen);
    if (sender === router.master && sender.priority > 0) {
      router.addresses = seen.vrrp.addresses;
      router.version = seen.vrrp.version;
      hear(router, sender);
    }
    return changes;
  }

  /** What silence tells: masters lost, split brains that ended. */
  advance(nowMicros: number): RouterChange[] {
    const changes: RouterChange[] = [];
    for (const router of this.all) {
      changes.push(...resolve(router, nowMicros));
      if (router.state !== 'lost' && nowMicros > router.masterDownMicros) changes.push(fallSilent(router));
    }
    return changes;
  }

  /** The virtual router that an advert is of; undefined when it was never accepted from anybody. */
  of({ segment, network, vrrp }: Sighting): VirtualRouter | undefined {
    if (!network || !vrrp) return undefined;
    return this.byKey.get(keyOf({ segment: segment.index, source: network.source, destination: network.destination, vrrp }));
  }

  private judge(router: VirtualRouter, sender: RouterSender, seen: AdvertSeen): RouterChange[] {
    if (sender.priority === 0) {
      if (sender === router.master && router.state === 'master') {
        router.resigned = true;
        router.lastHeardMicros = seen.atMicros;
      }
      return resolve(router, seen.atMicros);
    }
    if (router.state === 'two_masters') return resolve(router, seen.atMicros);
    if (sender !== router.master) {
      const reason = takeoverReason(router, sender, seen.atMicros);
      if (reason) return [become(router, sender, reason, seen)];
    }
    const rival = router.senders.find((other) => other !== sender && bothMaster(other, sender));
    if (!rival) return [];
    enter(router, 'two_masters', seen.atMicros);
    const from = router.master ?? sender;
    const to = from === sender ? rival : sender;
    return [{ kind: 'two_masters', atMicros: seen.atMicros, router, from, to, reason: null, gapMicros: null, frames: framesOf(from, to) }];
  }

  private find(seen: AdvertSeen): VirtualRouter | null {
    const key = keyOf(seen);
    const known = this.byKey.get(key);
    if (known) return known;
    if (this.all.length >= MOST_ROUTERS) return null;
    const router = newRouter(seen);
    this.all.push(router);
    this.byKey.set(key, router);
    return router;
  }
}

/** Ends a split brain once only one master is left: at the last advert of the one that stopped. */
function resolve(router: VirtualRouter, nowMicros: number): RouterChange[] {
  if (router.state !== 'two_masters') return [];
  const left = router.senders.filter((sender) => !stopped(sender, nowMicros));
  if (left.length !== 1) return [];
  const [winner] = left;
  const from = router.master;
  const atMicros = Math.max(...router.senders.filter((sender) => sender !== winner).map((sender) => sender.lastMicros));
  const base = { atMicros, router, from, to: winner, frames: framesOf(from, winner) } as const;
  const changes: RouterChange[] = [{ ...base, kind: 'two_masters_resolved', reason: null, gapMicros: atMicros - router.sinceMicros }];
  enter(router, 'master', atMicros);
  if (winner !== from) {
    makeMaster(router, winner, 'two_masters_resolved', atMicros);
    changes.push({ ...base, kind: 'master_change', reason: 'two_masters_resolved', gapMicros: null });
  }
  hear(router, winner);
  return changes;
}
