/** A set of slots, one bit each, that gives its first ones in order quickly. */

const FIRST_WORDS = 1024;

export class SlotSet {
  /** How many are in it. */
  size = 0;
  private bits = new Uint32Array(FIRST_WORDS);

  clear(): void {
    this.bits.fill(0);
    this.size = 0;
  }

  add(slot: number): void {
    this.reserve(slot);
    const bit = 1 << (slot & 31);
    if (this.bits[slot >>> 5] & bit) return;
    this.bits[slot >>> 5] |= bit;
    this.size++;
  }

  delete(slot: number): void {
    const bit = 1 << (slot & 31);
    if (!(this.bits[slot >>> 5] & bit)) return;
    this.bits[slot >>> 5] &= ~bit;
    this.size--;
  }

  /** At most `limit`, lowest first. */
  first(limit: number): number[] {
    const found: number[] = [];
    for (let word = 0; word < this.bits.length && found.length < limit; word++)
      for (let rest = this.bits[word]; rest !== 0 && found.length < limit; rest &= rest - 1)
        found.push(word * 32 + 31 - Math.clz32(rest & -rest));
    return found;
  }

  private reserve(slot: number): void {
    if (slot >>> 5 < this.bits.length) return;
    const wider = new Uint32Array(2 ** Math.ceil(Math.log2((slot >>> 5) + 1)));
    wider.set(this.bits);
    this.bits = wider;
  }
}
