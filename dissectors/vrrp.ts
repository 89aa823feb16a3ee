/**
 * VRRP version 2 (RFC 3768 section 5) and 3 (RFC 5798 and 9568 section 5), over IPv4 and IPv6.
 *
 *   v2: version|type  vrid  priority  count  auth type  interval s   checksum16  addresses  8 octets of authentication
 *   v3: version|type  vrid  priority  count  reserved4|interval12 cs  checksum16  addresses
 *
 * keepalived of 2026 may append 28 octets (draft-cassen-vrrp-auth-hmac). Passwords and digests are numbered, never kept.
 */
import { type Address, sameAddress } from './address.ts';
import { type Carp, isCarp, readCarp } from './carp.ts';
import type { Dissector, Packet } from './dissector.ts';
import type { Ipv4 } from './ipv4.ts';
import type { Ipv6 } from './ipv6.ts';
import { type Reader, Stop } from './reader.ts';
import { type ChecksumDialect, checksumDialect } from './vrrp-checksum.ts';

export interface HmacTrailer {
  readonly keyId: number;
  /** UTC seconds, 1/65536 of a second, and a counter within it: grows with every advert of a sender. */
  readonly seconds: number;
  readonly subseconds: number;
  readonly counter: number;
}

export interface Vrrp {
  readonly protocol: 'vrrp';
  readonly version: 2 | 3;
  /** 1 is the advert; there is no other. */
  readonly type: number;
  readonly vrid: number;
  /** 0: the master resigns; 255: the owner of the addresses. */
  readonly priority: number;
  /** Addresses announced; `addresses` may hold fewer when the message is short. */
  readonly count: number;
  /** Version 2 counts whole seconds; here both are in 1/100 s. */
  readonly intervalCentiseconds: number;
  /** Copies: safe to keep. */
  readonly addresses: readonly Address[];
  /** Version 2 only; another number as it is (254: Cisco's MD5). */
  readonly authentication: 'none' | 'pass' | 'ah' | number;
  /** Which of the passwords seen so far it carries, as a number from 1: equal numbers, equal passwords. Null: none, or not looked at. */
  readonly secret: number | null;
  readonly checksum: number;
  /** Null: the checksum is wrong in every dialect. */
  readonly dialect: ChecksumDialect | null;
  readonly hmac: HmacTrailer | null;
}

const HEADER = 8;
const PASS = 1;
const V2_AUTHENTICATION_OCTETS = 8;
const CISCO_MD5 = 254;
const CISCO_MD5_OCTETS = 16;
const HMAC_OCTETS = 28;
const HMAC_TYPE = 1;
const HMAC_DIGEST_OCTETS = 16;
const CHECKSUM_AT = 6;
const ADVERT = 1;
const RIGHT_TTL = 255;
const IPPROTO_AH = 51;
const GROUP_IPV4 = 0xe0000012;
const GROUP_IPV6 = Uint8Array.from([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12]);
const AUTHENTICATION: Readonly<Record<number, Vrrp['authentication']>> = { 0: 'none', 1: 'pass', 2: 'ah' };

function readAddresses(r: Reader, count: number, long: boolean): Address[] {
  const fits = Math.min(count, Math.floor(r.left / (long ? 16 : 4)));
  return Array.from({ length: fits }, () => (long ? r.ipv6().slice() : r.u32()));
}

/** What a frame says of itself before its addresses. */
interface Shape {
  readonly from: number;
  readonly end: number;
  /** End of the message as its header announces it: addresses and authentication, without a trailer. */
  readonly expected: number;
  readonly authenticationOctets: number;
  readonly kind: number;
}

/**
 * The octets behind the addresses: password, digest, and what nobody expects there. Of a message that is too short all
 * behind the header, also where its IP header ends it early: which octets were meant as the password cannot be told.
 */
function hideSecrets(r: Reader, packet: Packet, shape: Shape, hmac: HmacTrailer | null, sumsTrailer: boolean): number | null {
  const { from, end, expected, authenticationOctets, kind } = shape;
  const checksumAt = from + CHECKSUM_AT;
  const hide = (at: number, to: number, number: number | null, sum: number | null): void =>
    packet.hide({ at, octets: to - at, number, checksumAt: sum });
  if (expected > end) {
    hide(from + HEADER, end, null, checksumAt);
    return null;
  }
  const at = expected - authenticationOctets;
  const isPass = authenticationOctets > 0 && kind === PASS;
  const number = isPass ? packet.secretNumber(r.bytes.subarray(at, at + V2_AUTHENTICATION_OCTETS)) : null;
  hide(at, expected, number, checksumAt);
  if (hmac) hide(end - HMAC_DIGEST_OCTETS, end, null, sumsTrailer ? checksumAt : null);
  else hide(expected, end, null, checksumAt);
  return number;
}

/** What lies behind the addresses of version 2. */
function authenticationOctets(version: number, kind: number): number {
  if (version !== 2) return 0;
  return kind === CISCO_MD5 ? V2_AUTHENTICATION_OCTETS + CISCO_MD5_OCTETS : V2_AUTHENTICATION_OCTETS;
}

function readHmac(r: Reader, packet: Packet): HmacTrailer | null {
  if (r.left !== HMAC_OCTETS || r.view.getUint8(r.pos) !== HMAC_TYPE) return null;
  r.skip(1);
  const keyId = r.u8();
  const reserved = r.u16();
  if (reserved !== 0) packet.note('hmac_malformed', `reserved bits of the trailer are ${reserved}`);
  return { keyId, seconds: r.u32(), subseconds: r.u16(), counter: r.u16() };
}

/** RFC 3768 and RFC 9568 section 5.1. A unicast advert may come through routers. */
function noteDelivery(packet: Packet, { destination, ttl }: Ipv4 | Ipv6): void {
  const multicast = typeof destination === 'number' ? destination >>> 28 === 0xe : destination[0] === 0xff;
  if (!multicast) return;
  if (ttl !== RIGHT_TTL) packet.note('ttl', `TTL ${ttl}, receivers drop all but 255`);
  const group = typeof destination === 'number' ? GROUP_IPV4 : GROUP_IPV6;
  if (!sameAddress(destination, group)) packet.note('group_odd', 'sent to another group than 224.0.0.18 or ff02::12');
}

/** The rules of protocol facts section 4 that one packet alone can decide. */
function noteOddities(packet: Packet, advert: Vrrp, reserved: number, network: Ipv4 | Ipv6): void {
  noteDelivery(packet, network);
  const withinAh = network.payloadProtocol === IPPROTO_AH;
  if (withinAh !== (advert.authentication === 'ah'))
    packet.note('auth_type', `${withinAh ? 'an' : 'no'} Authentication Header around authentication ${advert.authentication}`);
  if (advert.type !== ADVERT) packet.note('type', `type ${advert.type} is no advert`);
  if (advert.dialect === null) packet.note('checksum', 'the checksum is wrong in every dialect');
  if (reserved !== 0) packet.note('reserved', `reserved bits are ${reserved}`);
  if (advert.count === 0) packet.note('vip_count', 'announces no address');
  if (advert.intervalCentiseconds === 0) packet.note('interval', 'advert interval 0');
  const first = advert.addresses[0];
  if (first instanceof Uint8Array && (((first[0] << 8) | first[1]) & 0xffc0) !== 0xfe80)
    packet.note('vip_order', 'the first IPv6 address is not link-local');
}

function readAdvert(r: Reader, packet: Packet): Vrrp {
  const { network } = packet;
  if (!network) throw new Stop('network', 'no IP header around it', r.pos);
  const from = r.pos;
  const end = r.end;
  r.need(HEADER);
  const versionAndType = r.u8();
  const version = versionAndType >>> 4;
  if (version !== 2 && version !== 3) throw new Stop('version', `version ${version} is neither 2 nor 3`, from);
  const [vrid, priority, count] = [r.u8(), r.u8(), r.u8()];
  const word = r.u16();
  const checksum = r.u16();
  const long = network.protocol === 'ipv6';
  const kind = version === 2 ? word >>> 8 : 0;
  const addresses = readAddresses(r, count, long);
  const behind = authenticationOctets(version, kind);
  const expected = HEADER + count * (long ? 16 : 4) + behind;
  const whole = end - from >= expected;
  if (whole) r.pos = from + expected;
  const hmac = whole ? readHmac(r, packet) : null;
  // Over IPv6 the kernels of sender and receiver add up all there is; over IPv4 the trailer may lie within the sum or not.
  const ofMessage = hmac && long ? null : checksumDialect(r.view, from, hmac ? from + expected : end, version, network);
  const ofAll = hmac && checksumDialect(r.view, from, end, version, network);
  const shape: Shape = { from, end, expected: from + expected, authenticationOctets: behind, kind };
  const secret = hideSecrets(r, packet, shape, hmac, ofMessage === null && ofAll !== null);
  const advert: Vrrp = {
    protocol: 'vrrp',
    version,
    type: versionAndType & 15,
    vrid,
    priority,
    count,
    intervalCentiseconds: version === 2 ? (word & 0xff) * 100 : word & 0xfff,
    addresses,
    authentication: AUTHENTICATION[kind] ?? kind,
    secret,
    checksum,
    dialect: ofMessage ?? ofAll,
    hmac,
  };
  noteOddities(packet, advert, version === 3 ? word >>> 12 : 0, network);
  if (!whole) packet.fail('length', `${end - from} octets where ${count} addresses need ${expected}`, from);
  else if (end - from > expected && !hmac) packet.note('length', `${end - from} octets where ${expected} are expected`);
  r.pos = end;
  return advert;
}

export const vrrp: Dissector<Vrrp | Carp> = {
  protocol: 'vrrp',
  on: [{ table: 'ipproto', value: 112 }],
  read: (r, packet) => (isCarp(r) ? readCarp(r, packet) : readAdvert(r, packet)),
};
