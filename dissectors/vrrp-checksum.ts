/**
 * The checksum of a VRRP advert, in the five dialects that senders speak (protocol facts 2.6): whether a pseudo-header is
 * summed, and with which destination, differs between RFCs and programs, and routers of different dialects reject each other.
 */
import type { Address } from './address.ts';
import { addressSum, onesSum } from './checksum.ts';
import type { Ipv4 } from './ipv4.ts';
import type { Ipv6 } from './ipv6.ts';

export type ChecksumDialect =
  /** Version 2, RFC 3768 section 5.3.8: the message alone. */
  | 'v2'
  /** Version 3 over IPv4 without a pseudo-header: RFC 9568, Cisco, Juniper, Arista. */
  | 'v3'
  /** Version 3 over IPv4 with a pseudo-header: keepalived and FRR by default, RFC 5798 as they read it. */
  | 'v3_pseudo_header'
  /** keepalived up to 1.3.6, unicast: a pseudo-header that names 224.0.0.18. */
  | 'v3_pseudo_header_multicast'
  /** Over IPv6 always with the pseudo-header of RFC 8200 section 8.1. */
  | 'ipv6';

const IPPROTO_VRRP = 112;
const VRRP_GROUP = 0xe0000012;

function sums(view: DataView, from: number, to: number, pseudo: { source: Address; destination: Address } | null): boolean {
  const start = pseudo ? addressSum(pseudo.source) + addressSum(pseudo.destination) + IPPROTO_VRRP + (to - from) : 0;
  return onesSum(view, from, to, start) === 0xffff;
}

/** The dialect in which the checksum of the octets `from` to `to` is right; null when it is wrong in all of them. */
export function checksumDialect(view: DataView, from: number, to: number, version: number, network: Ipv4 | Ipv6): ChecksumDialect | null {
  if (network.protocol === 'ipv6') return sums(view, from, to, network) ? 'ipv6' : null;
  if (sums(view, from, to, null)) return version === 2 ? 'v2' : 'v3';
  if (version === 2) return null;
  if (sums(view, from, to, network)) return 'v3_pseudo_header';
  return sums(view, from, to, { source: network.source, destination: VRRP_GROUP }) ? 'v3_pseudo_header_multicast' : null;
}
