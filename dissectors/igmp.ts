/** IGMP versions 1 (RFC 1112 appendix I), 2 (RFC 2236) and 3 (RFC 3376): who listens to which multicast group. */
import { type Ipv4Address, ipv4Text } from './address.ts';
import { onesSum } from './checksum.ts';
import type { Dissector, Packet } from './dissector.ts';
import { floatCode, type GroupRecord, readGroupRecords, readSources } from './group-records.ts';
import { type Reader, Stop } from './reader.ts';

export interface Igmp {
  readonly protocol: 'igmp';
  readonly version: 1 | 2 | 3;
  readonly kind: 'query' | 'report' | 'leave';
  /** The group asked for, joined or left; 0 in a general query and in a version 3 report. */
  readonly group: Ipv4Address;
  /** Queries of version 2 and 3: time to answer, in 1/10 s; otherwise null. */
  readonly maxResponseDeciseconds: number | null;
  /** Version 3 queries: the querier's robustness variable; 0 when it is above 7, null in all other messages. */
  readonly robustness: number | null;
  /** Version 3 queries: seconds between the querier's general queries. */
  readonly queryIntervalSeconds: number | null;
  /** Version 3 queries: sources asked for. */
  readonly sources: readonly Ipv4Address[];
  /** Version 3 reports; empty otherwise. */
  readonly records: readonly GroupRecord[];
}

const QUERY = 0x11;
const V1_REPORT = 0x12;
const V2_REPORT = 0x16;
const LEAVE = 0x17;
const V3_REPORT = 0x22;
const SHORTEST = 8;
const V3_QUERY_OCTETS = 12;
const ROBUSTNESS_MASK = 7;
const ALL_HOSTS = 0xe0000001;
const ALL_ROUTERS = 0xe0000002;
const ALL_V3_ROUTERS = 0xe0000016;
/** What only queries of version 3 tell. */
const UNTOLD = { robustness: null, queryIntervalSeconds: null } as const;

function readQuery(r: Reader, octets: number, code: number): Igmp {
  const group = r.u32();
  const base = { protocol: 'igmp', kind: 'query', group, records: [] } as const;
  // RFC 3376 section 7.1: the length and the code tell the version.
  if (octets < V3_QUERY_OCTETS) {
    const version = code === 0 ? 1 : 2;
    return { ...base, version, maxResponseDeciseconds: version === 1 ? null : code, ...UNTOLD, sources: [] };
  }
  const robustness = r.u8() & ROBUSTNESS_MASK;
  const queryIntervalSeconds = floatCode(r.u8(), 4);
  const sources = readSources(r.u16(), () => r.u32());
  return { ...base, version: 3, maxResponseDeciseconds: floatCode(code, 4), robustness, queryIntervalSeconds, sources };
}

function readMembership(r: Reader, type: number): Igmp {
  const version = type === V1_REPORT ? 1 : 2;
  const kind = type === LEAVE ? 'leave' : 'report';
  return { protocol: 'igmp', version, kind, group: r.u32(), maxResponseDeciseconds: null, ...UNTOLD, sources: [], records: [] };
}

function readV3Report(r: Reader, packet: Packet): Igmp {
  r.skip(2);
  const records = readGroupRecords(r, packet, r.u16(), () => r.u32());
  return { protocol: 'igmp', version: 3, kind: 'report', group: 0, maxResponseDeciseconds: null, ...UNTOLD, sources: [], records };
}

/** Where a message must be sent: RFC 2236 sections 3 and 9, RFC 3376 sections 4.1.12 and 4.2.14. Some hosts leave by the group itself. */
function isRightDestination({ kind, version, group }: Igmp, destination: Ipv4Address): boolean {
  if (kind === 'query') return destination === (group === 0 ? ALL_HOSTS : group);
  if (kind === 'leave') return destination === ALL_ROUTERS || destination === group;
  return destination === (version === 3 ? ALL_V3_ROUTERS : group);
}

function noteDelivery(packet: Packet, message: Igmp): void {
  const { network } = packet;
  if (network?.protocol !== 'ipv4') return;
  if (network.ttl !== 1) packet.note('ttl', `TTL ${network.ttl} instead of 1`);
  if (message.version !== 1 && !network.routerAlert)
    packet.note('no_router_alert', 'no Router Alert: snooping switches may not look at it');
  if (!isRightDestination(message, network.destination))
    packet.note('bad_dst', `${message.kind} of version ${message.version} sent to ${ipv4Text(network.destination)}`);
}

function readMessage(r: Reader, packet: Packet): Igmp {
  const start = r.pos;
  const octets = r.left;
  r.need(SHORTEST);
  if (onesSum(r.view, start, r.end) !== 0xffff) packet.note('checksum', 'wrong checksum');
  const type = r.u8();
  const code = r.u8();
  r.skip(2);
  switch (type) {
    case QUERY:
      return readQuery(r, octets, code);
    case V1_REPORT:
    case V2_REPORT:
    case LEAVE:
      return readMembership(r, type);
    case V3_REPORT:
      return readV3Report(r, packet);
    default:
      throw new Stop('type', `type ${type}`, start);
  }
}

export const igmp: Dissector<Igmp> = {
  protocol: 'igmp',
  on: [{ table: 'ipproto', value: 2 }],
  read(r, packet) {
    const message = readMessage(r, packet);
    noteDelivery(packet, message);
    return message;
  },
};
