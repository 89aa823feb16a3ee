/**
 * When sessions expire: two rings of 1024 buckets, of 1 s and of 1024 s, with the links inside the rows. Filing and
 * unfiling are O(1). A session that is confirmed again stays filed where it is and is filed anew when its bucket comes up,
 * so the common record touches no list at all.
 */
import { HIGH_SHIFT, MICROS_MASK, WORD, WORDS } from './session-layout.ts';

const RING = 1024;
/** Longest wait the outer ring can tell apart; a longer timeout is looked at again then. */
const HORIZON_SECONDS = RING * (RING - 2);

/** Second at which the row's timer runs out, not rounded: a double, since the timeout is a full 32-bit number. */
function dueSecond(words: Uint32Array, row: number): number {
  return words[row + WORD.lastSeconds] + words[row + WORD.timeout];
}

export class ExpiryWheel {
  private readonly heads = new Uint32Array(2 * RING);
  /** Seconds before this one are done. */
  private current = 0;

  private bucketOf(due: number): number {
    const wait = due - this.current;
    if (wait < RING) return Math.max(due, this.current) % RING;
    return RING + (Math.floor(Math.min(due, this.current + HORIZON_SECONDS) / RING) % RING);
  }

  /** The second at which a bucket comes up next. */
  private comesUp(bucket: number): number {
    if (bucket < RING) return this.current + ((bucket - (this.current % RING) + RING) % RING);
    const block = Math.floor(this.current / RING);
    return (block + ((bucket - RING - (block % RING) + RING) % RING)) * RING;
  }

  file(words: Uint32Array, slot: number): void {
    const row = slot * WORDS;
    const bucket = this.bucketOf(dueSecond(words, row));
    const head = this.heads[bucket];
    words[row + WORD.wheelNext] = head;
    words[row + WORD.wheelPrevious] = 0;
    words[row + WORD.bucketLastMicros] = (bucket << HIGH_SHIFT) | (words[row + WORD.bucketLastMicros] & MICROS_MASK);
    if (head) words[head * WORDS + WORD.wheelPrevious] = slot;
    this.heads[bucket] = slot;
  }

  unfile(words: Uint32Array, slot: number): void {
    const row = slot * WORDS;
    const next = words[row + WORD.wheelNext];
    const previous = words[row + WORD.wheelPrevious];
    if (next) words[next * WORDS + WORD.wheelPrevious] = previous;
    if (previous) words[previous * WORDS + WORD.wheelNext] = next;
    else this.heads[words[row + WORD.bucketLastMicros] >>> HIGH_SHIFT] = next;
  }

  /** After a session's timer was set anew: moves it only when it would otherwise be looked at too late. */
  refile(words: Uint32Array, slot: number): void {
    const row = slot * WORDS;
    if (dueSecond(words, row) >= this.comesUp(words[row + WORD.bucketLastMicros] >>> HIGH_SHIFT)) return;
    this.unfile(words, slot);
    this.file(words, slot);
  }

  /**
   * Moves on to `second`; `expire` is told of every session whose timer ran out before it (and must unfile nothing).
   * @returns false when the step is backwards or too wide to walk: the caller then calls `reset` and files all sessions anew
   */
  advance(words: Uint32Array, second: number, expire: (slot: number) => void): boolean {
    if (this.current === 0 || second < this.current || second - this.current > RING) return false;
    while (this.current < second) {
      const bucket = this.current % RING;
      this.current++;
      this.empty(words, bucket, expire);
      if (this.current % RING === 0) this.empty(words, RING + (Math.floor(this.current / RING) % RING), expire);
    }
    return true;
  }

  /** The sessions that run out within the current second and so may be due already. */
  dueNow(words: Uint32Array): number[] {
    const slots: number[] = [];
    for (let slot = this.heads[this.current % RING]; slot; slot = words[slot * WORDS + WORD.wheelNext]) slots.push(slot);
    return slots;
  }

  reset(second: number): void {
    this.heads.fill(0);
    this.current = second;
  }

  private empty(words: Uint32Array, bucket: number, expire: (slot: number) => void): void {
    let slot = this.heads[bucket];
    this.heads[bucket] = 0;
    while (slot) {
      const next = words[slot * WORDS + WORD.wheelNext];
      if (dueSecond(words, slot * WORDS) < this.current) expire(slot);
      else this.file(words, slot);
      slot = next;
    }
  }
}
