/** Multicast listener discovery versions 1 (RFC 2710) and 2 (RFC 3810): IGMP's counterpart of IPv6, behind the ICMPv6 header. */
import type { Ipv6Address } from './address.ts';
import type { Dissector, Packet } from './dissector.ts';
import { floatCode, type GroupRecord, readGroupRecords, readSources } from './group-records.ts';
import type { Reader } from './reader.ts';

export interface Mld {
  readonly protocol: 'mld';
  readonly version: 1 | 2;
  readonly kind: 'query' | 'report' | 'done';
  /** The group asked for, joined or left; null in a version 2 report. All zero in a general query. */
  readonly group: Ipv6Address | null;
  /** Queries: time to answer; otherwise null. */
  readonly maxResponseMilliseconds: number | null;
  /** Version 2 queries: the querier's robustness variable; 0 when it is above 7, null in all other messages. */
  readonly robustness: number | null;
  /** Version 2 queries: seconds between the querier's general queries. */
  readonly queryIntervalSeconds: number | null;
  readonly sources: readonly Ipv6Address[];
  /** Version 2 reports; empty otherwise. */
  readonly records: readonly GroupRecord[];
}

const QUERY = 130;
const REPORT = 131;
const DONE = 132;
const V2_REPORT = 143;
/** Behind the 4 octets of ICMPv6; a version 2 query is longer (RFC 3810 section 8.1). */
const V1_OCTETS = 20;
const ROBUSTNESS_MASK = 7;
/** What only queries of version 2 tell. */
const UNTOLD = { robustness: null, queryIntervalSeconds: null } as const;

const address = (r: Reader) => () => r.ipv6().slice();

function readV1(r: Reader, type: number): Mld {
  const delay = r.u16();
  r.skip(2);
  const kind = type === QUERY ? 'query' : type === REPORT ? 'report' : 'done';
  const maxResponseMilliseconds = type === QUERY ? delay : null;
  return { protocol: 'mld', version: 1, kind, group: r.ipv6().slice(), maxResponseMilliseconds, ...UNTOLD, sources: [], records: [] };
}

function readV2Query(r: Reader): Mld {
  const maxResponseMilliseconds = floatCode(r.u16(), 12);
  r.skip(2);
  const group = r.ipv6().slice();
  const robustness = r.u8() & ROBUSTNESS_MASK;
  // RFC 3810 section 5.1.9: coded as in IGMP.
  const queryIntervalSeconds = floatCode(r.u8(), 4);
  const sources = readSources(r.u16(), address(r));
  const timing = { maxResponseMilliseconds, robustness, queryIntervalSeconds };
  return { protocol: 'mld', version: 2, kind: 'query', group, ...timing, sources, records: [] };
}

function readV2Report(r: Reader, packet: Packet): Mld {
  r.skip(2);
  const records = readGroupRecords(r, packet, r.u16(), address(r));
  return { protocol: 'mld', version: 2, kind: 'report', group: null, maxResponseMilliseconds: null, ...UNTOLD, sources: [], records };
}

function read(r: Reader, packet: Packet): Mld {
  const type = packet.selector;
  const { network } = packet;
  // RFC 2710 section 3, RFC 3810 section 5.
  if (network && network.ttl !== 1) packet.note('hop_limit', `hop limit ${network.ttl} instead of 1`);
  if (network && !network.routerAlert) packet.note('no_router_alert', 'no Router Alert: snooping switches may not look at it');
  if (type === V2_REPORT) return readV2Report(r, packet);
  return type === QUERY && r.left > V1_OCTETS ? readV2Query(r) : readV1(r, type);
}

export const mld: Dissector<Mld> = {
  protocol: 'mld',
  on: [QUERY, REPORT, DONE, V2_REPORT].map((value) => ({ table: 'icmpv6' as const, value })),
  read,
};
