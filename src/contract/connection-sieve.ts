/**
 * Sieves for the connection table: each looks at a block of slots and keeps those that match. They read the table's words in
 * place, a block at a time, so that a million rows cost a few milliseconds: no object and no call for a row.
 */
import type { PersistenceEngine } from '../../dissectors/ipvs.ts';
import { STATE_NAMES, stateName } from '../../dissectors/ipvs-states.ts';
import { ROW, WORDS as ROW_WORDS, STATE_KEYS, stateKey, WORD } from '../state/session-layout.ts';
import type { Sessions } from '../state/sessions.ts';
import type { Column } from './connection-columns.ts';
import { inSpan, type Span } from './field-kind.ts';

// An imported name is looked up in every turn of a loop, a constant of this file is not.
const WORDS = ROW_WORDS;
const FLAGS = WORD.flags;

/** Moves the slots that match to the front, in their order, and returns how many they are. Good until the next record is entered. */
export type Sieve = (slots: Uint32Array, count: number) => number;

export const BLOCK = 1024;
const IN_USE_SHIFT = shiftOf(ROW.inUse);

/** How far right the only bit of a mask must go to be bit 0. */
export function shiftOf(bit: number): number {
  return 31 - Math.clz32(bit);
}

/** Sessions of as many slots as `slots` has room for, `BLOCK` at most, that pass all sieves, at its front; returns how many. */
export function siftBlock(sessions: Sessions, sieves: readonly Sieve[], from: number, slots: Uint32Array): number {
  const { words } = sessions;
  const end = Math.min(sessions.top, from + slots.length);
  let count = 0;
  for (let slot = Math.max(1, from); slot < end; slot++) {
    slots[count] = slot;
    count += (words[slot * WORDS + FLAGS] >>> IN_USE_SHIFT) & 1;
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

/** Rows whose number lies in one of the spans. */
export function spanSieve(column: Column, spans: readonly Span[]): Sieve {
  let numbers = new Float64Array(BLOCK);
  return (slots, count) => {
    if (numbers.length < count) numbers = new Float64Array(count);
    column(slots, count, numbers);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      let found = 0;
      for (let s = 0; s < spans.length; s++) found |= Number(inSpan(spans[s], numbers[i]));
      slots[kept] = slot;
      kept += found;
    }
    return kept;
  };
}

/** Rows that have any of these bits in their flags. */
export function bitsSieve({ words }: Sessions, bits: number): Sieve {
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      slots[kept] = slot;
      kept += Number((words[slot * WORDS + FLAGS] & bits) !== 0);
    }
    return kept;
  };
}

/** Rows whose persistence engine matches; few have one. */
export function engineSieve(sessions: Sessions, matches: (engine: PersistenceEngine) => boolean): Sieve {
  return (slots, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const engine = sessions.words[slot * WORDS + FLAGS] & ROW.extra ? sessions.extra(slot)?.engine : null;
      if (engine && matches(engine)) slots[kept++] = slot;
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
