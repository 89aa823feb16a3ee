/** A failover whose report goes on: it takes in what happens after the change. */
import { type Address, addressText, type MacAddress } from '../../dissectors/address.ts';
import { isVirtualMac } from './backups.ts';
import type { MonitorEvent } from './events.ts';
import type { Failover } from './failovers.ts';
import type { NeighborNews } from './neighbors.ts';
import type { VirtualRouter } from './router.ts';
import type { RouterChange } from './routers.ts';
import type { World } from './rule.ts';
import type { SessionCounts, SessionFate } from './session-fate.ts';
import type { Sighting } from './sighting.ts';

/** One that was told or used the old address: by its MAC address it is counted, by its IP address it is named. */
export interface StaleHost {
  readonly mac: MacAddress;
  readonly address: Address;
}

const SECOND = 1_000_000;
const MILLI = 1000;
const MOST_TIMELINE = 50;
/** Of hosts that a failover does not make. */
const COMINGS = ['arp.new_station', 'arp.new_activity'];
const MOST_STALE = 1000;
const MOST_STALE_ADDRESSES = 20;

/**
 * Who still takes a MAC address for the holder of a virtual one, as far as a passive port sees it: who asks it whether it has it
 * still (RFC 1122 section 2.3.2.1, RFC 4861 section 7.3.3), whom it answers that it has it, who answers it under that address.
 */
export function staleHost(news: NeighborNews, { arp, network, linkDestination }: Sighting, old: MacAddress): StaleHost | null {
  const { kind, mac, asker, address } = news;
  const sender = arp?.senderAddress ?? network?.source ?? null;
  const target = arp?.targetAddress ?? network?.destination ?? null;
  if (kind === 'asked' && (linkDestination === old || arp?.targetMac === old)) return sender === null ? null : { mac, address: sender };
  if (kind !== 'answered' || asker === null) return null;
  if (mac === old) return target === null ? null : { mac: asker, address: target };
  return asker === old ? { mac, address } : null;
}

export class OpenFailover {
  readonly router: VirtualRouter;
  readonly report: Failover;
  /** Of its virtual addresses, as in `report.announcements`: segment and address. */
  readonly keys: readonly string[];
  /** Null: there are no sessions to follow, or too many failovers at once. */
  fate: SessionFate | null = null;
  /** When the sessions are to be counted again. */
  #countAtMicros: number;
  readonly #from: MacAddress | null;
  readonly #to: MacAddress | null;
  readonly #stale = new Set<MacAddress>();

  constructor({ router, from, to }: RouterChange, report: Failover, keys: readonly string[]) {
    this.router = router;
    this.report = report;
    this.keys = keys;
    this.#from = from?.mac ?? null;
    this.#to = to?.mac ?? null;
    this.#countAtMicros = report.atMicros + SECOND;
  }

  /** The MAC address that nobody should use any more; null: none such is known, or it is the virtual one that went along. */
  get oldMac(): MacAddress | null {
    return this.#from === this.#to ? null : this.#from;
  }

  /** An address was announced. True when that is news. */
  announced(key: string, mac: MacAddress, atMicros: number): boolean {
    const { announcements, vrid } = this.report;
    // Before the change the virtual MAC address may have been the old master's still.
    if (mac === this.#from && atMicros < this.report.atMicros) return false;
    const isNewMaster = mac === this.#to || (isVirtualMac(mac) && mac % 256 === vrid);
    const announcement = announcements[this.keys.indexOf(key)];
    if (!isNewMaster || announcement?.delayMs !== null) return false;
    announcement.delayMs = Math.max(0, atMicros - this.report.atMicros) / MILLI;
    return true;
  }

  /** True when that is news. */
  stale({ mac, address }: StaleHost): boolean {
    const { staleNeighbors } = this.report;
    if (!staleNeighbors || mac === this.#to || mac === this.#from || this.#stale.has(mac) || this.#stale.size >= MOST_STALE) return false;
    this.#stale.add(mac);
    staleNeighbors.count++;
    if (staleNeighbors.addresses.length < MOST_STALE_ADDRESSES) staleNeighbors.addresses.push(addressText(address));
    return true;
  }

  /** Whether an event belongs to the report: of its segment, and neither of another virtual router nor of an ordinary host's coming. */
  concerns({ subject, kind }: MonitorEvent): boolean {
    const { vrid, family, segment } = this.report;
    if (COMINGS.includes(kind)) return false;
    if ((subject.interface ?? null) !== segment.interface || (subject.vlan ?? null) !== segment.vlan) return false;
    return subject.vrid === undefined || (subject.vrid === vrid && (subject.family ?? family) === family);
  }

  /** In order of time: what silence proves is logged later than it was. */
  event(event: MonitorEvent): boolean {
    const { timeline } = this.report;
    if (timeline.length >= MOST_TIMELINE || !this.concerns(event)) return false;
    const place = timeline.findLastIndex(({ atMicros }) => atMicros <= event.atMicros);
    timeline.splice(place + 1, 0, event);
    return true;
  }

  /** Whether the sessions are to be counted unasked: after 1, 2, 4 … seconds, as most shows at first. */
  isDue(nowMicros: number): boolean {
    if (!this.fate || nowMicros < this.#countAtMicros) return false;
    this.#countAtMicros = nowMicros + Math.max(SECOND, nowMicros - this.report.atMicros);
    return true;
  }

  /** Brings the sessions up to date. True when they changed. */
  count({ daemons }: Pick<World, 'daemons'>): boolean {
    if (!this.fate) return false;
    const { report } = this;
    const sessions = this.fate.counts();
    const { before, since } = this.fate.senders();
    const addresses = [before, since].map((index) => index !== null && addressText(daemons.all[index].address));
    const syncSenderChanged = before === null || since === null ? null : addresses[0] !== addresses[1];
    const isSame = syncSenderChanged === report.syncSenderChanged && sameCounts(sessions, report.sessions);
    report.sessions = sessions;
    report.syncSenderChanged = syncSenderChanged;
    return !isSame;
  }
}

function sameCounts(a: SessionCounts, b: SessionCounts): boolean {
  return a.before === b.before && a.seenAgain === b.seenAgain && a.moved === b.moved && a.lost === b.lost;
}
