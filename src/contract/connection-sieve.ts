/**
 * Sieves for the connection table: each looks at a block of slots and keeps those that match. They read the table's words in
 * place, a block at a time, so that a million rows cost a few milliseconds: no object and no call for a row.
 */
import { STATE_NAMES, stateName } from '../../dissectors/ipvs-states.ts';
import { LONG_WORDS, MICROS_MASK, ROW, STATE_KEYS, stateKey, WORD, WORDS } from '../state/session-layout.ts';
import type { Sessions } from '../state/sessions.ts';
import type { EndpointRange } from './endpoint-range.ts';

/** Moves the slots that match to the front, in their order, and returns how many they are. Good until the next record is entered. */
export type Sieve = (slots: Uint32Array, count: number) => number;

export const BLOCK = 1024;
const IN_USE_SHIFT = shiftOf(ROW.inUse);

/** How far right the only bit of a mask must go to be bit 0. */
export function shiftOf(bit: number): number {
  return 31 - Math.clz32(bit);
}

/** The block's sessions that pass all sieves, at the front of `slots`; returns how many. */
export function siftBlock(sessions: Sessions, sieves: readonly Sieve[], from: number, slots: Uint32Array): number {
  const { words } = sessions;
  const end = Math.min(sessions.top, from + BLOCK);
  let count = 0;
  for (let slot = Math.max(1, from); slot < end; slot++) {
    slots[count] = slot;
    count += (words[slot * WORDS + WORD.flags] >>> IN_USE_SHIFT) & 1;
  }
  for (const sieve of sieves) count = sieve(slots, count);
  return count;
}

/** Of these slots, whatever they hold, those whose session passes all sieves, at the front; returns how many. */
export function siftSlots(sessions: Sessions, sieves: readonly Sieve[], slots: Uint32Array): number {
  const inUse = markedSieve(sessions, WORD.flags, IN_USE_SHIFT, marksAt([1], 2));
  return [inUse, ...sieves].reduce((count, sieve) => sieve(slots, count), slots.length);
}

/** @returns marks at these indexes, with room for a power of two of them, at least `least` */
export function marksAt(indexes: Iterable<number>, least: number): Uint8Array {
  const marks = new Uint8Array(2 ** Math.ceil(Math.log2(Math.max(2, least))));
  for (const index of indexes) marks[index] = 1;
  return marks;
}

/**
 * Rows where a part of a word is marked.
 * @param marks as many as the part has values: a power of two
 */
export function markedSieve({ words }: Sessions, word: number, shift: number, marks: Uint8Array): Sieve {
  const mask = marks.length - 1;
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      slots[kept] = slot;
      kept += marks[(words[slot * WORDS + word] >>> shift) & mask];
    }
    return kept;
  };
}

/** Index of the state's name among `STATE_NAMES`, by `stateKey`. */
let stateIndexes: Uint8Array | null = null;

export function stateIndexTable(): Uint8Array {
  stateIndexes ??= Uint8Array.from({ length: STATE_KEYS }, (_, i) =>
    STATE_NAMES.indexOf(stateName((i >>> 8) & 0xff, i > 0xffff, i & 0xff)),
  );
  return stateIndexes;
}

/** @param marks at the wanted indexes of `STATE_NAMES` */
export function stateSieve({ words }: Sessions, marks: Uint8Array): Sieve {
  const indexes = stateIndexTable();
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      slots[kept] = slot;
      kept += marks[indexes[stateKey(words, slot * WORDS)]];
    }
    return kept;
  };
}

/** Rows first seen from one moment to another, both included; microseconds since 1970. */
export function firstSeenSieve({ words }: Sessions, fromMicros: number, toMicros: number): Sieve {
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = slots[i] * WORDS;
      const first = words[row + WORD.firstSeconds] * 1_000_000 + (words[row + WORD.daemonFirstMicros] & MICROS_MASK);
      if (first >= fromMicros && first <= toMicros) slots[kept++] = slots[i];
    }
    return kept;
  };
}

export function fwmarkSieve(sessions: Sessions, wanted: ReadonlySet<number>): Sieve {
  const { words } = sessions;
  const unmarked = wanted.has(0);
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const extra = words[slot * WORDS + WORD.flags] & ROW.extra ? sessions.extra(slot) : undefined;
      if (extra ? wanted.has(extra.fwmark) : unmarked) slots[kept++] = slot;
    }
    return kept;
  };
}

export type EndpointName = 'client' | 'virtual' | 'destination';

export const PORT_OF = {
  client: { word: WORD.ports, shift: 16 },
  virtual: { word: WORD.ports, shift: 0 },
  destination: { word: WORD.destinationPortProtoState, shift: 16 },
} as const;
const ANY_PORT = -1;
/** Words of one range: four of the address, four of the mask, the port. */
const RANGE_WORDS = 9;

function packed(ranges: readonly EndpointRange[]): Int32Array {
  return Int32Array.from(
    ranges.flatMap(({ words, masks, port }) => {
      const fill = new Array<number>(4 - words.length).fill(0);
      return [...words, ...fill, ...masks, ...fill, port ?? ANY_PORT];
    }),
  );
}

/** Rows whose endpoint lies in one of the ranges. */
export function endpointSieve({ words, long }: Sessions, name: EndpointName, ranges: readonly EndpointRange[]): Sieve {
  const short = packed(ranges.filter(({ family }) => family === 'ipv4'));
  const wide = packed(ranges.filter(({ family }) => family === 'ipv6'));
  const word = WORD[name];
  const { word: portWord, shift } = PORT_OF[name];
  const part = (word - WORD.client) * 4;

  function inShort(row: number, port: number): boolean {
    const address = words[row + word];
    for (let r = 0; r < short.length; r += RANGE_WORDS)
      if (((address ^ short[r]) & short[r + 4]) === 0 && (short[r + 8] === ANY_PORT || short[r + 8] === port)) return true;
    return false;
  }
  function inWide(row: number, port: number): boolean {
    const from = words[row + WORD.client] * LONG_WORDS + part;
    for (let r = 0; r < wide.length; r += RANGE_WORDS) {
      let difference = 0;
      for (let i = 0; i < 4; i++) difference |= (long[from + i] ^ wide[r + i]) & wide[r + 4 + i];
      if (difference === 0 && (wide[r + 8] === ANY_PORT || wide[r + 8] === port)) return true;
    }
    return false;
  }
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const row = slot * WORDS;
      const port = (words[row + portWord] >>> shift) & 0xffff;
      const found = words[row + WORD.flags] & ROW.ipv6 ? inWide(row, port) : inShort(row, port);
      if (found) slots[kept++] = slot;
    }
    return kept;
  };
}
