import { expect, test } from 'vitest';
import { sharesOf, totalsOf } from '../../../web/overview/shares.ts';

const server = (active: number, inactive: number, newPerSecond = 0) => ({
  destination: { address: '10.0.0.21', port: 80 },
  forward: 'route' as const,
  active,
  inactive,
  persistent: 0,
  newPerSecond,
});

test.each([
  [[], []],
  [[server(0, 0)], [0]],
  [
    [server(3, 0), server(1, 0)],
    [0.75, 0.25],
  ],
  [
    [server(0, 2), server(6, 0)],
    [0.25, 0.75],
  ],
])('shares of %j', (destinations, shares) => expect(sharesOf(destinations)).toEqual(shares));

test('a service counts what its real servers count', () => {
  expect(totalsOf([server(3, 1, 0.5), server(1, 2, 1)])).toEqual({ active: 4, inactive: 3, persistent: 0, newPerSecond: 1.5 });
  expect(totalsOf([])).toEqual({ active: 0, inactive: 0, persistent: 0, newPerSecond: 0 });
});
