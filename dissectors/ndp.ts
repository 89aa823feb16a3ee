/** Neighbor discovery (RFC 4861 section 4), behind the ICMPv6 header: which link-layer address has which IPv6 address. */
import type { Ipv6Address, MacAddress } from './address.ts';
import type { Dissector, Packet } from './dissector.ts';
import { type Reader, Stop } from './reader.ts';

export interface Ndp {
  readonly protocol: 'ndp';
  readonly kind: 'router_solicitation' | 'router_advertisement' | 'neighbor_solicitation' | 'neighbor_advertisement' | 'redirect';
  /** The address asked or told about; null for router messages. */
  readonly target: Ipv6Address | null;
  /** Neighbor advertisement: sent by a router, in answer to a solicitation, to override what is cached. */
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly sourceMac: MacAddress | null;
  readonly targetMac: MacAddress | null;
}

const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;
const REDIRECT = 137;
const KINDS: Readonly<Record<number, Ndp['kind']>> = {
  [ROUTER_SOLICITATION]: 'router_solicitation',
  [ROUTER_ADVERTISEMENT]: 'router_advertisement',
  [NEIGHBOR_SOLICITATION]: 'neighbor_solicitation',
  [NEIGHBOR_ADVERTISEMENT]: 'neighbor_advertisement',
  [REDIRECT]: 'redirect',
};
const OPTION_SOURCE_MAC = 1;
const OPTION_TARGET_MAC = 2;
const OPTION_UNIT = 8;

function readMacs(r: Reader): { sourceMac: MacAddress | null; targetMac: MacAddress | null } {
  let sourceMac: MacAddress | null = null;
  let targetMac: MacAddress | null = null;
  while (r.left > 0) {
    const start = r.pos;
    const kind = r.u8();
    const octets = r.u8() * OPTION_UNIT;
    // RFC 4861 section 4.6: such a packet must be dropped.
    if (octets === 0) throw new Stop('option', `option ${kind} of length 0`, start);
    r.pos = start;
    r.need(octets);
    r.pos = start + 2;
    if (octets === OPTION_UNIT && kind === OPTION_SOURCE_MAC) sourceMac = r.mac();
    else if (octets === OPTION_UNIT && kind === OPTION_TARGET_MAC) targetMac = r.mac();
    r.pos = start + octets;
  }
  return { sourceMac, targetMac };
}

/** What stands between the ICMPv6 header and the options. */
function readFixed(r: Reader, type: number): { flags: number; target: Ipv6Address | null } {
  const flags = r.u32() >>> 29;
  if (type === ROUTER_SOLICITATION) return { flags: 0, target: null };
  if (type === ROUTER_ADVERTISEMENT) {
    r.skip(8); // reachable time, retransmission timer
    return { flags: 0, target: null };
  }
  const target = r.ipv6().slice();
  if (type === REDIRECT) r.skip(16);
  return { flags: type === NEIGHBOR_ADVERTISEMENT ? flags : 0, target };
}

function read(r: Reader, packet: Packet): Ndp {
  if (packet.network && packet.network.ttl !== 255)
    packet.note('hop_limit', `hop limit ${packet.network.ttl} instead of 255: not from this link`);
  const { flags, target } = readFixed(r, packet.selector);
  return {
    protocol: 'ndp',
    kind: KINDS[packet.selector],
    target,
    router: (flags & 4) !== 0,
    solicited: (flags & 2) !== 0,
    override: (flags & 1) !== 0,
    ...readMacs(r),
  };
}

export const ndp: Dissector<Ndp> = {
  protocol: 'ndp',
  on: Object.keys(KINDS).map((type) => ({ table: 'icmpv6' as const, value: Number(type) })),
  read,
};
