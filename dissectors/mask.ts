/** Overwrites the secrets of a frame that is to be kept, so that a reader of the copy still sees the same message. */
import { fold } from './checksum.ts';
import type { Secret } from './dissector.ts';

const PSEUDONYM = 'masked0';
const PASS_OCTETS = 8;

/** What stands for the nth password: 8 octets of ASCII, different for each, so that equal ones stay equal. */
function pseudonym(number: number): string {
  const digits = String(number);
  return PSEUDONYM.slice(0, PASS_OCTETS - digits.length) + digits;
}

/** Sum of the 16-bit words that octets make in their message; `odd`: the first is the low half of its word. */
function wordSum(octets: Uint8Array, odd: boolean): number {
  let sum = 0;
  for (const [i, octet] of octets.entries()) sum += (i % 2 === 1) === odd ? octet << 8 : octet;
  return sum;
}

/**
 * In place. A checksum follows its octets by difference (RFC 1624, equation 3): a right one stays right and a wrong one stays
 * as wrong as it was, in every dialect of pseudo-header.
 */
export function maskSecrets(bytes: Uint8Array, secrets: readonly Secret[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { at, octets, number, checksumAt } of secrets) {
    const secret = bytes.subarray(at, at + octets);
    const odd = checksumAt !== null && (at - checksumAt) % 2 !== 0;
    const before = wordSum(secret, odd);
    secret.fill(0);
    if (number !== null) new TextEncoder().encodeInto(pseudonym(number), secret);
    if (checksumAt === null) continue;
    const sum = (~view.getUint16(checksumAt) & 0xffff) + (~fold(before) & 0xffff) + wordSum(secret, odd);
    view.setUint16(checksumAt, ~fold(sum) & 0xffff);
  }
}
