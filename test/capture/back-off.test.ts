import { describe, expect, it } from 'vitest';
import { createBackOff } from '../../src/capture/back-off.ts';

/** Waits after each of the failures, by trying every millisecond. */
function waits(ranMs: readonly number[], byLink: boolean): number[] {
  const backOff = createBackOff();
  return ranMs.map((ran) => {
    backOff.failed(1000, ran, byLink);
    let waited = 0;
    while (!backOff.ready(1000 + waited)) waited++;
    return waited;
  });
}

describe('back-off', () => {
  it.each([
    ['is ready at first', [], []],
    ['doubles from 100 ms to 5 s', [0, 0, 0, 0, 0, 0, 0, 0], [100, 200, 400, 800, 1600, 3200, 5000, 5000]],
    ['begins again after a long run', [0, 0, 10_000, 0], [100, 200, 100, 200]],
    ['a short run does not count as one', [0, 0, 9_999], [100, 200, 400]],
  ])('%s', (_name, runs, expected) => {
    expect(waits(runs, false)).toEqual(expected);
    expect(createBackOff().ready(0)).toBe(true);
  });

  it('waits half a second at most for a link that goes again and again', () => {
    expect(waits([0, 0, 0, 0, 0], true)).toEqual([100, 200, 400, 500, 500]);
  });
});
