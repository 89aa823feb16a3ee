/** Sieves put together: and, or, not. Each works on a block as a whole, so that a row costs no call. */
import { BLOCK, type Sieve } from './connection-sieve.ts';

/** Room for slots that grows with what is put in. */
class Scratch {
  private room = new Uint32Array(BLOCK);

  copy(slots: Uint32Array, count: number): Uint32Array {
    if (this.room.length < count) this.room = new Uint32Array(count);
    this.room.set(count === slots.length ? slots : slots.subarray(0, count));
    return this.room;
  }
}

/**
 * Takes from the front of `slots` what was found among them, in the same order; returns how many are left.
 */
function without(slots: Uint32Array, count: number, found: Uint32Array, foundCount: number): number {
  if (foundCount === 0) return count;
  if (foundCount === count) return 0;
  let left = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const slot = slots[i];
    const isFound = Number(at < foundCount && found[at] === slot);
    slots[left] = slot;
    left += 1 - isFound;
    at += isFound;
  }
  return left;
}

export function allSieve(sieves: readonly Sieve[]): Sieve {
  return (slots, count) => {
    let kept = count;
    for (const sieve of sieves) kept = sieve(slots, kept);
    return kept;
  };
}

export function notSieve(sieve: Sieve): Sieve {
  const scratch = new Scratch();
  return (slots, count) => {
    const found = scratch.copy(slots, count);
    return without(slots, count, found, sieve(found, count));
  };
}

/** Each sieve looks at those that none before it wanted; what none wants is taken out in the end. */
export function anySieve(sieves: readonly Sieve[]): Sieve {
  if (sieves.length === 1) return sieves[0];
  const rest = new Scratch();
  const scratch = new Scratch();
  return (slots, count) => {
    const unwanted = rest.copy(slots, count);
    let left = count;
    for (const sieve of sieves) {
      const found = scratch.copy(unwanted, left);
      left = without(unwanted, left, found, sieve(found, left));
    }
    return without(slots, count, unwanted, left);
  };
}
