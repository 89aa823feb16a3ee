/**
 * Everything lvscope knows, brought up to date by one frame after the other. Pure: the time is the frames' time, and what
 * leaves here (changes, events) is fetched by whoever stores or shows it.
 */
import { addressText, type MacAddress } from '../../dissectors/address.ts';
import type { Dissection } from '../../dissectors/dissect.ts';
import type { Ipv4 } from '../../dissectors/ipv4.ts';
import type { Ipv6 } from '../../dissectors/ipv6.ts';
import type { Ipvs } from '../../dissectors/ipvs.ts';
import { createReassembly, type Reassembly } from '../../dissectors/reassembly.ts';
import type { Udp } from '../../dissectors/udp.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';
import { Daemons } from './daemons.ts';
import { EventLog } from './events.ts';
import { routerEvent } from './router-events.ts';
import { type RouterChange, Routers } from './routers.ts';
import { type Segment, Segments, segmentSubject } from './segments.ts';
import { Sessions } from './sessions.ts';

export interface MonitorOptions {
  readonly maxSessions: number;
  readonly trackChanges: boolean;
}

/** Where and when a frame was captured. */
export interface FrameOrigin {
  readonly atMicros: number;
  readonly interface: string | null;
  /** Number of the frame in its capture, from 1. */
  readonly number: number;
  readonly octets: number;
  /** False for sources that make the IP header up (plain UDP sockets): then the TTL says nothing. */
  readonly headersSeen: boolean;
}

export interface FrameCounters {
  frames: number;
  octets: number;
  /** Faults that stopped a dissection, by `protocol.code`. */
  readonly faults: Map<string, number>;
  /** Notes of legible but wrong frames, by `protocol.code`. */
  readonly notes: Map<string, number>;
}

export interface Monitor {
  readonly reassembly: Reassembly;
  readonly sessions: Sessions;
  readonly segments: Segments;
  readonly daemons: Daemons;
  readonly routers: Routers;
  readonly events: EventLog;
  readonly counters: FrameCounters;
  /** Time of the first and the latest frame; null before the first. */
  readonly clock: { firstMicros: number | null; nowMicros: number | null };
  observe(dissection: Dissection, origin: FrameOrigin): void;
  /** Moves time on without a frame: what was due by then has happened. */
  advance(nowMicros: number): void;
}

/** The layers of a frame by what they tell; filled in one pass. */
interface Layers {
  mac: MacAddress | null;
  vlan: number | null;
  network: Ipv4 | Ipv6 | null;
  udp: Udp | null;
  ipvs: Ipvs | null;
  vrrp: Vrrp | null;
}

function sort(dissection: Dissection): Layers {
  const found: Layers = { mac: null, vlan: null, network: null, udp: null, ipvs: null, vrrp: null };
  for (const layer of dissection.layers) {
    switch (layer.protocol) {
      case 'ethernet':
      case 'sll':
      case 'sll2':
        found.mac = layer.source;
        break;
      case 'vlan':
        found.vlan = layer.id;
        break;
      case 'ipv4':
      case 'ipv6':
        found.network = layer;
        break;
      case 'udp':
        found.udp = layer;
        break;
      case 'ipvs':
        found.ipvs = layer;
        break;
      case 'vrrp':
        found.vrrp = layer;
        break;
    }
  }
  return found;
}

function count(map: Map<string, number>, protocol: string, code: string): void {
  const name = `${protocol}.${code}`;
  map.set(name, (map.get(name) ?? 0) + 1);
}

export function createMonitor(options: MonitorOptions): Monitor {
  const reassembly = createReassembly();
  const sessions = new Sessions(options);
  const segments = new Segments();
  const daemons = new Daemons();
  const routers = new Routers();
  const events = new EventLog();
  const counters: FrameCounters = { frames: 0, octets: 0, faults: new Map(), notes: new Map() };
  const clock: Monitor['clock'] = { firstMicros: null, nowMicros: null };
  let tableFull = false;

  function observe(dissection: Dissection, origin: FrameOrigin): void {
    clock.firstMicros ??= origin.atMicros;
    clock.nowMicros = Math.max(clock.nowMicros ?? 0, origin.atMicros);
    counters.frames++;
    counters.octets += origin.octets;
    if (dissection.fault) count(counters.faults, dissection.fault.protocol, dissection.fault.code);
    for (const note of dissection.notes) count(counters.notes, note.protocol, note.code);
    const layers = sort(dissection);
    const segment = segments.find(origin.interface, layers.vlan);
    if (layers.ipvs && layers.udp && layers.network) observeSync(layers.ipvs, layers.udp, layers.network, layers.mac, segment, origin);
    if (layers.vrrp && layers.network) observeAdvert(layers.vrrp, layers.network, layers.mac, segment, origin);
  }

  function observeAdvert(vrrp: Vrrp, network: Ipv4 | Ipv6, mac: MacAddress | null, segment: Segment, origin: FrameOrigin): void {
    const { atMicros, number: frame } = origin;
    // What was due before this advert happened before it.
    noteRouterChanges(routers.advance(atMicros));
    const { source, destination, ttl } = network;
    noteRouterChanges(routers.advert({ atMicros, segment: segment.index, mac, source, destination, ttl, vrrp, frame }));
  }

  function noteRouterChanges(changes: readonly RouterChange[]): void {
    for (const change of changes) events.append(routerEvent(change, segments.all[change.router.segment]));
  }

  function observeSync(ipvs: Ipvs, udp: Udp, network: Ipv4 | Ipv6, mac: MacAddress | null, segment: Segment, origin: FrameOrigin): void {
    const { daemon, isNew } = daemons.seen({
      atMicros: origin.atMicros,
      segment: segment.index,
      source: network.source,
      group: network.destination,
      port: udp.destinationPort,
      mac,
      ttl: origin.headersSeen ? network.ttl : null,
      syncid: ipvs.syncid,
      version: ipvs.version,
      records: ipvs.records.length,
      octets: ipvs.size,
    });
    if (isNew) noteSender(daemon.index, ipvs, network, segment, origin);
    sessions.apply(ipvs, { atMicros: origin.atMicros, daemon: daemon.index, segment: segment.index });
    if (sessions.counters.refused > 0 && !tableFull) noteTableFull(origin);
  }

  function noteSender(daemon: number, ipvs: Ipvs, network: Ipv4 | Ipv6, segment: Segment, origin: FrameOrigin): void {
    const address = addressText(network.source);
    const group = addressText(network.destination);
    events.append({
      atMicros: origin.atMicros,
      kind: 'ipvs.sender_seen',
      severity: 'info',
      text: `${address} sends connection sync version ${ipvs.version} to ${group}, syncid ${ipvs.syncid}`,
      subject: { address, daemon: String(daemon), ...segmentSubject(segment) },
      details: { syncid: ipvs.syncid, version: ipvs.version, group },
      frames: [origin.number],
    });
  }

  function noteTableFull(origin: FrameOrigin): void {
    tableFull = true;
    events.append({
      atMicros: origin.atMicros,
      kind: 'ipvs.table_full',
      severity: 'warning',
      text: `the connection table is full with ${sessions.maxSessions} sessions; new ones are counted and not kept`,
      details: { maxSessions: sessions.maxSessions },
      frames: [origin.number],
    });
  }

  function advance(nowMicros: number): void {
    clock.nowMicros = Math.max(clock.nowMicros ?? 0, nowMicros);
    reassembly.expire(nowMicros);
    sessions.settle(nowMicros);
    noteRouterChanges(routers.advance(nowMicros));
  }

  return { reassembly, sessions, segments, daemons, routers, events, counters, clock, observe, advance };
}
