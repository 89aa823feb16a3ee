/**
 * Virtual routers (VRRP): who is master, since when, and why that changed, by the rules of succession of RFC 3768 section 6.4.
 */
import { addressKey, addressText, familyOf, type MacAddress } from '../../dissectors/address.ts';
import { type Host, isUnspecified } from './groups.ts';
import {
  type AdvertSeen,
  bothMaster,
  type ChangeReason,
  downMicros,
  intervalMicros,
  isMulticast,
  leftFight,
  newRouter,
  noteSender,
  precedence,
  type RouterSender,
  type RouterState,
  stopped,
  type VirtualRouter,
} from './router.ts';
import type { Sighting } from './sighting.ts';

export { type AdvertSeen, masterDownMicros, type RouterSender, skewMicros, type VirtualRouter } from './router.ts';

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

const MOST_ROUTERS = 1024;
const RIGHT_TTL = 255;
const ADVERT = 1;
/** A backup takes over after 3 intervals and a skew; a little less allows for jitter. */
const TAKEOVER_INTERVALS = 2.9;

function keyOf(seen: Pick<AdvertSeen, 'segment' | 'source' | 'destination' | 'vrrp'>): string {
  const ends = isMulticast(seen.destination)
    ? addressText(seen.destination)
    : [addressText(seen.source), addressText(seen.destination)].sort().join('-');
  return `${seen.segment} ${familyOf(seen.source)} ${seen.vrrp.vrid} ${ends}`;
}

const hasWrongTtl = ({ destination, ttl }: AdvertSeen): boolean => isMulticast(destination) && ttl !== RIGHT_TTL;

/** What every receiver drops: RFC 3768 and RFC 9568 section 7.1. */
function isAccepted(seen: AdvertSeen): boolean {
  const { vrrp } = seen;
  if (hasWrongTtl(seen)) return false;
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

/** One that began after the master's end left a gap; one that had sent before did not. */
function gapBetween(from: RouterSender | null, to: RouterSender): number | null {
  if (!from) return null;
  const gapMicros = to.runningSinceMicros - from.lastMicros;
  return gapMicros > intervalMicros(from) ? gapMicros : null;
}

/** The master is down by its own timer: another that was sending all the time is master then, or nobody is. */
function fallSilent(router: VirtualRouter): RouterChange {
  const atMicros = router.masterDownMicros;
  const from = router.master;
  const to = router.senders.find((other) => other !== from && !stopped(other, atMicros)) ?? null;
  const base = { atMicros, router, from, to, gapMicros: to && gapBetween(from, to), frames: framesOf(from, to) } as const;
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

/** Why a sender is master from now on, or is so again after it had resigned; null while it is not. */
function takeoverReason(router: VirtualRouter, sender: RouterSender, nowMicros: number): ChangeReason | null {
  const { master } = router;
  if (!master) return router.transitions.size === 0 ? 'first_seen' : router.resigned ? 'resigned' : 'no_response';
  if (router.resigned) return 'resigned';
  // A backup was silent as long as the master was; one that sent meanwhile had not waited for the master's end.
  const waited = sender.previousMicros < master.lastMicros;
  if (waited && nowMicros - master.lastMicros > TAKEOVER_INTERVALS * intervalMicros(master)) return 'no_response';
  if (precedence(sender, master) <= 0) return null;
  return sender.priority > master.priority ? 'preempted' : 'tie';
}

/** Who sends on a segment. */
interface Senders {
  readonly macs: ReadonlySet<MacAddress | null>;
  readonly addresses: ReadonlySet<number | string>;
}

export class Routers {
  readonly all: VirtualRouter[] = [];
  /** Adverts of virtual routers or senders beyond the bounds. */
  overflowed = 0;
  private readonly byKey = new Map<string, VirtualRouter>();
  /** By segment, gathered when somebody asks, since thousands may be compared with thousands. */
  private readonly senders = new Map<number, Senders>();

  /** Takes one advert. Those that every router drops change nothing. */
  advert(seen: AdvertSeen): RouterChange[] {
    if (!isAccepted(seen)) {
      this.noteRefused(seen);
      return [];
    }
    const router = this.find(seen);
    const sender = router && noteSender(router, seen);
    this.senders.clear();
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
      if (router.state === 'lost') continue;
      changes.push(...resolve(router, nowMicros));
      if (nowMicros > router.masterDownMicros && !mayLive(router, nowMicros)) changes.push(fallSilent(router));
    }
    return changes;
  }

  /** Nobody listened to these segments up to now: the silence of their masters counts from here on. */
  unheard(segments: ReadonlySet<number>, nowMicros: number): void {
    for (const router of this.all)
      if (router.master && segments.has(router.segment))
        router.masterDownMicros = Math.max(router.masterDownMicros, nowMicros + downMicros(router.master));
  }

  /** Whether a host has sent adverts on a segment, for any virtual router, under its MAC address or its own. */
  hasSent(segment: number, { mac, address }: Host): boolean {
    let known = this.senders.get(segment);
    if (!known) {
      const senders = this.all.filter((router) => router.segment === segment).flatMap((router) => router.senders);
      known = {
        macs: new Set(senders.map((sender) => sender.mac)),
        addresses: new Set(senders.map((sender) => addressKey(sender.address))),
      };
      this.senders.set(segment, known);
    }
    return (mac !== null && known.macs.has(mac)) || (!isUnspecified(address) && known.addresses.has(addressKey(address)));
  }

  /** The virtual router and the sender that the advert at hand was accepted from; null when every router drops it. */
  accepted(sighting: Sighting): { router: VirtualRouter; sender: RouterSender } | null {
    const router = this.of(sighting);
    const sender = router?.senders.find(({ lastMicros, frames }) => lastMicros === sighting.atMicros && frames.at(-1) === sighting.frame);
    return router && sender ? { router, sender } : null;
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
    if (sender !== router.master || router.resigned) {
      const reason = takeoverReason(router, sender, seen.atMicros);
      if (reason) return [become(router, sender, reason, seen)];
    }
    const rival = router.senders.find((other) => other !== sender && bothMaster(other, sender));
    if (!rival) return [];
    // It began with the later of them, although only the second advert of the one that must give way proves it.
    const atMicros = Math.max(sender.runningSinceMicros, rival.runningSinceMicros);
    enter(router, 'two_masters', atMicros);
    const from = router.master ?? sender;
    const to = from === sender ? rival : sender;
    return [{ kind: 'two_masters', atMicros, router, from, to, reason: null, gapMicros: null, frames: framesOf(from, to) }];
  }

  private noteRefused(seen: AdvertSeen): void {
    const refused = this.byKey.get(keyOf(seen))?.refused;
    if (!refused) return;
    if (hasWrongTtl(seen)) refused.ttl++;
    else if (seen.vrrp.type !== ADVERT) refused.type++;
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

/** A master is not lost as long as another that refuses its adverts may be the reason for its silence. */
function mayLive(router: VirtualRouter, nowMicros: number): boolean {
  const masters = router.state === 'two_masters' ? router.senders : router.senders.filter((sender) => sender === router.master);
  return masters.some((sender) => !leftFight(sender, router.senders, nowMicros));
}

/** Ends a split brain once only one master is left: at the last advert of the one that stopped. */
function resolve(router: VirtualRouter, nowMicros: number): RouterChange[] {
  if (router.state !== 'two_masters') return [];
  const left = router.senders.filter((sender) => !leftFight(sender, router.senders, nowMicros));
  if (left.length !== 1) return [];
  const [winner] = left;
  const from = router.master;
  const lasts = router.senders.filter((sender) => sender !== winner).map((sender) => sender.lastMicros);
  const atMicros = Math.max(router.sinceMicros, ...lasts);
  // Also those of whoever fell silent, without whom there never were two.
  const fighters = router.senders.filter(({ lastMicros }) => lastMicros >= router.sinceMicros);
  const base = { atMicros, router, from, to: winner, frames: framesOf(from, ...fighters) } as const;
  const changes: RouterChange[] = [{ ...base, kind: 'two_masters_resolved', reason: null, gapMicros: atMicros - router.sinceMicros }];
  enter(router, 'master', atMicros);
  if (winner !== from) {
    makeMaster(router, winner, 'two_masters_resolved', atMicros);
    changes.push({ ...base, kind: 'master_change', reason: 'two_masters_resolved', gapMicros: null });
  }
  hear(router, winner);
  return changes;
}
