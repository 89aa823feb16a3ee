/**
 * The sieve for addresses and ports. An IPv4 endpoint is a number of 48 bits, and all that a filter can say of it but a port
 * alone is an interval of such numbers: however many there are, a row is looked up by bisection.
 */
import { LONG_WORDS, ROW, WORDS as ROW_WORDS, WORD } from '../state/session-layout.ts';
import type { Sessions } from '../state/sessions.ts';
import { type EndpointName, PORT_OF, type Sieve } from './connection-sieve.ts';
import type { EndpointRange } from './endpoint-range.ts';

// An imported name is looked up in every turn of a loop, a constant of this file is not.
const WORDS = ROW_WORDS;
const FLAGS = WORD.flags;
const IPV6 = ROW.ipv6;

const PORTS = 2 ** 16;
const ANY_PORT = [0, PORTS - 1] as const;

type Interval = readonly [from: number, to: number];

function intervalOf({ words: [address], masks: [mask], ports }: EndpointRange): Interval {
  const [low, high] = ports ?? ANY_PORT;
  const first = (address & mask) >>> 0;
  return [first * PORTS + low, (first | (~mask >>> 0)) * PORTS + high];
}

/** Ascending, and none touches another: where each begins, and where each ends. */
interface Intervals {
  readonly froms: Float64Array;
  readonly tos: Float64Array;
}

function merged(intervals: readonly Interval[]): Intervals {
  const apart: [from: number, to: number][] = [];
  for (const [from, to] of [...intervals].sort(([a], [b]) => a - b)) {
    const last = apart.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else apart.push([from, to]);
  }
  return { froms: Float64Array.from(apart, ([from]) => from), tos: Float64Array.from(apart, ([, to]) => to) };
}

function lies({ froms, tos }: Intervals, key: number): boolean {
  if (froms.length === 0) return false;
  let low = 0;
  let high = froms.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (froms[middle] <= key) low = middle;
    else high = middle;
  }
  return froms[low] <= key && key <= tos[low];
}

/** Words of one IPv6 range: four of the address, four of the mask, lowest and highest port. */
const RANGE_WORDS = 10;

const packed = (ranges: readonly EndpointRange[]): Int32Array =>
  Int32Array.from(ranges.flatMap(({ words, masks, ports }) => [...words, ...masks, ...(ports ?? ANY_PORT)]));

function portMarks(ranges: readonly EndpointRange[]): Uint8Array {
  const marks = new Uint8Array(PORTS);
  for (const { ports } of ranges) if (ports) marks.fill(1, ports[0], ports[1] + 1);
  return marks;
}

/** Rows whose endpoint lies in one IPv4 network, at any port: what is asked most, in half the time. */
function networkSieve({ words }: Sessions, word: number, address: number, mask: number): Sieve {
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const row = slot * WORDS;
      const difference = ((words[row + word] ^ address) & mask) | (words[row + FLAGS] & IPV6);
      slots[kept] = slot;
      kept += Number(difference === 0);
    }
    return kept;
  };
}

/** Rows whose endpoint lies in one of the ranges. */
export function endpointSieve(sessions: Sessions, name: EndpointName, ranges: readonly EndpointRange[]): Sieve {
  const { words, long } = sessions;
  const [only] = ranges;
  if (ranges.length === 1 && only.family === 'ipv4' && only.ports === null)
    return networkSieve(sessions, WORD[name], only.words[0], only.masks[0]);
  const short = merged(ranges.filter(({ family }) => family === 'ipv4').map(intervalOf));
  const wide = packed(ranges.filter(({ family }) => family === 'ipv6'));
  const anywhere = ranges.filter(({ family }) => family === null);
  const marks = anywhere.length > 0 ? portMarks(anywhere) : null;
  const word = WORD[name];
  const { word: portWord, shift } = PORT_OF[name];
  const part = (word - WORD.client) * 4;

  function inWide(row: number, port: number): boolean {
    const from = words[row + WORD.client] * LONG_WORDS + part;
    for (let r = 0; r < wide.length; r += RANGE_WORDS) {
      let difference = 0;
      for (let i = 0; i < 4; i++) difference |= (long[from + i] ^ wide[r + i]) & wide[r + 4 + i];
      if (difference === 0 && port >= wide[r + 8] && port <= wide[r + 9]) return true;
    }
    return false;
  }
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const row = slot * WORDS;
      const port = (words[row + portWord] >>> shift) & 0xffff;
      const ipv6 = words[row + FLAGS] & IPV6;
      const found = (marks !== null && marks[port] === 1) || (ipv6 ? inWide(row, port) : lies(short, words[row + word] * PORTS + port));
      slots[kept] = slot;
      kept += Number(found);
    }
    return kept;
  };
}
