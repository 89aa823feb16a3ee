/** In which frame a session was made, as long as there is room: so that what is found of it later can be shown again. */

const PLACES = 1 << 15;

export class SessionFrames {
  readonly #ends = new Uint32Array(PLACES);
  readonly #frames = new Float64Array(PLACES);

  /** @param ends `SessionRows.endsHash` */
  note(ends: number, frame: number): void {
    const place = ends & (PLACES - 1);
    this.#ends[place] = ends;
    this.#frames[place] = frame;
  }

  of(ends: number): number[] {
    const place = ends & (PLACES - 1);
    return this.#ends[place] === ends && this.#frames[place] > 0 ? [this.#frames[place]] : [];
  }
}
