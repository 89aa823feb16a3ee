/** A set of slots, one bit each, that gives its first ones in order quickly. */

const FIRST_WORDS = 1024;

/** Place of the lowest bit that is set. */
const lowestIn = (word: number): number => 31 - Math.clz32(word & -word);

/** How many are set: of each pair of bits, then of each four, then of each eight, which one multiplication adds up. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

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

  has(slot: number): boolean {
    return (this.bits[slot >>> 5] & (1 << (slot & 31))) !== 0;
  }

  /** From the `offset`-th on at most `limit`, lowest first. */
  slice(offset: number, limit: number): number[] {
    const found: number[] = [];
    let skip = offset;
    for (let word = 0; word < this.bits.length && found.length < limit; word++) {
      const count = bitsIn(this.bits[word]);
      if (skip >= count) {
        skip -= count;
        continue;
      }
      for (let rest = this.bits[word]; rest !== 0 && found.length < limit; rest &= rest - 1)
        if (skip > 0) skip--;
        else found.push(word * 32 + lowestIn(rest));
    }
    return found;
  }

  /** Those of as many slots from `from` on, a multiple of 32, as `slots` has room for, at its front, lowest first; returns how many. */
  readonly block = (from: number, slots: Uint32Array): number => {
    const { bits } = this;
    const end = Math.min(bits.length, (from + slots.length) >>> 5);
    let count = 0;
    for (let word = from >>> 5; word < end; word++)
      for (let rest = bits[word]; rest !== 0; rest &= rest - 1) slots[count++] = word * 32 + lowestIn(rest);
    return count;
  };

  private reserve(slot: number): void {
    if (slot >>> 5 < this.bits.length) return;
    const wider = new Uint32Array(2 ** Math.ceil(Math.log2((slot >>> 5) + 1)));
    wider.set(this.bits);
    this.bits = wider;
  }
}
