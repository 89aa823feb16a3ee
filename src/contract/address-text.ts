/** Addresses that people write, to the inner form. */
import ipaddr from 'ipaddr.js';
import type { Address, MacAddress } from '../../dissectors/address.ts';

/** Strict: no octal, no shortened forms, no zone. Null when the text is no address. */
export function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    const octets = Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray());
    return new DataView(octets.buffer).getUint32(0);
  }
  return !text.includes('%') && ipaddr.IPv6.isValid(text) ? Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray()) : null;
}

/** Six octets apart by colons or hyphens; null otherwise. */
export function parseMac(text: string): MacAddress | null {
  return /^([\da-f]{2}[:-]){5}[\da-f]{2}$/i.test(text) ? Number.parseInt(text.replaceAll(/[:-]/g, ''), 16) : null;
}
