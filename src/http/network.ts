/** Who asks, for counting: an IPv4 address, or the /64 that one host has in IPv6 (RFC 4291 section 2.5.4). */
import ipaddr from 'ipaddr.js';

/** @param address as a socket gives it; IPv4 mapped into IPv6 counts as IPv4 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return parsed.toByteArray().slice(0, 8).join('.');
}

export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
