/** How often windows of a sorted table are looked at anew: the more they cost together, the rarer each. */

const LEAST_EVERY_MS = 1000;
/** All looks together take at most one part in so many of the server's time. */
const SHARE = 20;

export class LookPace {
  /** Milliseconds that the last look of each window took. */
  private readonly took = new Map<object, number>();

  looked(window: object, tookMs: number): void {
    this.took.set(window, tookMs);
  }

  /** The window is not open any more. */
  leave(window: object): void {
    this.took.delete(window);
  }

  /** Milliseconds between two looks of one window. */
  everyMs(): number {
    let together = 0;
    for (const tookMs of this.took.values()) together += tookMs;
    return Math.max(LEAST_EVERY_MS, SHARE * together);
  }
}
