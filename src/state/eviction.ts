/**
 * Who has to go when the connection table is full. Least is worth what a stranger said once, then what a stranger said again, then
 * what a known sender said once; what a known sender confirms stays. Of equals the one goes that was confirmed for the shortest time.
 */
import { HIGH_SHIFT, ROW, WORD, WORDS } from './session-layout.ts';

/** Rows compared for one that goes. */
const LOOKS = 16;
/** Times to look elsewhere before a newcomer is refused. */
const JUMPS = 4;
/** Of the table, as a share that no number of jumps repeats soon: the golden section. */
const JUMP = 0.6180339887;
/** What was heard again counts as confirmed for as long as it was before, and for so long at least. */
const LEAST_CONFIRMED_SECONDS = 60;
const KNOWN = 2;
const CONFIRMED = 1;
/** More than any time of confirmation. */
const RANK = 2 ** 32;

/** Goes round through the rows: on from the last that had to go, and far away from where none has to. */
export class Eviction {
  /** By index of a daemon: 1 for those whose word counts. */
  readonly known: Uint8Array;
  #at = 0;

  constructor(daemons: number) {
    this.known = new Uint8Array(daemons);
  }

  /**
   * Whose slot a newcomer may have; 0: nobody is worth less than one that a sender says once, or as little.
   * @param top one past the highest slot
   */
  pick(words: Uint32Array, top: number, daemon: number, nowSeconds: number): number {
    const most = this.#rankOf(this.known[daemon], 0, 0);
    for (let jump = 0; jump < JUMPS; jump++) {
      const slot = this.#least(words, top, most, nowSeconds);
      if (slot > 0) return slot;
      this.#at += Math.floor(top * JUMP);
    }
    return 0;
  }

  #least(words: Uint32Array, top: number, most: number, nowSeconds: number): number {
    let least = 0;
    let leastWorth = most;
    for (let look = 0; look < LOOKS; look++) {
      this.#at = (this.#at + 1) % top;
      const row = this.#at * WORDS;
      if (!(words[row + WORD.flags] & ROW.inUse)) continue;
      const worth = this.#worth(words, row, nowSeconds);
      if (worth > leastWorth || (worth === leastWorth && least > 0)) continue;
      least = this.#at;
      leastWorth = worth;
      if (worth === 0) return least;
    }
    return least;
  }

  #worth(words: Uint32Array, row: number, nowSeconds: number): number {
    const last = words[row + WORD.lastSeconds];
    const confirmedSeconds = Math.max(0, last - words[row + WORD.firstSeconds]);
    const isConfirmed = words[row + WORD.syncCount] > 1 && nowSeconds - last <= Math.max(LEAST_CONFIRMED_SECONDS, confirmedSeconds);
    const known = this.known[words[row + WORD.daemonFirstMicros] >>> HIGH_SHIFT];
    return this.#rankOf(known, isConfirmed ? CONFIRMED : 0, isConfirmed ? confirmedSeconds : 0);
  }

  #rankOf(known: number, confirmed: number, seconds: number): number {
    return (known * KNOWN + confirmed) * RANK + seconds;
  }
}
