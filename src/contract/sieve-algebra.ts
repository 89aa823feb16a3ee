/** Sieves put together: and, or, not. Each works on a block as a whole, so that a row costs no call. */
import { BLOCK, type Sieve } from './connection-sieve.ts';

/** Room for slots that grows with what is put in. */
class Scratch {
  slots = new Uint32Array(BLOCK);

  copy(slots: Uint32Array, count: number): Uint32Array {
    if (this.slots.length < count) this.slots = new Uint32Array(count);
    const { slots: room } = this;
    for (let i = 0; i < count; i++) room[i] = slots[i];
    return room;
  }
}

/**
 * Takes from the front of `slots` what was found among them, in the same order; returns how many are left.
 */
function without(slots: Uint32Array, count: number, found: Uint32Array, foundCount: number): number {
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

/** What is left when everything is taken that none of them wants. */
export function anySieve(sieves: readonly Sieve[]): Sieve {
  const none: Sieve = allSieve(sieves.map(notSieve));
  return sieves.length === 1 ? sieves[0] : notSieve(none);
}
