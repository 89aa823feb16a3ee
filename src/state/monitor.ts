/**
 * Everything lvscope knows, brought up to date by one frame after the other. Pure: the time is the frames' time, and what
 * leaves here (changes, events) is fetched by whoever stores or shows it.
 */
import { addressText, type MacAddress } from '../../dissectors/address.ts';
import type { Dissection, Frame } from '../../dissectors/dissect.ts';
import { createReassembly, type Reassembly } from '../../dissectors/reassembly.ts';
import { Anomalies } from './anomalies.ts';
import { BindingHistories } from './binding-history.ts';
import { Checks } from './checks.ts';
import { type Daemon, Daemons } from './daemons.ts';
import { EventLog, type MonitorEvent, type NewEvent } from './events.ts';
import { Evidence } from './evidence.ts';
import type { Expected } from './expected.ts';
import { Failovers } from './failovers.ts';
import { type GroupNews, Groups } from './groups.ts';
import { type NeighborNews, Neighbors } from './neighbors.ts';
import { routerEvent } from './router-events.ts';
import { RouterHistories } from './router-history.ts';
import { type RouterChange, Routers } from './routers.ts';
import type { World } from './rule.ts';
import { Segments, segmentSubject } from './segments.ts';
import { Sessions } from './sessions.ts';
import { type Sighting, sightingOf } from './sighting.ts';
import { markKnown } from './standing.ts';

export interface MonitorOptions {
  readonly maxSessions: number;
  readonly trackChanges: boolean;
  /** What the operator says should be. */
  readonly expected?: Expected | null;
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
  /** The frame itself, for the evidence of events; left out where none is kept. */
  readonly captured?: Frame;
}

export interface FrameCounters {
  frames: number;
  octets: number;
  /** Faults that stopped a dissection, by `protocol.code`. */
  readonly faults: Map<string, number>;
  /** Notes of legible but wrong frames, by `protocol.code`. */
  readonly notes: Map<string, number>;
}

export interface Monitor extends World {
  readonly reassembly: Reassembly;
  readonly events: EventLog;
  readonly anomalies: Anomalies;
  readonly failovers: Failovers;
  /** What happened over time. */
  readonly routerHistories: RouterHistories;
  readonly bindingHistories: BindingHistories;
  readonly evidence: Evidence;
  readonly checks: Checks;
  /** Link-layer addresses of our own ports; the live source adds them. */
  readonly own: Set<MacAddress>;
  readonly counters: FrameCounters;
  /** What the frames so far had; without it rules that need it read `unknown`. */
  readonly sees: { network: boolean; link: boolean };
  /** Time of the first frame and the present time, that of the latest one or later; null before the first. It goes back only when the clock was set back. */
  readonly clock: { firstMicros: number | null; nowMicros: number | null };
  observe(dissection: Dissection, origin: FrameOrigin): void;
  /** Moves time on without a frame: what was due by then has happened. */
  advance(nowMicros: number): void;
  /** Up to now nobody listened on this interface (null: on any), so that no advert says nothing of a master. To be said before `advance`. */
  unheard(name: string | null, nowMicros: number): void;
  /** Logs what happened outside the frames. */
  log(event: NewEvent): MonitorEvent;
}

/** Frames of several interfaces come out of order by less. */
const MOST_SECONDS = 60;
/** So many frames in a row from before, over so long by their own time: the clock was set back. */
const BEHIND_FRAMES = 16;
const BEHIND_MICROS = 10_000_000;
const SECOND = 1_000_000;

function count(map: Map<string, number>, protocol: string, code: string): void {
  const name = `${protocol}.${code}`;
  map.set(name, (map.get(name) ?? 0) + 1);
}

export function createMonitor(options: MonitorOptions): Monitor {
  const own = new Set<MacAddress>();
  const evidence = new Evidence();
  const world = {
    segments: new Segments(),
    daemons: new Daemons(),
    routers: new Routers(),
    neighbors: new Neighbors(),
    groups: new Groups(own),
    sessions: new Sessions(options),
    reassembly: createReassembly(),
    expected: options.expected ?? null,
    own,
    frameAt: (atMicros: number) => evidence.frameAt(atMicros),
  };
  const { segments, daemons, routers, neighbors, groups, sessions, reassembly } = world;
  const events = new EventLog();
  const anomalies = new Anomalies();
  const failovers = new Failovers(world, events);
  const routerHistories = new RouterHistories();
  const bindingHistories = new BindingHistories(sessions.bindings);
  const checks = new Checks(world, anomalies, log);
  const counters: FrameCounters = { frames: 0, octets: 0, faults: new Map(), notes: new Map() };
  const sees: Monitor['sees'] = { network: false, link: false };
  const clock: Monitor['clock'] = { firstMicros: null, nowMicros: null };
  /** The last whole second that the checks were told of. */
  let second: number | null = null;
  /** The frames in a row that were captured long before it. */
  let behind: { frames: number; readonly sinceMicros: number } | null = null;

  function log(event: NewEvent): MonitorEvent {
    const logged = events.append(event);
    evidence.keep(logged);
    failovers.event(logged);
    return logged;
  }

  function observe(dissection: Dissection, origin: FrameOrigin): void {
    const { atMicros, number, headersSeen } = origin;
    clock.firstMicros ??= atMicros;
    clock.nowMicros = Math.max(clock.nowMicros ?? 0, atMicros);
    counters.frames++;
    counters.octets += origin.octets;
    if (origin.captured) evidence.offer(origin.captured, dissection, number, origin.interface);
    passSeconds(atMicros, false);
    const { fault, notes } = dissection;
    if (fault) count(counters.faults, fault.protocol, fault.code);
    for (const note of notes) count(counters.notes, note.protocol, note.code);
    const sighting = sightingOf(dissection, origin, segments);
    sees.network ||= headersSeen;
    sees.link ||= sighting.link && headersSeen;
    if (sighting.ipvs) observeSync(sighting, headersSeen);
    if (sighting.vrrp) observeAdvert(sighting);
    if (sighting.arp || sighting.ndp) for (const news of neighbors.observe(sighting)) noteNeighbor(news, sighting);
    if (sighting.igmp || sighting.mld) noteGroups(groups.observe(sighting));
    if (!sighting.ipvs || fault || notes.length > 0) checks.frame(sighting);
  }

  function observeAdvert(sighting: Sighting): void {
    const { atMicros, segment, mac, network, vrrp, frame } = sighting;
    if (!vrrp || !network) return;
    // What was due before this advert happened before it.
    noteRouterChanges(routers.advance(atMicros));
    const { source, destination, ttl } = network;
    noteRouterChanges(routers.advert({ atMicros, segment: segment.index, mac, source, destination, ttl, vrrp, frame }));
    const accepted = routers.accepted(sighting);
    if (accepted) routerHistories.advert(accepted.router, accepted.sender);
    checks.advert(sighting);
  }

  function noteRouterChanges(changes: readonly RouterChange[]): void {
    for (const change of changes) {
      const event = log(routerEvent(change, segments.all[change.router.segment]));
      failovers.change(change, event);
      routerHistories.change(change);
      checks.change(change);
    }
  }

  function noteNeighbor(news: NeighborNews, sighting: Sighting): void {
    failovers.neighbor(news, sighting);
    checks.neighbor(news, sighting);
  }

  function noteGroups(all: readonly GroupNews[]): void {
    for (const news of all) checks.group(news);
  }

  function observeSync(sighting: Sighting, headersSeen: boolean): void {
    const { atMicros, segment, ipvs, udp, network, mac } = sighting;
    if (!ipvs || !udp || !network) return;
    const { daemon, isNew } = daemons.seen({
      atMicros,
      segment: segment.index,
      source: network.source,
      group: network.destination,
      port: udp.destinationPort,
      mac,
      ttl: headersSeen ? network.ttl : null,
      syncid: ipvs.syncid,
      version: ipvs.version,
      records: ipvs.records.length,
      octets: ipvs.size,
      sourcePort: udp.sourcePort,
      id: headersSeen && network.protocol === 'ipv4' ? network.id : null,
      frame: sighting.frame,
    });
    if (isNew) noteSender(daemon, sighting);
    sessions.apply(ipvs, { atMicros, daemon: daemon.index, segment: segment.index });
    checks.sync(sighting, daemon.index);
  }

  function noteSender(daemon: Daemon, { atMicros, segment, frame }: Sighting): void {
    const { syncid, version } = daemon;
    const address = addressText(daemon.address);
    const group = addressText(daemon.group);
    log({
      atMicros,
      kind: 'ipvs.sender_seen',
      severity: 'info',
      text: `${address} sends connection sync version ${version} to ${group}, syncid ${syncid}`,
      subject: { address, ...segmentSubject(segment) },
      details: { daemon: daemon.index, syncid, version, group },
      frames: [frame],
    });
  }

  /**
   * Tells of every whole second up to a moment, so that live capture and replay come to the same at the same times; of a long
   * gap of the first, the third, the seventh and so on. A few frames of another time are no step back of the clock, and the clock itself never errs.
   */
  function passSeconds(nowMicros: number, isClock: boolean): void {
    const last = Math.floor(nowMicros / SECOND);
    second ??= last;
    if (last < second - MOST_SECONDS) {
      behind ??= { frames: 0, sinceMicros: nowMicros };
      behind.frames++;
      if (isClock || (behind.frames >= BEHIND_FRAMES && nowMicros - behind.sinceMicros >= BEHIND_MICROS)) setBack(nowMicros);
    } else behind = null;
    const growth = last - second > MOST_SECONDS ? 2 : 1;
    for (let step = 1; second < last; step *= growth) {
      second = Math.min(last, second + step);
      passSecond(second * SECOND);
    }
  }

  function setBack(nowMicros: number): void {
    second = Math.floor(nowMicros / SECOND);
    clock.nowMicros = nowMicros;
    behind = null;
  }

  function passSecond(nowMicros: number): void {
    evidence.silence(nowMicros);
    // Also while no sync comes: rules ask how many are left.
    sessions.advance(nowMicros);
    bindingHistories.second(nowMicros);
    noteRouterChanges(routers.advance(nowMicros));
    noteGroups(groups.advance(nowMicros));
    failovers.advance(nowMicros);
    markKnown(world, sessions.eviction.known, nowMicros);
    checks.second(nowMicros);
  }

  function advance(nowMicros: number): void {
    clock.nowMicros = Math.max(clock.nowMicros ?? 0, nowMicros);
    reassembly.expire(nowMicros);
    if (clock.firstMicros !== null) passSeconds(nowMicros, true);
    sessions.settle(nowMicros);
    if (clock.firstMicros === null) return;
    evidence.silence(nowMicros);
    noteRouterChanges(routers.advance(nowMicros));
  }

  function unheard(name: string | null, nowMicros: number): void {
    const concerned = segments.all.filter((segment) => name === null || segment.interface === name);
    routers.unheard(new Set(concerned.map(({ index }) => index)), nowMicros);
  }

  const noted = { events, anomalies, failovers, routerHistories, bindingHistories, evidence, checks, counters, sees, clock };
  return { ...world, ...noted, observe, advance, unheard, log };
}
