/** When to try again: soon after a first failure, ever later while failures follow each other. Time is an argument. */

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** What ran so long was no failure: its end is answered soon again. */
const STEADY_MS = 10_000;

export interface BackOff {
  ready(nowMs: number): boolean;
  /** @param ranMs how long it had worked */
  failed(nowMs: number, ranMs: number): void;
}

export function createBackOff(): BackOff {
  let delayMs = FIRST_DELAY_MS;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  return {
    ready: (nowMs) => nowMs >= notBeforeMs,
    failed(nowMs, ranMs) {
      if (ranMs >= STEADY_MS) delayMs = FIRST_DELAY_MS;
      notBeforeMs = nowMs + delayMs;
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
    },
  };
}
