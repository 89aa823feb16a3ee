/** One report per master change: who, why, how long without a master, who was told, and what became of the sessions. */
import { type Address, addressText, type Family } from '../../dissectors/address.ts';
import { Announcements } from './announcements.ts';
import type { EventLog, MonitorEvent } from './events.ts';
import { choiceOf, rowsIn } from './failover-sessions.ts';
import type { NeighborNews } from './neighbors.ts';
import { OpenFailover, staleHost } from './open-failover.ts';
import type { ChangeReason } from './router.ts';
import type { RouterChange } from './routers.ts';
import type { World } from './rule.ts';
import type { Segment } from './segments.ts';
import { type SessionCounts, SessionFate } from './session-fate.ts';
import type { Sighting } from './sighting.ts';

/** Plain values only: JSON keeps all of it, and `Failovers.restore` takes it back. */
export interface Failover {
  /** The id of its event. */
  readonly id: string;
  readonly atMicros: number;
  readonly segment: { readonly interface: string | null; readonly vlan: number | null };
  readonly vrid: number;
  readonly family: Family;
  readonly from: string | null;
  readonly to: string;
  readonly reason: Exclude<ChangeReason, 'first_seen'>;
  readonly gapMs: number | null;
  /** One for each virtual address; null: not announced yet. */
  readonly announcements: readonly { readonly address: string; delayMs: number | null }[];
  /** Hosts that used the old master's MAC address afterwards, the first of them by address. Null: that MAC address is not known. */
  readonly staleNeighbors: { count: number; readonly addresses: string[] } | null;
  sessions: SessionCounts;
  /** Another sends the sync of these sessions' services now. Null: nobody has sent any of them since. */
  syncSenderChanged: boolean | null;
  /** Null: it goes on. */
  closedMicros: number | null;
  /** From the last sign of the old master, in order of time. */
  readonly timeline: MonitorEvent[];
}

const SECOND = 1_000_000;
const MILLI = 1000;
const OPEN_MICROS = 900 * SECOND;
/** Each with its timeline; the store has more. */
const MOST_REPORTS = 300;
const MOST_OPEN = 512;
/** Each takes one bit a slot of the table, and a look at every session that goes. */
const MOST_FOLLOWED = 8;
/** Each is a look through the whole table; whoever can send adverts must not keep us at that. */
const MOST_LOOKS_A_SECOND = 8;
/** Of the latest events, among which those since the last sign of the old master are. */
const EVENTS_BACK = 500;

const keyOf = (segment: number, address: Address): string => `${segment} ${addressText(address)}`;

/** When the old master was last known to be there. */
function lastSignMicros({ atMicros, from, to, gapMicros }: RouterChange): number {
  const gapBegan = atMicros - (gapMicros ?? 0);
  return from && from !== to ? Math.min(gapBegan, from.lastMicros) : gapBegan;
}

/** As it begins; null for changes of which there is none. */
function reportOf(change: RouterChange, id: string, { interface: name, vlan }: Segment): Failover | null {
  const { kind, reason, router, from, to, atMicros, gapMicros } = change;
  if (kind !== 'master_change' || !to || reason === null || reason === 'first_seen') return null;
  return {
    id,
    atMicros,
    segment: { interface: name, vlan },
    vrid: router.vrid,
    family: router.family,
    from: from && addressText(from.address),
    to: addressText(to.address),
    reason,
    gapMs: gapMicros === null ? null : gapMicros / MILLI,
    announcements: to.addresses.map((address) => ({ address: addressText(address), delayMs: null })),
    staleNeighbors: from?.mac == null ? null : { count: 0, addresses: [] },
    sessions: { before: 0, seenAgain: 0, moved: 0, lost: 0, pending: 0 },
    syncSenderChanged: null,
    closedMicros: null,
    timeline: [],
  };
}

export class Failovers {
  /** Oldest first. */
  readonly #all: Failover[] = [];
  readonly #open = new Set<OpenFailover>();
  readonly #byKey = new Map<string, Set<OpenFailover>>();
  readonly #announcements = new Announcements();
  readonly #changed = new Set<Failover>();
  readonly #world: World;
  readonly #events: EventLog;
  #second = 0;
  #looks = 0;

  constructor(world: World, events: EventLog) {
    this.#world = world;
    this.#events = events;
  }

  /** Oldest first, the sessions as they were counted last: that costs nothing. */
  get all(): readonly Failover[] {
    return this.#all;
  }

  /** All, oldest first, the sessions as of now. */
  reports(): readonly Failover[] {
    for (const open of this.#open) this.#count(open);
    return this.#all;
  }

  /** A master change ends the report of the one before and begins its own. */
  change(change: RouterChange, { id }: MonitorEvent): void {
    const { router, from, to, atMicros } = change;
    const report = reportOf(change, id, this.#world.segments.all[router.segment]);
    if (!report || !to) return;
    for (const open of this.#open) if (open.router === router) this.#close(open, atMicros);
    const keys = to.addresses.map((address) => keyOf(router.segment, address));
    const open = new OpenFailover(change, report, keys);
    const sinceMicros = lastSignMicros(change);
    for (const event of this.#events.recent.slice(-EVENTS_BACK)) if (event.atMicros >= sinceMicros) open.event(event);
    for (const { key, mac, atMicros: announcedMicros } of this.#announcements.since(sinceMicros)) open.announced(key, mac, announcedMicros);
    this.#begin(open);
    this.#follow(open, [...(from?.addresses ?? []), ...to.addresses]);
  }

  /** News of addresses: who announces a virtual one, and who still looks for it at the old master. */
  neighbor(news: NeighborNews, sighting: Sighting): void {
    const { kind, address, mac, atMicros } = news;
    if (kind !== 'announced' && this.#open.size === 0) return;
    const key = keyOf(sighting.segment.index, address);
    if (kind === 'announced') {
      this.#announcements.add({ key, mac, atMicros });
      for (const open of this.#byKey.get(key) ?? []) if (open.announced(key, mac, atMicros)) this.#changed.add(open.report);
    } else if (kind === 'asked' || kind === 'answered') this.#noteStale(news, key, sighting);
  }

  /** Every event, for the timelines. */
  event(event: MonitorEvent): void {
    for (const open of this.#open) if (open.event(event)) this.#changed.add(open.report);
  }

  /** Every whole second. */
  advance(nowMicros: number): void {
    for (const open of this.#open) {
      const endMicros = open.report.atMicros + OPEN_MICROS;
      if (endMicros <= nowMicros) this.#close(open, endMicros);
      else if (open.isDue(nowMicros)) this.#countAt(open, nowMicros);
    }
  }

  /** Since the last call, for the store. */
  takeChanged(): Failover[] {
    const taken = [...this.#changed];
    this.#changed.clear();
    return taken;
  }

  /** Puts a stored one back, oldest first; for the start only. It does not go on: what happened meanwhile nobody saw. */
  restore(stored: Failover): void {
    this.#keep({ ...stored, closedMicros: stored.closedMicros ?? stored.timeline.at(-1)?.atMicros ?? stored.atMicros });
  }

  #begin(open: OpenFailover): void {
    const [oldest] = this.#open;
    if (this.#open.size >= MOST_OPEN) this.#close(oldest, open.report.atMicros);
    this.#keep(open.report);
    this.#changed.add(open.report);
    this.#open.add(open);
    for (const key of open.keys) {
      const known = this.#byKey.get(key);
      if (known) known.add(open);
      else this.#byKey.set(key, new Set([open]));
    }
  }

  #close(open: OpenFailover, atMicros: number): void {
    this.#unfollow(open, atMicros);
    open.report.closedMicros = atMicros;
    this.#changed.add(open.report);
    this.#open.delete(open);
    for (const key of open.keys) {
      const known = this.#byKey.get(key);
      known?.delete(open);
      if (known?.size === 0) this.#byKey.delete(key);
    }
  }

  #keep(report: Failover): void {
    this.#all.push(report);
    if (this.#all.length > MOST_REPORTS) this.#all.shift();
  }

  #count(open: OpenFailover): void {
    if (open.count(this.#world)) this.#changed.add(open.report);
  }

  /** Where no sync comes, nothing else has told the table how late it is. */
  #countAt(open: OpenFailover, nowMicros: number): void {
    if (open.fate) this.#world.sessions.settle(nowMicros);
    this.#count(open);
  }

  /** Begins to follow the sessions to some addresses, where there are any. */
  #follow(open: OpenFailover, addresses: readonly Address[]): void {
    const { sessions } = this.#world;
    const { atMicros } = open.report;
    const isOurs = choiceOf(open.router, addresses, this.#world);
    const rows = rowsIn(this.#world, isOurs);
    if (rows === 0) return;
    if (!this.#mayLook(atMicros)) {
      open.report.sessions = { before: rows, seenAgain: 0, moved: 0, lost: 0, pending: rows };
      return;
    }
    const [oldest, ...others] = [...this.#open].filter(({ fate }) => fate !== null);
    if (others.length + 1 >= MOST_FOLLOWED) this.#unfollow(oldest, atMicros);
    open.fate = new SessionFate(sessions, atMicros, isOurs);
    this.#watchReleases();
    this.#count(open);
  }

  #unfollow(open: OpenFailover, atMicros: number): void {
    this.#countAt(open, atMicros);
    open.fate = null;
    this.#watchReleases();
  }

  #watchReleases(): void {
    const fates = [...this.#open].flatMap(({ fate }) => fate ?? []);
    this.#world.sessions.onRelease =
      fates.length === 0
        ? null
        : (slot, replaced) => {
            for (const fate of fates) fate.release(slot, replaced);
          };
  }

  #mayLook(atMicros: number): boolean {
    const second = Math.floor(atMicros / SECOND);
    if (second !== this.#second) this.#looks = 0;
    this.#second = second;
    return ++this.#looks <= MOST_LOOKS_A_SECOND;
  }

  #noteStale(news: NeighborNews, key: string, sighting: Sighting): void {
    const { arp, network, segment } = sighting;
    // Who answers to a virtual address names it as the target.
    const target = arp?.targetAddress ?? network?.destination;
    const keys = target === undefined ? [key] : [key, keyOf(segment.index, target)];
    const opens = new Set(keys.flatMap((one) => [...(this.#byKey.get(one) ?? [])]));
    for (const open of opens) {
      const host = open.oldMac === null ? null : staleHost(news, sighting, open.oldMac);
      if (host && open.stale(host)) this.#changed.add(open.report);
    }
  }
}
