/** Which slots differ between memory and file: one bit each, so that a session that changes often waits only once. */
const FIRST_WORDS = 1 << 10;

export class DirtySlots {
  count = 0;
  #marks = new Uint32Array(FIRST_WORDS);
  /** Where the next round of `take` goes on. */
  #at = 0;

  add(slot: number): void {
    const word = slot >>> 5;
    if (word >= this.#marks.length) this.#grow(word);
    const bit = 1 << (slot & 31);
    if (this.#marks[word] & bit) return;
    this.#marks[word] |= bit;
    this.count++;
  }

  /**
   * Takes slots out, ascending (neighbours share a page of the file), from where the last call ended: at least `most`
   * of them if there are so many, at most 31 more. A call ends at the highest slot, and the next one starts at the lowest
   * again, so that none waits for ever.
   * @returns `wrapped`: everything that was marked before the last `wrapped` has now been taken
   */
  take(most: number): { slots: Uint32Array; wrapped: boolean } {
    const slots = new Uint32Array(Math.min(this.count, most + 31));
    const before = this.#at;
    let taken = this.#sweep(slots, most);
    const wrapped = this.#at === 0;
    if (taken === 0 && before > 0 && wrapped) taken = this.#sweep(slots, most);
    this.count -= taken;
    return { slots: slots.subarray(0, taken), wrapped };
  }

  #sweep(into: Uint32Array, most: number): number {
    let taken = 0;
    while (this.#at < this.#marks.length && taken < most) taken = this.#takeWord(this.#at++, into, taken);
    if (this.#at >= this.#marks.length) this.#at = 0;
    return taken;
  }

  #takeWord(word: number, into: Uint32Array, from: number): number {
    let at = from;
    for (let bits = this.#marks[word]; bits !== 0; bits &= bits - 1) into[at++] = word * 32 + 31 - Math.clz32(bits & -bits);
    this.#marks[word] = 0;
    return at;
  }

  #grow(word: number): void {
    const wider = new Uint32Array(Math.max(word + 1, this.#marks.length * 2));
    wider.set(this.#marks);
    this.#marks = wider;
  }
}
