/** Who listens to which multicast group, and who asks, from IGMP (RFC 3376, RFC 2236, RFC 1112) and MLD (RFC 3810, RFC 2710). */
import { type Address, addressText, type Family, familyOf, keptAddress, type MacAddress, sameAddress } from '../../dissectors/address.ts';
import type { GroupRecord } from '../../dissectors/group-records.ts';
import { heardQuery, isCurrent, type Querier, type Query, queryOf } from './queriers.ts';
import type { Sighting } from './sighting.ts';

/** A host's interface, as its frames name it. */
export interface Host {
  readonly address: Address;
  readonly mac: MacAddress | null;
}

export interface Member extends Host {
  /** Unspecified until it reports from an address of its own. */
  address: Address;
  /** Of its last report. */
  version: 1 | 2 | 3;
  readonly firstMicros: number;
  lastMicros: number;
  /** When it is forgotten unless it reports again; infinite while no querier asks. */
  expiresMicros: number;
  readonly firstFrame: number;
  lastFrame: number;
}

/** One that listened, or said that it listens no more. */
export interface Departure extends Host {
  readonly atMicros: number;
}

export interface Group {
  readonly segment: number;
  readonly group: Address;
  readonly members: Member[];
  /** Who left or expired since it joined last, the latest last. */
  readonly departures: Departure[];
}

export interface GroupNews {
  readonly kind: 'joined' | 'left' | 'expired' | 'querier_appeared' | 'querier_changed' | 'querier_lost';
  readonly atMicros: number;
  /** Null when it was silence. */
  readonly frame: number | null;
  readonly segment: number;
  /** Null for news of queriers. */
  readonly group: Address | null;
  readonly address: Address;
  readonly mac: MacAddress | null;
  /** Number of the frame that showed the state before (member, or querier); null when nothing was known. */
  readonly beforeFrame: number | null;
}

const MOST_GROUPS = 4096;
const MOST_MEMBERS = 256;
const MOST_DEPARTURES = 64;

/** The same interface: by MAC where both are known, since hosts report from `::` or 0.0.0.0 while they have no address. */
export function sameHost(a: Host, b: Host): boolean {
  return a.mac !== null && b.mac !== null ? a.mac === b.mac : sameAddress(a.address, b.address);
}

export const isUnspecified = (address: Address): boolean =>
  typeof address === 'number' ? address === 0 : address.every((octet) => octet === 0);

const keyOf = (segment: number, group: Address): string => `${segment} ${addressText(group)}`;

/** ff02::1:ff00:0/104: every IPv6 host is in one for each of its addresses, and that tells nothing here. */
function isSolicitedNode(group: Address): boolean {
  if (typeof group === 'number') return false;
  const prefix = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];
  return prefix.every((octet, i) => group[i] === octet);
}

/** What a record says of its sender: it listens, listens no more, or neither (RFC 3376 section 4.2.12). */
function meaningOf({ kind, sources }: GroupRecord): 'join' | 'leave' | null {
  if (kind === 'is_ex' || kind === 'to_ex') return 'join';
  if (kind === 'block') return null;
  if (sources.length > 0) return 'join';
  return kind === 'to_in' ? 'leave' : null;
}

/** Reports of these versions silence those of the other members: RFC 2236 section 3, RFC 2710 section 4. */
const silencesOthers = (family: Family, version: number): boolean => version < (family === 'ipv4' ? 3 : 2);

interface Statement {
  readonly group: Address;
  readonly means: 'join' | 'leave';
}

/** What a report or leave says, group by group; none for a query. */
function statementsOf({ igmp, mld }: Sighting): Statement[] {
  const message = igmp ?? mld;
  if (!message || message.kind === 'query') return [];
  const { group, records } = message;
  if (message.version === (igmp ? 3 : 2))
    return records.flatMap((record) => {
      const means = meaningOf(record);
      return means ? [{ group: record.group, means }] : [];
    });
  return group === null ? [] : [{ group, means: message.kind === 'report' ? 'join' : 'leave' }];
}

export class Groups {
  readonly all: Group[] = [];
  readonly queriers: Querier[] = [];
  /** Reports of groups or members beyond the bounds. */
  overflowed = 0;
  readonly #byKey = new Map<string, Group>();
  /** What lvscope's own ports join is nobody's. */
  readonly #own: ReadonlySet<MacAddress>;
  /** No member and no querier falls due before. */
  #dueMicros = Number.POSITIVE_INFINITY;

  constructor(own: ReadonlySet<MacAddress>) {
    this.#own = own;
  }

  /** Those who listen to a group now, lvscope itself not counted. */
  members(segment: number, group: Address): readonly Member[] {
    return this.#byKey.get(keyOf(segment, group))?.members ?? [];
  }

  /** When and that a host left a group, or was not heard any more, and did not join again. */
  departure(segment: number, group: Address, host: Host): Departure | null {
    return this.#byKey.get(keyOf(segment, group))?.departures.find((gone) => sameHost(gone, host)) ?? null;
  }

  /** The one that asks on this segment; null when none was heard lately, so that silence says nothing. */
  querier(segment: number, family: Family): Querier | null {
    return this.queriers.find((q) => q.segment === segment && q.family === family) ?? null;
  }

  /**
   * Why it cannot be told at a moment that nobody else listens to a group; null when it can. That takes two rounds of
   * questions, in a version in which every member answers, and answers that reach this port.
   */
  blindness(segment: number, family: Family, nowMicros: number): string | null {
    const querier = this.querier(segment, family);
    const protocol = family === 'ipv4' ? 'IGMP' : 'MLD';
    if (!querier) return `no ${protocol} querier asks who listens, so those who joined unseen stay unseen`;
    if (silencesOthers(family, querier.version))
      return `the ${protocol} querier asks in version ${querier.version}, in which only one member of a group answers`;
    if (nowMicros - querier.askedSinceMicros < 2 * querier.intervalMicros)
      return `the ${protocol} querier has not asked for two of its intervals yet`;
    if (querier.answeredMicros === null || nowMicros - querier.answeredMicros > querier.membershipMicros)
      return `no ${protocol} answer of any host reaches this port; the switch may show them to routers only`;
    return null;
  }

  /** Takes a frame with an IGMP or MLD layer. */
  observe(sighting: Sighting): GroupNews[] {
    const { network, mac, notes } = sighting;
    // Receivers drop it.
    if (!network || notes.some(({ code }) => code === 'checksum')) return [];
    const query = queryOf(sighting);
    if (query) return this.#query(query);
    const isOwn = mac !== null && this.#own.has(mac);
    const querier = this.querier(sighting.segment.index, familyOf(network.source));
    if (querier && !isOwn) Object.assign(querier, { answeredMicros: sighting.atMicros, answeredFrame: sighting.frame });
    return statementsOf(sighting).flatMap(({ group, means }) => {
      if (isSolicitedNode(group)) return [];
      if (means === 'join') this.#silenced(group, sighting);
      if (isOwn) return [];
      return means === 'join' ? this.#join(group, sighting) : this.#leave(group, sighting);
    });
  }

  /** What time tells: members and queriers not heard for too long. */
  advance(nowMicros: number): GroupNews[] {
    if (nowMicros < this.#dueMicros) return [];
    const news = this.#loseQueriers(nowMicros);
    for (const group of this.all) news.push(...this.#expire(group, nowMicros));
    this.#dueMicros = Math.min(
      ...this.queriers.map(({ lostMicros }) => lostMicros),
      ...this.all.map(({ members }) => members.reduce((due, { expiresMicros }) => Math.min(due, expiresMicros), Number.POSITIVE_INFINITY)),
    );
    return news;
  }

  #join(address: Address, sighting: Sighting): GroupNews[] {
    const { atMicros, frame, segment, mac, network } = sighting;
    const group = this.#find(segment.index, address);
    if (!group || !network) return [];
    const host = { address: network.source, mac };
    const version = (sighting.igmp ?? sighting.mld)?.version ?? 1;
    const expiresMicros = this.#expiry(segment.index, familyOf(network.source), atMicros);
    const known = group.members.find((member) => sameHost(member, host));
    if (known) {
      if (!isUnspecified(host.address)) known.address = keptAddress(host.address);
      Object.assign(known, { version, lastMicros: atMicros, expiresMicros, lastFrame: frame });
      return [];
    }
    if (group.members.length >= MOST_MEMBERS) {
      this.overflowed++;
      return [];
    }
    forgetDeparture(group, host);
    const times = { firstMicros: atMicros, lastMicros: atMicros, expiresMicros, firstFrame: frame, lastFrame: frame };
    const member: Member = { address: keptAddress(host.address), mac, version, ...times };
    group.members.push(member);
    return [{ kind: 'joined', atMicros, frame, segment: segment.index, group: group.group, ...hostOf(member), beforeFrame: null }];
  }

  #leave(address: Address, { atMicros, frame, segment, mac, network }: Sighting): GroupNews[] {
    const group = this.#find(segment.index, address);
    if (!group || !network) return [];
    const host = { address: keptAddress(network.source), mac };
    const index = group.members.findIndex((member) => sameHost(member, host));
    // Said more than once, lest it get lost.
    if (index < 0 && group.departures.some((gone) => sameHost(gone, host))) return [];
    const [member] = index < 0 ? [] : group.members.splice(index, 1);
    const who = member ? hostOf(member) : host;
    depart(group, { ...who, atMicros });
    const beforeFrame = member?.lastFrame ?? null;
    return [{ kind: 'left', atMicros, frame, segment: segment.index, group: group.group, ...who, beforeFrame }];
  }

  /** Members that would have reported had not this one: they are as good as heard. */
  #silenced(address: Address, { atMicros, segment, igmp, mld }: Sighting): void {
    const family = familyOf(address);
    if (!silencesOthers(family, (igmp ?? mld)?.version ?? 1)) return;
    const expiresMicros = this.#expiry(segment.index, family, atMicros);
    for (const member of this.#byKey.get(keyOf(segment.index, address))?.members ?? []) member.expiresMicros = expiresMicros;
  }

  #expiry(segment: number, family: Family, atMicros: number): number {
    const querier = this.querier(segment, family);
    const expiresMicros = querier ? atMicros + querier.membershipMicros : Number.POSITIVE_INFINITY;
    this.#dueMicros = Math.min(this.#dueMicros, expiresMicros);
    return expiresMicros;
  }

  #query(query: Query): GroupNews[] {
    const { segment, family, atMicros, frame } = query;
    const index = this.queriers.findIndex((q) => q.segment === segment && q.family === family);
    const before = index < 0 ? null : this.queriers[index];
    const querier = heardQuery(before, query);
    this.#dueMicros = Math.min(this.#dueMicros, querier.lostMicros);
    const news = { atMicros, frame, segment, group: null, ...hostOf(querier) };
    if (!before) {
      this.queriers.push(querier);
      this.#setExpiry(querier, atMicros + querier.membershipMicros);
      return [{ ...news, kind: 'querier_appeared', beforeFrame: null }];
    }
    if (querier === before) return [];
    this.queriers[index] = querier;
    return [{ ...news, kind: 'querier_changed', beforeFrame: before.lastFrame }];
  }

  #loseQueriers(nowMicros: number): GroupNews[] {
    const lost = this.queriers.filter((querier) => !isCurrent(querier, nowMicros));
    return lost.map((querier) => {
      this.queriers.splice(this.queriers.indexOf(querier), 1);
      this.#setExpiry(querier, Number.POSITIVE_INFINITY);
      const { lostMicros: atMicros, segment, lastFrame: beforeFrame } = querier;
      return { kind: 'querier_lost', atMicros, frame: null, segment, group: null, ...hostOf(querier), beforeFrame };
    });
  }

  /** Members are forgotten only while somebody asks. */
  #setExpiry({ segment, family }: Querier, expiresMicros: number): void {
    this.#dueMicros = Math.min(this.#dueMicros, expiresMicros);
    const concerned = this.all.filter((group) => group.segment === segment && familyOf(group.group) === family);
    for (const { members } of concerned) for (const member of members) member.expiresMicros = expiresMicros;
  }

  #expire(group: Group, nowMicros: number): GroupNews[] {
    const { members, segment } = group;
    if (!members.some((member) => member.expiresMicros <= nowMicros)) return [];
    const gone = members.filter((member) => member.expiresMicros <= nowMicros);
    members.splice(0, members.length, ...members.filter((member) => member.expiresMicros > nowMicros));
    return gone.map((member) => {
      const { expiresMicros: atMicros, lastFrame: beforeFrame } = member;
      depart(group, { ...hostOf(member), atMicros });
      return { kind: 'expired', atMicros, frame: null, segment, group: group.group, ...hostOf(member), beforeFrame };
    });
  }

  #find(segment: number, address: Address): Group | null {
    const key = keyOf(segment, address);
    const known = this.#byKey.get(key);
    if (known) return known;
    if (this.all.length >= MOST_GROUPS) {
      this.overflowed++;
      return null;
    }
    const group: Group = { segment, group: keptAddress(address), members: [], departures: [] };
    this.all.push(group);
    this.#byKey.set(key, group);
    return group;
  }
}

const hostOf = ({ address, mac }: Host): Host => ({ address, mac });

function forgetDeparture({ departures }: Group, host: Host): void {
  const index = departures.findIndex((gone) => sameHost(gone, host));
  if (index >= 0) departures.splice(index, 1);
}

function depart(group: Group, departure: Departure): void {
  forgetDeparture(group, departure);
  group.departures.push(departure);
  if (group.departures.length > MOST_DEPARTURES) group.departures.shift();
}
