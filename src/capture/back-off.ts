/** When to try again: soon after a first failure, ever later while failures follow each other. Time is an argument. */

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** A link that flaps may cost two processes a second, and no more blindness than this. */
const LONGEST_LINK_DELAY_MS = 500;
/** What ran so long was no failure: its end is answered soon again. */
const STEADY_MS = 10_000;

export interface BackOff {
  ready(nowMs: number): boolean;
  /**
   * @param ranMs how long it had worked
   * @param byLink the link went, not the capture
   */
  failed(nowMs: number, ranMs: number, byLink: boolean): void;
}

export function createBackOff(): BackOff {
  let delayMs = FIRST_DELAY_MS;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  return {
    ready: (nowMs) => nowMs >= notBeforeMs,
    failed(nowMs, ranMs, byLink) {
      if (ranMs >= STEADY_MS) delayMs = FIRST_DELAY_MS;
      delayMs = Math.min(delayMs, byLink ? LONGEST_LINK_DELAY_MS : LONGEST_DELAY_MS);
      notBeforeMs = nowMs + delayMs;
      delayMs *= 2;
    },
  };
}
