/** Which addresses and ports a filter means: `10.0.0.1`, `10.0.0.1:443`, `10.0.0.0/24`, `:443`, `:1024..65535`, `fd00::1`, `[fd00::1]:443`, `fd00::/64`. */
import ipaddr from 'ipaddr.js';
import type { Family } from '../../dissectors/address.ts';

export interface EndpointRange {
  /** Null: both. */
  readonly family: Family | null;
  /** The address as 32-bit words: one, four, or none when any is meant. */
  readonly words: readonly number[];
  /** Which bits of each word count. */
  readonly masks: readonly number[];
  /** Lowest and highest port; null: any. */
  readonly ports: readonly [from: number, to: number] | null;
}

export const ADDRESS_RANGE_FORMS = 'ADDRESS or ADDRESS/PREFIX, as in 10.0.0.1 or fd00::/64';
export const ENDPOINT_RANGE_FORMS =
  'ADDRESS, ADDRESS:PORT, [IPV6]:PORT, ADDRESS/PREFIX or :PORT, as in 10.0.0.1:443 or 198.51.100.0/24; a PORT may be a range, as in :8000..8999';

const MOST_PORT = 65535;

function wordsOf(address: ipaddr.IPv4 | ipaddr.IPv6): number[] {
  const view = new DataView(Uint8Array.from(address.toByteArray()).buffer);
  return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getUint32(i * 4));
}

/** One word of an IPv4 address, four of IPv6; null for other text. Strict: no octal, no shortened forms, no zone. */
export function addressWords(text: string): readonly number[] | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return wordsOf(ipaddr.IPv4.parse(text));
  return !text.includes('%') && text.includes(':') && ipaddr.IPv6.isValid(text) ? wordsOf(ipaddr.IPv6.parse(text)) : null;
}

function prefixMasks(words: number, prefix: number): number[] {
  return Array.from({ length: words }, (_, i) => {
    const bits = Math.min(32, Math.max(0, prefix - 32 * i));
    return bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
  });
}

function rangeOf(text: string, prefix: number | null, ports: EndpointRange['ports']): EndpointRange | null {
  const words = addressWords(text);
  if (words === null) return null;
  const most = words.length * 32;
  if ((prefix ?? 0) > most) return null;
  return { family: words.length === 1 ? 'ipv4' : 'ipv6', words, masks: prefixMasks(words.length, prefix ?? most), ports };
}

/** `443` or `8000..8999`. Null for other text. */
function portsOf(text: string): EndpointRange['ports'] {
  const [, low, high = low] = /^(\d{1,5})(?:\.\.(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(low), Number(high)];
  return from <= to && to <= MOST_PORT ? [from, to] : null;
}

/** Null when the text is none of the forms. */
export function parseEndpointRange(text: string): EndpointRange | null {
  const network = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (network) return rangeOf(network[1], Number(network[2]), null);
  const [, bracketed, dotted, portText] = /^(?:\[([^\]]*:[^\]]*)\]|([\d.]*)(?=:))(?::([\d.]+))?$/.exec(text) ?? [];
  const ports = portText === undefined ? null : portsOf(portText);
  if (portText !== undefined && ports === null) return null;
  if (dotted === '') return { family: null, words: [], masks: [], ports };
  return rangeOf(bracketed ?? dotted ?? text, null, ports);
}

/** @param words of an address, see `addressWords` */
export function includes({ family, words: wanted, masks, ports }: EndpointRange, words: readonly number[], port: number | null): boolean {
  if (ports !== null && (port === null || port < ports[0] || port > ports[1])) return false;
  if (family === null) return true;
  return words.length === wanted.length && words.every((word, i) => ((word ^ wanted[i]) & masks[i]) === 0);
}
