/**
 * Addresses as values. An IPv4 address is an unsigned 32-bit number, a MAC address a 48-bit number (both fit a double
 * exactly and cost nothing to copy or compare); an IPv6 address is 16 octets. Text is made only where people read.
 */

/** Unsigned 32-bit, network order: 10.0.0.1 is 0x0a000001. */
export type Ipv4Address = number;
/** 16 octets. A view into the frame while dissecting: copy it (`slice()`) before keeping it. */
export type Ipv6Address = Uint8Array;
export type Address = Ipv4Address | Ipv6Address;
/** Unsigned 48-bit. */
export type MacAddress = number;
export type Family = 'ipv4' | 'ipv6';

export function familyOf(address: Address): Family {
  return typeof address === 'number' ? 'ipv4' : 'ipv6';
}

export function ipv4Text(address: Ipv4Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

const GROUPS = 8;
const groupAt = (address: Ipv6Address, i: number): number => (address[2 * i] << 8) | address[2 * i + 1];

function groupsText(address: Ipv6Address, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += i === from ? groupAt(address, i).toString(16) : `:${groupAt(address, i).toString(16)}`;
  return text;
}

/** RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
export function ipv6Text(address: Ipv6Address): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < GROUPS; i++) {
    let run = 0;
    while (i + run < GROUPS && groupAt(address, i + run) === 0) run++;
    if (run > length) [start, length] = [i, run];
    i += run;
  }
  // Linux and RFC 5952 section 5 print IPv4-mapped addresses with a dotted tail.
  if (start === 0 && length === 5 && groupAt(address, 5) === 0xffff) return `::ffff:${address.subarray(12).join('.')}`;
  return start < 0 ? groupsText(address, 0, GROUPS) : `${groupsText(address, 0, start)}::${groupsText(address, start + length, GROUPS)}`;
}

export function addressText(address: Address): string {
  return typeof address === 'number' ? ipv4Text(address) : ipv6Text(address);
}

/** One that outlives the frame it was read from. */
export const keptAddress = (address: Address): Address => (typeof address === 'number' ? address : address.slice());

/** What a map or a set can tell apart; there may be thousands, so IPv4 costs no text. */
export const addressKey = (address: Address): number | string => (typeof address === 'number' ? address : ipv6Text(address));

export function macText(mac: MacAddress): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
}

export function sameAddress(a: Address, b: Address): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
