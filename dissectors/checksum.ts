/**
 * Internet checksum (RFC 1071): ones' complement sum of big-endian 16-bit words, an odd last octet padded with zero.
 * Returns the folded 16-bit sum, not complemented: data that carries its own good checksum sums to 0xffff.
 */
export function onesSum(view: DataView, from: number, to: number, start = 0): number {
  let sum = start;
  let i = from;
  // 32-bit words fold to the same sum, and a double holds 2^21 of them exactly: more than any datagram has.
  for (; i + 4 <= to; i += 4) sum += view.getUint32(i);
  for (; i + 2 <= to; i += 2) sum += view.getUint16(i);
  if (i < to) sum += view.getUint8(i) << 8;
  return fold(sum);
}

/** Folds a sum of words into 16 bits, carries added back in. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** Sum of an address as the pseudo-headers of RFC 768 and RFC 8200 section 8.1 count it. */
export function addressSum(address: number | Uint8Array): number {
  if (typeof address === 'number') return (address >>> 16) + (address & 0xffff);
  let sum = 0;
  for (let i = 0; i < 16; i += 2) sum += (address[i] << 8) | address[i + 1];
  return sum;
}
