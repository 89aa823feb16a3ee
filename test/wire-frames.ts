/** VRRP, ARP, NDP, IGMP and MLD frames made by hand for the tests of rules, each layout from its RFC; defaults are a healthy pair. */
import type { Frame } from '../dissectors/dissect.ts';
import { ipv4Packet, messageV0, messageV1, octets, recordV0, recordV1, u16, u32, udpDatagram } from './sync-message.ts';

export const SECOND = 1_000_000;
/** Where time begins in these tests: 2026-11-21 00:00 UTC. */
export const START = 1_795_219_200 * SECOND;

export const LB1 = { address: '10.0.0.11', v6: 'fe80::b', mac: '02:99:00:00:00:0b' };
export const LB2 = { address: '10.0.0.12', v6: 'fe80::c', mac: '02:99:00:00:00:0c' };
export const HOST = { address: '10.0.0.50', v6: 'fe80::50', mac: '02:99:00:00:00:32' };
export const VIP = '10.0.0.100';
export const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export function macOctets(mac: string): number[] {
  return mac.split(':').map((part) => Number.parseInt(part, 16));
}

/** RFC 1071. */
export function onesComplement(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Seconds after `START` to a moment. */
export const at = (seconds: number): number => START + Math.round(seconds * SECOND);

export interface LinkFields {
  readonly from: string;
  readonly to: string;
  readonly etherType: number;
  readonly vlan?: number;
}

export function link(seconds: number, { from, to, etherType, vlan }: LinkFields, packet: readonly number[]): Frame {
  const tag = vlan === undefined ? [] : [0x81, 0x00, ...u16(vlan)];
  const bytes = Uint8Array.from([...macOctets(to), ...macOctets(from), ...tag, ...u16(etherType), ...packet]);
  return { bytes, linkType: 1, atMicros: at(seconds), originalLength: bytes.length };
}

/** Multicast MAC of a group: RFC 1112 section 6.4, RFC 2464 section 7. */
export function groupMac(group: string): string {
  const all = octets(group);
  const hex = (values: readonly number[]) => values.map((v) => v.toString(16).padStart(2, '0')).join(':');
  return all.length === 4 ? `01:00:5e:${hex([all[1] & 127, all[2], all[3]])}` : `33:33:${hex(all.slice(12))}`;
}

export interface AdvertFields {
  readonly from?: { readonly address: string; readonly mac: string };
  readonly mac?: string;
  readonly version?: 2 | 3;
  readonly type?: number;
  readonly vrid?: number;
  readonly priority?: number;
  readonly addresses?: readonly string[];
  /** In 1/100 s; version 2 counts whole seconds. */
  readonly interval?: number;
  readonly reserved?: number;
  /** Number of the authentication type; version 2. */
  readonly auth?: number;
  readonly password?: string;
  readonly destination?: string;
  readonly linkDestination?: string;
  readonly ttl?: number;
  /** Version 3 over IPv4: without a pseudo-header as RFC 9568, or with one as keepalived and FRR. */
  readonly dialect?: 'v3' | 'v3_pseudo_header' | 'wrong';
  readonly count?: number;
  /** Behind the message, summed up with it. */
  readonly trailer?: readonly number[];
  readonly vlan?: number;
}

function pseudoHeader(source: readonly number[], destination: readonly number[], length: number): number[] {
  return [...source, ...destination, ...u32(length), 0, 0, 0, 112];
}

/** An advert as RFC 3768 section 5 or RFC 9568 section 5 lay it out. */
export function advert(seconds: number, fields: AdvertFields = {}): Frame {
  const { from = LB1, version = 2, type = 1, vrid = 51, priority = 100, addresses = [VIP], interval = 100, reserved = 0, vlan } = fields;
  const v6 = from.address.includes(':');
  const destination = fields.destination ?? (v6 ? 'ff02::12' : '224.0.0.18');
  const auth = fields.auth ?? (fields.password === undefined ? 0 : 1);
  const password = [...(fields.password ?? '').padEnd(8, '\0')].map((c) => c.charCodeAt(0)).slice(0, 8);
  const timing = version === 2 ? [auth, interval / 100] : u16((reserved << 12) | interval);
  const head = [(version << 4) | type, vrid, priority, fields.count ?? addresses.length, ...timing, 0, 0];
  const message = [...head, ...addresses.flatMap(octets), ...(version === 2 ? password : []), ...(fields.trailer ?? [])];
  const ends = [octets(from.address), octets(destination)] as const;
  const withPseudo = v6 || (version === 3 && fields.dialect !== 'v3');
  const sum = onesComplement([...(withPseudo ? pseudoHeader(...ends, message.length) : []), ...message]);
  message.splice(6, 2, ...u16(fields.dialect === 'wrong' ? sum ^ 0x5555 : sum));
  const to = fields.linkDestination ?? groupMac(destination);
  const addressed = { from: fields.mac ?? from.mac, to, ...(vlan === undefined ? {} : { vlan }) };
  return ip(seconds, addressed, ends, { protocol: 112, ttl: fields.ttl ?? 255 }, message);
}

interface IpFields {
  readonly protocol: number;
  readonly ttl: number;
  /** Options of IPv4 or a whole hop-by-hop header of IPv6. */
  readonly options?: readonly number[];
}

function ip(
  seconds: number,
  addressed: Omit<LinkFields, 'etherType'>,
  [source, destination]: readonly [readonly number[], readonly number[]],
  { protocol, ttl, options = [] }: IpFields,
  payload: readonly number[],
): Frame {
  if (source.length === 16) {
    const next = options.length > 0 ? 0 : protocol;
    const head = [0x60, 0, 0, 0, ...u16(options.length + payload.length), next, ttl];
    return link(seconds, { ...addressed, etherType: 0x86dd }, [...head, ...source, ...destination, ...options, ...payload]);
  }
  const length = 20 + options.length;
  const head = [0x40 | (length / 4), 0xc0, ...u16(length + payload.length), 0, 0, 0x40, 0, ttl, protocol];
  const sum = onesComplement([...head, 0, 0, ...source, ...destination, ...options]);
  return link(seconds, { ...addressed, etherType: 0x0800 }, [...head, ...u16(sum), ...source, ...destination, ...options, ...payload]);
}

export interface ArpFields {
  readonly operation?: 1 | 2;
  readonly from?: { readonly address: string; readonly mac: string };
  readonly to?: string;
  readonly senderMac?: string;
  readonly senderAddress?: string;
  readonly targetMac?: string;
  readonly targetAddress?: string;
  readonly vlan?: number;
}

/** RFC 826; by default who asks for the VIP. */
export function arp(seconds: number, fields: ArpFields = {}): Frame {
  const { operation = 1, from = HOST, to = BROADCAST, vlan } = fields;
  const sender = [...macOctets(fields.senderMac ?? from.mac), ...octets(fields.senderAddress ?? from.address)];
  const target = [...macOctets(fields.targetMac ?? '00:00:00:00:00:00'), ...octets(fields.targetAddress ?? VIP)];
  const addressed = { from: from.mac, to, etherType: 0x0806, ...(vlan === undefined ? {} : { vlan }) };
  return link(seconds, addressed, [0, 1, 0x08, 0, 6, 4, 0, operation, ...sender, ...target]);
}

/** Gratuitous ARP as keepalived sends it: a broadcast request, sender and target both the address (RFC 5227 section 2.3). */
export function gratuitousArp(seconds: number, mac: string, address = VIP): Frame {
  return arp(seconds, { from: { address, mac }, senderAddress: address, targetAddress: address, targetMac: BROADCAST });
}

type GroupRecord = readonly ['is_in' | 'is_ex' | 'to_in' | 'to_ex' | 'allow' | 'block', string, ...string[]];
const RECORD_TYPES = ['is_in', 'is_ex', 'to_in', 'to_ex', 'allow', 'block'];

const recordOctets = ([kind, group, ...sources]: GroupRecord): number[] => [
  RECORD_TYPES.indexOf(kind) + 1,
  0,
  ...u16(sources.length),
  ...octets(group),
  ...sources.flatMap(octets),
];

export interface HostFields {
  readonly from?: { readonly address: string; readonly mac: string };
  readonly vlan?: number;
}

const ROUTER_ALERT = [0x94, 4, 0, 0];

/** Any IGMP message, checksum filled in, with Router Alert (RFC 2113). */
export function igmpMessage(
  seconds: number,
  message: readonly number[],
  destination: string,
  { from = LB2, vlan }: HostFields = {},
): Frame {
  const body = [...message];
  body.splice(2, 2, ...u16(onesComplement(message)));
  const ends = [octets(from.address), octets(destination)] as const;
  const addressed = { from: from.mac, to: groupMac(destination), ...(vlan === undefined ? {} : { vlan }) };
  return ip(seconds, addressed, ends, { protocol: 2, ttl: 1, options: ROUTER_ALERT }, body);
}

/** Version 3, RFC 3376 section 4.2. */
export function igmpReport(seconds: number, records: readonly GroupRecord[], fields: HostFields = {}): Frame {
  return igmpMessage(seconds, [0x22, 0, 0, 0, 0, 0, ...u16(records.length), ...records.flatMap(recordOctets)], '224.0.0.22', fields);
}

export const join = (seconds: number, group: string, fields: HostFields = {}): Frame => igmpReport(seconds, [['to_ex', group]], fields);
export const leave = (seconds: number, group: string, fields: HostFields = {}): Frame => igmpReport(seconds, [['to_in', group]], fields);

/** Version 3 general query, RFC 3376 section 4.1: 10 s to answer, robustness 2, every 125 s. */
export function igmpQuery(seconds: number, fields: HostFields = {}): Frame {
  return igmpMessage(seconds, [0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0], '224.0.0.1', { from: HOST, ...fields });
}

/** Any ICMPv6 message, checksum filled in (RFC 4443 section 2.3). */
export function icmpv6(
  seconds: number,
  message: readonly number[],
  {
    source,
    destination,
    mac,
    hopLimit,
    hopByHop = [],
  }: { source: string; destination: string; mac: string; hopLimit: number; hopByHop?: readonly number[] },
): Frame {
  const ends = [octets(source), octets(destination)] as const;
  const body = [...message];
  body.splice(2, 2, ...u16(onesComplement([...ends[0], ...ends[1], ...u32(message.length), 0, 0, 0, 58, ...message])));
  return ip(seconds, { from: mac, to: groupMac(destination) }, ends, { protocol: 58, ttl: hopLimit, options: hopByHop }, body);
}

/** Hop-by-hop header with Router Alert, RFC 2711. */
const MLD_ALERT = [58, 0, 5, 2, 0, 0, 1, 0];

/** MLDv2 report, RFC 3810 section 5.2. */
export function mldReport(seconds: number, records: readonly GroupRecord[], from: { v6: string; mac: string } = LB2): Frame {
  const message = [143, 0, 0, 0, 0, 0, ...u16(records.length), ...records.flatMap(recordOctets)];
  return icmpv6(seconds, message, { source: from.v6, destination: 'ff02::16', mac: from.mac, hopLimit: 1, hopByHop: MLD_ALERT });
}

/** Unsolicited neighbor advertisement with Override, RFC 4861 section 7.2.6. */
export function unsolicitedNa(seconds: number, from: { v6: string; mac: string }, target: string): Frame {
  const message = [136, 0, 0, 0, 0x20, 0, 0, 0, ...octets(target), 2, 1, ...macOctets(from.mac)];
  return icmpv6(seconds, message, { source: from.v6, destination: 'ff02::1', mac: from.mac, hopLimit: 255 });
}

export interface SyncFields extends HostFields {
  readonly syncid?: number;
  readonly version?: 0 | 1;
  /** Of that version; by default one established session. */
  readonly records?: readonly number[][];
  readonly group?: string;
}

/** A datagram of connection sync. */
export function sync(seconds: number, fields: SyncFields = {}): Frame {
  const { from = LB1, syncid = 51, version = 1, records, vlan, group = '224.0.0.81' } = fields;
  const message = version === 1 ? messageV1(records ?? [recordV1()], { syncid }) : messageV0(records ?? [recordV0()], { syncid });
  const packet = ipv4Packet(udpDatagram(message), 17, { source: from.address, group });
  return link(seconds, { from: from.mac, to: groupMac(group), etherType: 0x0800, ...(vlan === undefined ? {} : { vlan }) }, packet);
}
