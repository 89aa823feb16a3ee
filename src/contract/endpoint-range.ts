/** Which addresses and ports a filter means: `10.0.0.1`, `10.0.0.1:443`, `10.0.0.0/24`, `fd00::1`, `[fd00::1]:443`, `fd00::/64`. */
import ipaddr from 'ipaddr.js';
import type { Family } from '../../dissectors/address.ts';

export interface EndpointRange {
  readonly family: Family;
  /** The address as 32-bit words, one or four. */
  readonly words: readonly number[];
  /** Which bits of each word count. */
  readonly masks: readonly number[];
  /** Null: any port. */
  readonly port: number | null;
}

export const ENDPOINT_RANGE_FORMS = 'ADDRESS, ADDRESS:PORT, [IPV6]:PORT or ADDRESS/PREFIX, as in 10.0.0.1:443 or 198.51.100.0/24';

function wordsOf(address: ipaddr.IPv4 | ipaddr.IPv6): number[] {
  const view = new DataView(Uint8Array.from(address.toByteArray()).buffer);
  return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getUint32(i * 4));
}

/** Strict: no octal, no shortened forms, no zone. */
function addressOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return !text.includes('%') && text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

function prefixMasks(words: number, prefix: number): number[] {
  return Array.from({ length: words }, (_, i) => {
    const bits = Math.min(32, Math.max(0, prefix - 32 * i));
    return bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
  });
}

function rangeOf(text: string, prefix: number | null, port: number | null): EndpointRange | null {
  const address = addressOf(text);
  if (!address) return null;
  const words = wordsOf(address);
  const most = words.length * 32;
  if ((prefix ?? 0) > most || (port ?? 0) > 65535) return null;
  return { family: words.length === 1 ? 'ipv4' : 'ipv6', words, masks: prefixMasks(words.length, prefix ?? most), port };
}

/** Null when the text is none of the forms. */
export function parseEndpointRange(text: string): EndpointRange | null {
  const network = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (network) return rangeOf(network[1], Number(network[2]), null);
  const bracketed = /^\[([^\]]*:[^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return rangeOf(bracketed[1], null, bracketed[2] === undefined ? null : Number(bracketed[2]));
  const dotted = /^([\d.]+):(\d{1,5})$/.exec(text);
  if (dotted) return rangeOf(dotted[1], null, Number(dotted[2]));
  return rangeOf(text, null, null);
}
