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
/** Numbers of this module, which the loops below read faster than those of another. */
const WIDTH = WORDS;
const IN_USE = ROW.inUse;
const FRACTION = MICROS_MASK;
const DAEMON_SHIFT = HIGH_SHIFT;
const SLOTS_SHIFT = 5;
const SLOT_MASK = 31;

export class SessionFate {
  readonly before: number;
  readonly #sessions: Sessions;
  readonly #atMicros: number;
  readonly #atSecond: number;
  readonly #isOurs: (binding: Binding) => boolean;
  /** Bit `slot & 31` of word `slot >> 5`: was alive, and has not gone since. */
  readonly #bits: Uint32Array;
  #seenAndGone = 0;
  #moved = 0;
  #lost = 0;
  /** Which daemon had synced most of them. */
  readonly #senderBefore: number | null;
  #senderSince: number | null = null;
  #counted: { readonly records: number; readonly expired: number; readonly seenAgain: number } | null = null;

  /** @param isOurs which sessions it is about, by what they count for */
  constructor(sessions: Sessions, atMicros: number, isOurs: (binding: Binding) => boolean) {
    this.#sessions = sessions;
    this.#atMicros = atMicros;
    this.#atSecond = Math.floor(atMicros / MICROS);
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

  /** One look through the table; what is read of a row lies in one cache line. */
  #mark(perDaemon: Uint32Array): number {
    const { words, top } = this.#sessions;
    const { flags, binding, firstSeconds, daemonFirstMicros, lastSeconds, bucketLastMicros, timeout } = WORD;
    const bits = this.#bits;
    const ours = this.#ours();
    const atSecond = this.#atSecond;
    const atMicros = this.#atMicros - atSecond * MICROS;
    let marked = 0;
    for (let slot = 1, row = WIDTH; slot < top; slot++, row += WIDTH) {
      if ((words[row + flags] & IN_USE) === 0 || ours[words[row + binding]] === 0) continue;
      const first = words[row + firstSeconds];
      const daemonFirst = words[row + daemonFirstMicros];
      if (first >= atSecond && (first > atSecond || (daemonFirst & FRACTION) > atMicros)) continue;
      const last = words[row + lastSeconds];
      const lastMicros = words[row + bucketLastMicros] & FRACTION;
      const end = last + words[row + timeout];
      if (end <= atSecond && (end < atSecond || lastMicros <= atMicros)) continue;
      bits[slot >>> SLOTS_SHIFT] |= 1 << (slot & SLOT_MASK);
      marked++;
      // A change that only silence proves is told later than it was: who synced meanwhile is not who did before.
      if (last < atSecond || (last === atSecond && lastMicros <= atMicros)) perDaemon[daemonFirst >>> DAEMON_SHIFT]++;
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
    const { flags, binding, daemonFirstMicros, lastSeconds, bucketLastMicros } = WORD;
    const bits = this.#bits;
    const ours = this.#ours();
    const atSecond = this.#atSecond;
    const atMicros = this.#atMicros - atSecond * MICROS;
    const marked = bits.length << SLOTS_SHIFT;
    let seen = 0;
    let latest = 0;
    let latestSecond = 0;
    let latestMicros = 0;
    for (let slot = 1, row = WIDTH; slot < top; slot++, row += WIDTH) {
      const last = words[row + lastSeconds];
      if (last < atSecond || (words[row + flags] & IN_USE) === 0 || ours[words[row + binding]] === 0) continue;
      const lastMicros = words[row + bucketLastMicros] & FRACTION;
      if (last === atSecond && lastMicros <= atMicros) continue;
      if (slot < marked) seen += (bits[slot >>> SLOTS_SHIFT] >>> (slot & SLOT_MASK)) & 1;
      if (last < latestSecond || (last === latestSecond && lastMicros < latestMicros)) continue;
      latest = row;
      latestSecond = last;
      latestMicros = lastMicros;
    }
    if (latest > 0) this.#senderSince = words[latest + daemonFirstMicros] >>> DAEMON_SHIFT;
    return seen;
  }
}
