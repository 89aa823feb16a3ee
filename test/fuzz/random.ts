/** Seeded and the same everywhere (mulberry32), so that a run can be had again. */
export interface Random {
  /** A whole number from 0 up to, not including, this. */
  below(bound: number): number;
  pick<T>(all: readonly T[]): T;
  /** True once in so many times. */
  oneIn(times: number): boolean;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (bound: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
  return { below, pick: (all) => all[below(all.length)], oneIn: (times) => below(times) === 0 };
}
