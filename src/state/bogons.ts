/**
 * Addresses that no host may have, whatever the subnet. The subnet itself is not on the wire (neither ARP nor VRRP carries a
 * mask), so an address that is only foreign to it cannot be told.
 */
import { type Address, ipv4Text } from '../../dissectors/address.ts';

/** [first octet from, to, why] */
const IPV4: readonly (readonly [number, number, string])[] = [
  [0, 0, 'of "this network" (RFC 1122 section 3.2.1.3)'],
  [127, 127, 'a loopback address (RFC 1122 section 3.2.1.3)'],
  [224, 239, 'a multicast group (RFC 1112 section 4)'],
  [240, 255, 'a reserved address (RFC 1112 section 4)'],
];

/** Why no host can have this address; null for all others, and for the unspecified one, with which a host asks before it has any. */
export function bogonReason(address: Address): string | null {
  if (typeof address !== 'number') {
    if (address[0] === 0xff) return 'a multicast group (RFC 4291 section 2.7)';
    const isLoopback = address[15] === 1 && address.subarray(0, 15).every((octet) => octet === 0);
    return isLoopback ? 'the loopback address (RFC 4291 section 2.5.3)' : null;
  }
  if (address === 0) return null;
  if (ipv4Text(address) === '255.255.255.255') return 'the broadcast address (RFC 1122 section 3.2.1.3)';
  const first = address >>> 24;
  return IPV4.find(([from, to]) => first >= from && first <= to)?.[2] ?? null;
}
