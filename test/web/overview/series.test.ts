import { describe, expect, test } from 'vitest';
import type { ServiceHistory } from '../../../src/contract/service-history.ts';
import { BUCKETS, partsOf, ratesOfAll, ratesOfServices, sparkPath } from '../../../web/overview/series.ts';

const destination = (address: string, made: (number | null)[]): ServiceHistory['destinations'][number] => ({
  destination: { address, port: 80 },
  new: made,
  active: made,
  inactive: made,
});

/** Seven steps of 10 s, the first four of them in the minute before. */
const history: ServiceHistory = {
  id: 'tcp-10.0.0.1:80',
  from: '2026-11-21T05:23:20.000000Z',
  to: '2026-11-21T05:24:30.000000Z',
  stepSeconds: 10,
  destinations: [
    destination('10.0.0.21', [null, 10, 10, 10, 30, 0, 0]),
    destination('10.0.0.22', [null, null, null, null, 60, null, null]),
  ],
};

describe('new sessions over the last hour', () => {
  const services = ratesOfServices([history, { ...history, id: 'tcp-10.0.0.1:443' }]);
  const rates = services.get('tcp-10.0.0.1:80');

  test('are rates a second by the minutes of the clock, of what is known', () => {
    const one = rates?.destinations.get('10.0.0.21:80');
    expect(one).toHaveLength(BUCKETS);
    // 30 in three known steps; 30 in three.
    expect(one?.slice(-3)).toEqual([null, 1, 1]);
    expect(rates?.destinations.get('10.0.0.22:80')?.slice(-3)).toEqual([null, null, 6]);
  });

  test('are summed by service and over all; the scale is that of the busiest real server', () => {
    expect(rates?.all.slice(-3)).toEqual([null, 1, 3]);
    expect(rates?.most).toBe(6);
    expect(ratesOfAll(services).slice(-3)).toEqual([null, 2, 6]);
  });

  test('a minute that has just ended is the last one', () => {
    const ended = ratesOfServices([{ ...history, to: '2026-11-21T05:24:00.000000Z' }]).get(history.id);
    expect(ended?.all.at(-1)).toBe(1);
  });

  test('are drawn as bars: what is unknown is left out, 0 is seen', () => {
    expect(sparkPath([null, 0, 2, 4], 4)).toBe('M1 1V0.940h1V1zM2 1V0.500h1V1zM3 1V0.000h1V1z');
    expect(sparkPath([0], 0)).toBe('M0 1V0.940h1V1z');
  });
});

describe('parts of the list', () => {
  const services = (...counts: number[]) =>
    counts.map((count) => ({
      destinations: Array.from({ length: count }, () => ({
        destination: { address: '10.0.0.21', port: 80 },
        forward: 'route' as const,
        active: 0,
        inactive: 0,
        persistent: 0,
        newPerSecond: 0,
      })),
    }));

  test.each([
    [[], []],
    [[2, 3], [[0, 2]]],
    [
      [60, 40, 1],
      [
        [0, 2],
        [2, 1],
      ],
    ],
    [
      [1000, 1, 1],
      [
        [0, 1],
        [1, 2],
      ],
    ],
  ])('services of %j real servers are asked for as %j', (counts, parts) => {
    expect(partsOf(services(...counts)).map(({ offset, limit }) => [offset, limit])).toEqual(parts);
  });
});
