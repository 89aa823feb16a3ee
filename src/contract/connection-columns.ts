/** Numbers of sessions, read a block of slots at a time: what orders compare and what filters hold against a range. */
import { ROW, MICROS_MASK as ROW_MICROS_MASK, WORDS as ROW_WORDS, WORD } from '../state/session-layout.ts';
import type { Sessions } from '../state/sessions.ts';

// An imported name is looked up in every turn of a loop, a constant of this file is not.
const WORDS = ROW_WORDS;
const FLAGS = WORD.flags;
const TIMEOUT = WORD.timeout;
const LAST_SECONDS = WORD.lastSeconds;
const LAST_MICROS = WORD.bucketLastMicros;
const MICROS_MASK = ROW_MICROS_MASK;

const MICROS = 1_000_000;

/** Writes the number of each slot. */
export type Column = (slots: Uint32Array, count: number, into: Float64Array) => void;

function wordColumn({ words }: Sessions, word: number): Column {
  return (slots, count, into) => {
    for (let i = 0; i < count; i++) into[i] = words[slots[i] * WORDS + word];
  };
}

export const syncCountColumn = (sessions: Sessions): Column => wordColumn(sessions, WORD.syncCount);
/** Seconds. */
export const timeoutColumn = (sessions: Sessions): Column => wordColumn(sessions, WORD.timeout);

function momentColumn({ words }: Sessions, seconds: number, micros: number): Column {
  return (slots, count, into) => {
    for (let i = 0; i < count; i++) {
      const row = slots[i] * WORDS;
      into[i] = words[row + seconds] * MICROS + (words[row + micros] & MICROS_MASK);
    }
  };
}

/** Microseconds since 1970, as the next two. */
export const firstSeenColumn = (sessions: Sessions): Column => momentColumn(sessions, WORD.firstSeconds, WORD.daemonFirstMicros);
export const lastSyncColumn = (sessions: Sessions): Column => momentColumn(sessions, WORD.lastSeconds, WORD.bucketLastMicros);

export function expiresAtColumn({ words }: Sessions): Column {
  return (slots, count, into) => {
    for (let i = 0; i < count; i++) {
      const row = slots[i] * WORDS;
      const seconds = words[row + LAST_SECONDS] + words[row + TIMEOUT];
      into[i] = seconds * MICROS + (words[row + LAST_MICROS] & MICROS_MASK);
    }
  };
}

/** Seconds since a session was first seen, with their fraction. */
export function ageColumn(sessions: Sessions, nowMicros: number): Column {
  const firstSeen = firstSeenColumn(sessions);
  return (slots, count, into) => {
    firstSeen(slots, count, into);
    for (let i = 0; i < count; i++) into[i] = (nowMicros - into[i]) / MICROS;
  };
}

/** Seconds left, whole, as the shape has them. */
export function expiresColumn(sessions: Sessions, nowMicros: number): Column {
  const expiresAt = expiresAtColumn(sessions);
  return (slots, count, into) => {
    expiresAt(slots, count, into);
    for (let i = 0; i < count; i++) into[i] = Math.max(0, Math.floor((into[i] - nowMicros) / MICROS));
  };
}

/** 0 without one. */
export function fwmarkColumn(sessions: Sessions): Column {
  const { words } = sessions;
  return (slots, count, into) => {
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      into[i] = words[slot * WORDS + FLAGS] & ROW.extra ? (sessions.extra(slot)?.fwmark ?? 0) : 0;
    }
  };
}
