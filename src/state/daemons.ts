/** Who sends sync messages: one entry per sender, syncid and group on a segment. */
import { type Address, addressText, keptAddress, type MacAddress } from '../../dissectors/address.ts';
import { MOST_DAEMONS } from './session-layout.ts';
import { isNumbered, newFlow, type SyncFlow, takeDatagram } from './sync-flow.ts';

export interface SyncSeen {
  readonly atMicros: number;
  readonly segment: number;
  readonly source: Address;
  readonly group: Address;
  readonly port: number;
  readonly mac: MacAddress | null;
  /** Null when the capture cannot know it. */
  readonly ttl: number | null;
  readonly syncid: number;
  readonly version: 0 | 1;
  readonly records: number;
  readonly octets: number;
  readonly sourcePort: number;
  /** IPv4 identification; null when there is none, or the capture cannot know it. */
  readonly id: number | null;
  readonly frame: number;
}

export interface Daemon {
  readonly index: number;
  readonly segment: number;
  readonly address: Address;
  mac: MacAddress | null;
  readonly syncid: number;
  readonly group: Address;
  fromPort: number;
  toPort: number;
  version: 0 | 1;
  ttl: number | null;
  datagrams: number;
  records: number;
  octets: number;
  readonly firstSeenMicros: number;
  lastSeenMicros: number;
  /** Records a second, smoothed over about ten seconds, as of `lastSeenMicros`. */
  rate: number;
  /** Datagrams that did not reach us since the start, by the gaps in their IP identifications. Null: cannot be told. */
  lostDatagrams: number | null;
}

const RATE_SECONDS = 10;
const PORTS = 65_536;
/** Threads of senders whose datagrams are followed one by one. */
const MOST_FLOWS = 8192;

export class Daemons {
  readonly all: Daemon[] = [];
  /** Datagrams of senders beyond the bound, counted for the last one. */
  overflowed = 0;
  /** That of the datagram at hand. */
  flow = newFlow();
  private readonly flows = new Map<number, SyncFlow>();
  private readonly byKey = new Map<string, Daemon>();
  private last: Daemon | undefined;

  /** Counts a datagram. `isNew` is true for the first one of its sender. */
  seen(seen: SyncSeen): { daemon: Daemon; isNew: boolean } {
    const before = this.all.length;
    const daemon = this.find(seen);
    const elapsed = Math.max(0, seen.atMicros - daemon.lastSeenMicros) / 1_000_000;
    daemon.rate = daemon.rate * Math.exp(-elapsed / RATE_SECONDS) + seen.records / RATE_SECONDS;
    daemon.mac = seen.mac;
    daemon.ttl = seen.ttl;
    daemon.version = seen.version;
    daemon.fromPort = Math.min(daemon.fromPort, seen.port);
    daemon.toPort = Math.max(daemon.toPort, seen.port);
    daemon.datagrams++;
    daemon.records += seen.records;
    daemon.octets += seen.octets;
    daemon.lastSeenMicros = seen.atMicros;
    this.follow(daemon, seen);
    return { daemon, isNew: this.all.length > before };
  }

  /** Records a second as of a moment. */
  static rateAt(daemon: Daemon, nowMicros: number): number {
    return daemon.rate * Math.exp(-Math.max(0, nowMicros - daemon.lastSeenMicros) / 1_000_000 / RATE_SECONDS);
  }

  /** Puts a stored sender back; for the start only, in order of index. */
  restore(stored: Omit<Daemon, 'lostDatagrams'>): void {
    const daemon = { ...stored, lostDatagrams: null };
    this.all.push(daemon);
    this.byKey.set(key(daemon.segment, daemon.address, daemon.syncid, daemon.group), daemon);
  }

  /** Losses are counted once the sender's numbers are known to follow each other. */
  private follow(daemon: Daemon, { port, sourcePort, id, frame }: SyncSeen): void {
    const key = daemon.index * PORTS + port;
    let flow = this.flows.get(key);
    if (!flow) {
      flow = newFlow();
      if (this.flows.size < MOST_FLOWS) this.flows.set(key, flow);
    }
    this.flow = flow;
    const before = flow.lost;
    takeDatagram(flow, sourcePort, id, frame);
    if (flow.lost !== before || (daemon.lostDatagrams === null && isNumbered(flow)))
      daemon.lostDatagrams = (daemon.lostDatagrams ?? 0) + flow.lost - before;
  }

  private find(seen: SyncSeen): Daemon {
    const { last } = this;
    // Nearly every datagram comes from the sender of the one before.
    if (last && last.address === seen.source && last.syncid === seen.syncid && last.group === seen.group && last.segment === seen.segment)
      return last;
    const name = key(seen.segment, seen.source, seen.syncid, seen.group);
    this.last = this.byKey.get(name) ?? this.make(seen, name);
    return this.last;
  }

  private make(seen: SyncSeen, name: string): Daemon {
    if (this.all.length >= MOST_DAEMONS) {
      this.overflowed++;
      return this.all[MOST_DAEMONS - 1];
    }
    const daemon: Daemon = {
      index: this.all.length,
      segment: seen.segment,
      address: keptAddress(seen.source),
      mac: seen.mac,
      syncid: seen.syncid,
      group: keptAddress(seen.group),
      fromPort: seen.port,
      toPort: seen.port,
      version: seen.version,
      ttl: seen.ttl,
      datagrams: 0,
      records: 0,
      octets: 0,
      firstSeenMicros: seen.atMicros,
      lastSeenMicros: seen.atMicros,
      rate: 0,
      lostDatagrams: null,
    };
    this.all.push(daemon);
    this.byKey.set(name, daemon);
    return daemon;
  }
}

function key(segment: number, source: Address, syncid: number, group: Address): string {
  return `${segment} ${addressText(source)} ${syncid} ${addressText(group)}`;
}
