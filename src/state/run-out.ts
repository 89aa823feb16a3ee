/**
 * Established sessions that ran out here without having been closed, as long as there is room: when one is synced again, it had
 * lived on all the time and our measure of its life was too short.
 */

/** One place for each value of the low bits of the hash; a later session takes the place of an earlier one. */
const PLACES = 1 << 15;
const WORDS = 3;
const ENDS = 0;
const DESTINATION = 1;
const SECONDS = 2;

export class RunOut {
  readonly #words = new Uint32Array(PLACES * WORDS);

  /** @param ends hash of client and virtual address; @param destination hash of the real server */
  note(ends: number, destination: number, seconds: number): void {
    const at = (ends & (PLACES - 1)) * WORDS;
    this.#words[at + ENDS] = ends;
    this.#words[at + DESTINATION] = destination;
    this.#words[at + SECONDS] = seconds;
  }

  /** When a session between these ran out, in seconds since 1970; null when it did not, or that is forgotten. */
  secondsOf(ends: number, destination: number): number | null {
    const at = (ends & (PLACES - 1)) * WORDS;
    const words = this.#words;
    return words[at + ENDS] === ends && words[at + DESTINATION] === destination && words[at + SECONDS] > 0 ? words[at + SECONDS] : null;
  }
}
