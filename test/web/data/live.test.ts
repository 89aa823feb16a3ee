import { expect, test } from 'vitest';
import { retryDelayMillis } from '../../../web/data/live.ts';

test.each([
  [0, 500],
  [1, 1000],
  [3, 4000],
  [5, 10_000],
  [5000, 10_000],
])('after %i failures it waits %i ms', (failures, millis) => expect(retryDelayMillis(failures)).toBe(millis));
