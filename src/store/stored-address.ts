/** Addresses as the file holds them: IPv4 as a number, IPv6 as text, so that people can search for either. */
import ipaddr from 'ipaddr.js';
import { type Address, ipv6Text } from '../../dissectors/address.ts';

export type StoredAddress = number | string;

const IPV6_OCTETS = 16;
export const IPV6_WORDS = 4;
const GROUPS = 8;
const COLON = 0x3a;
const LETTERS = 0x61;

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

/**
 * The other way round: four words into an array. Only the spelling of `wordsText` is read here, many times faster than any
 * spelling can be: a start reads three addresses a session. Text that is none gives some address, never an error.
 */
export function textWords(text: string, into: Uint32Array, at: number): void {
  const groups = text.includes('.') ? mappedGroups(text) : readGroups(text);
  for (let i = 0; i < IPV6_WORDS; i++) into[at + i] = (groups[2 * i] << 16) | groups[2 * i + 1];
}

/** With a dotted tail, as IPv4-mapped addresses have it. */
function mappedGroups(text: string): readonly number[] {
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).parts : [];
}

const groups = new Uint16Array(GROUPS);

function readGroups(text: string): Uint16Array {
  groups.fill(0);
  let filled = 0;
  let gap = GROUPS;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== COLON) {
      groups[filled] = (groups[filled] << 4) | (c - (c < LETTERS ? 0x30 : LETTERS - 10));
      digits++;
      continue;
    }
    if (digits > 0) filled++;
    digits = 0;
    if (text.charCodeAt(i + 1) === COLON) gap = filled;
  }
  if (digits > 0) filled++;
  return gap < filled ? moveBehindGap(gap, filled) : groups;
}

/** What came after `::` belongs at the end. */
function moveBehindGap(gap: number, filled: number): Uint16Array {
  const to = Math.max(gap, GROUPS - (filled - gap));
  groups.copyWithin(to, gap, filled);
  return groups.fill(0, gap, to);
}
