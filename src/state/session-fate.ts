/** What became of the sessions that were alive at a moment: one bit a slot, settled as they go, the rest counted when asked. */
import type { Binding } from './bindings.ts';
import { lastSyncMicros } from './session.ts';
import { HIGH_SHIFT, MICROS_MASK, MOST_DAEMONS, ROW, WORD, WORDS } from './session-layout.ts';
import type { Sessions } from './sessions.ts';

/** `before` is the sum of the others. */
export interface SessionCounts {
  /** Alive at the moment. */
  readonly before: number;
  /** Synced again since. */
  readonly seenAgain: number;
  /** Replaced, not synced again before, because an active record named another real server. */
  readonly moved: number;
  /** Over without having been synced again. */
  readonly lost: number;
  /** Alive and not synced again yet. */
  readonly pending: number;
}

const MICROS = 1_000_000;
const SLOTS_SHIFT = 5;
const SLOT_MASK = 31;

export class SessionFate {
  readonly before: number;
  readonly #sessions: Sessions;
  readonly #atMicros: number;
  readonly #isOurs: (binding: Binding) => boolean;
  /** Bit `slot & 31` of word `slot >> 5`: was alive, and has not gone since. */
  readonly #bits: Uint32Array;
  #seenAndGone = 0;
  #moved = 0;
  #lost = 0;
  /** Which daemon had synced most of them. */
  readonly #senderBefore: number | null;
  #senderSince: number | null = null;
  #senderSinceMicros: number;
  #counted: { readonly records: number; readonly expired: number; readonly seenAgain: number } | null = null;

  /** @param isOurs which sessions it is about, by what they count for */
  constructor(sessions: Sessions, atMicros: number, isOurs: (binding: Binding) => boolean) {
    this.#sessions = sessions;
    this.#atMicros = atMicros;
    this.#senderSinceMicros = atMicros;
    this.#isOurs = isOurs;
    this.#bits = new Uint32Array((sessions.top >>> SLOTS_SHIFT) + 1);
    const perDaemon = new Uint32Array(MOST_DAEMONS);
    this.before = this.#mark(perDaemon);
    const most = perDaemon.reduce((best, rows, daemon) => (rows > perDaemon[best] ? daemon : best), 0);
    this.#senderBefore = perDaemon[most] > 0 ? most : null;
  }

  /** A session is about to leave its slot. @param replaced its successor has another real server */
  release(slot: number, replaced: boolean): void {
    const word = slot >>> SLOTS_SHIFT;
    const bit = 1 << (slot & SLOT_MASK);
    if (word >= this.#bits.length || !(this.#bits[word] & bit)) return;
    this.#bits[word] &= ~bit;
    if (lastSyncMicros(this.#sessions, slot) > this.#atMicros) this.#seenAndGone++;
    else if (replaced) this.#moved++;
    else this.#lost++;
  }

  counts(): SessionCounts {
    const seenAgain = this.#seenAndGone + this.#seenAndAlive();
    const { before } = this;
    return { before, seenAgain, moved: this.#moved, lost: this.#lost, pending: before - seenAgain - this.#moved - this.#lost };
  }

  /** The daemon that had synced most of them, and the one that synced any session of the kind last; each null when there is none. */
  senders(): { readonly before: number | null; readonly since: number | null } {
    this.#seenAndAlive();
    return { before: this.#senderBefore, since: this.#senderSince };
  }

  /** By index of a binding. */
  #ours(): Uint8Array {
    return Uint8Array.from(this.#sessions.bindings.all, (binding) => (this.#isOurs(binding) ? 1 : 0));
  }

  #mark(perDaemon: Uint32Array): number {
    const { words, top } = this.#sessions;
    const bits = this.#bits;
    const ours = this.#ours();
    const atSecond = Math.floor(this.#atMicros / MICROS);
    const atMicros = this.#atMicros - atSecond * MICROS;
    let marked = 0;
    for (let slot = 1, row = WORDS; slot < top; slot++, row += WORDS) {
      if (!(words[row + WORD.flags] & ROW.inUse) || ours[words[row + WORD.binding]] === 0) continue;
      const last = words[row + WORD.lastSeconds];
      const lastMicros = words[row + WORD.bucketLastMicros] & MICROS_MASK;
      const end = last + words[row + WORD.timeout];
      if (end < atSecond || (end === atSecond && lastMicros <= atMicros)) continue;
      const daemonFirst = words[row + WORD.daemonFirstMicros];
      const first = words[row + WORD.firstSeconds];
      if (first > atSecond || (first === atSecond && (daemonFirst & MICROS_MASK) > atMicros)) continue;
      bits[slot >>> SLOTS_SHIFT] |= 1 << (slot & SLOT_MASK);
      marked++;
      // A change that only silence proves is told later than it was: what was synced meanwhile does not count as before.
      if (last < atSecond || (last === atSecond && lastMicros <= atMicros)) perDaemon[daemonFirst >>> HIGH_SHIFT]++;
    }
    return marked;
  }

  /** Looks through the table, unless nothing has changed in it since. */
  #seenAndAlive(): number {
    const { records, expired } = this.#sessions.counters;
    if (this.#counted?.records === records && this.#counted.expired === expired) return this.#counted.seenAgain;
    const seenAgain = this.#count();
    this.#counted = { records, expired, seenAgain };
    return seenAgain;
  }

  #count(): number {
    const { words, top } = this.#sessions;
    const bits = this.#bits;
    const ours = this.#ours();
    const atSecond = Math.floor(this.#atMicros / MICROS);
    const atMicros = this.#atMicros - atSecond * MICROS;
    let seen = 0;
    for (let slot = 1, row = WORDS; slot < top; slot++, row += WORDS) {
      const last = words[row + WORD.lastSeconds];
      if (last < atSecond || !(words[row + WORD.flags] & ROW.inUse) || ours[words[row + WORD.binding]] === 0) continue;
      const lastMicros = words[row + WORD.bucketLastMicros] & MICROS_MASK;
      if (last === atSecond && lastMicros <= atMicros) continue;
      // Beyond the end of the bits this reads undefined, of which no bit is set.
      if (bits[slot >>> SLOTS_SHIFT] & (1 << (slot & SLOT_MASK))) seen++;
      this.#noteSender(last * MICROS + lastMicros, words[row + WORD.daemonFirstMicros] >>> HIGH_SHIFT);
    }
    return seen;
  }

  #noteSender(lastMicros: number, daemon: number): void {
    if (lastMicros <= this.#senderSinceMicros) return;
    this.#senderSinceMicros = lastMicros;
    this.#senderSince = daemon;
  }
}
