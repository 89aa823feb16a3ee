/** Addresses as the file holds them: IPv4 as a number, IPv6 as text, so that people can search for either. */
import ipaddr from 'ipaddr.js';
import { type Address, ipv6Text } from '../../dissectors/address.ts';

export type StoredAddress = number | string;

const IPV6_OCTETS = 16;
export const IPV6_WORDS = 4;

export function storedAddress(address: Address): StoredAddress {
  return typeof address === 'number' ? address : ipv6Text(address);
}

/** The unspecified address for text that is none. */
export function addressOf(stored: StoredAddress): Address {
  if (typeof stored === 'number') return stored;
  return ipaddr.IPv6.isValid(stored) ? Uint8Array.from(ipaddr.IPv6.parse(stored).toByteArray()) : new Uint8Array(IPV6_OCTETS);
}

/** Text of an IPv6 address that lies as four words in an array. */
export function wordsText(words: Uint32Array, from: number): string {
  const octets = new Uint8Array(IPV6_OCTETS);
  const view = new DataView(octets.buffer);
  for (let i = 0; i < IPV6_WORDS; i++) view.setUint32(i * 4, words[from + i]);
  return ipv6Text(octets);
}

/** The other way round: four words into an array. */
export function textWords(text: string, into: Uint32Array, at: number): void {
  const address = addressOf(text);
  if (typeof address === 'number') return;
  const view = new DataView(address.buffer);
  for (let i = 0; i < IPV6_WORDS; i++) into[at + i] = view.getUint32(i * 4);
}
