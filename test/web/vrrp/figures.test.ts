import { expect, test } from 'vitest';
import type { VrrpHistory } from '../../../src/contract/vrrp-history.ts';
import { figuresOf, valuesAt } from '../../../web/vrrp/figures.ts';

const START = Date.parse('2026-11-21T12:00:00Z') / 1000;

/** Three steps; the last has not ended. */
const history: VrrpHistory = {
  id: 'ipv4-51-0',
  vrid: 51,
  family: 'ipv4',
  interface: 'eth0',
  vlan: null,
  from: '2026-11-21T12:00:00.000000Z',
  to: '2026-11-21T12:00:25.000000Z',
  stepSeconds: 10,
  lost: [],
  routers: [
    { address: '10.0.0.1', mac: null, spans: [], adverts: [10, 10, 5], priority: [100, 100, 90], jitterMilliseconds: [1, 2.5, null] },
    {
      address: '10.0.0.2',
      mac: null,
      spans: [],
      adverts: [null, 3, null],
      priority: [null, 0, null],
      jitterMilliseconds: [null, null, null],
    },
  ],
};

test('a value stands from where its step begins to where it ends, or to now', () => {
  const [times, first, second] = figuresOf(history, 'priority');
  expect(times.map((time) => Math.round((time - START) * 1000) / 1000)).toEqual([0, 9.999, 10, 19.999, 20, 24.999]);
  expect(first).toEqual([100, 100, 100, 100, 90, 90]);
  expect(second).toEqual([null, null, 0, 0, null, null]);
});

test('how many adverts came is not drawn before the step has ended: five of ten would look like a loss', () => {
  const [, first] = figuresOf(history, 'adverts');
  expect(first).toEqual([10, 10, 10, 10, null, null]);
});

test('times always rise, though a step has just begun', () => {
  const [times] = figuresOf({ ...history, to: '2026-11-21T12:00:20.000000Z' }, 'priority');
  for (const [i, time] of times.entries()) if (i > 0) expect(time).toBeGreaterThan(times[i - 1]);
});

test('nothing heard, nothing drawn', () => {
  expect(figuresOf({ ...history, routers: [] }, 'adverts')).toEqual([[]]);
});

test('the values of a moment are those of its step; without a moment, the last', () => {
  expect(valuesAt(history, 'priority', (START + 15) * 1000)).toEqual([100, 0]);
  expect(valuesAt(history, 'jitterMilliseconds', null)).toEqual([null, null]);
  expect(valuesAt(history, 'adverts', null)).toEqual([5, null]);
  expect(valuesAt(history, 'adverts', (START - 1) * 1000)).toEqual([null, null]);
  expect(valuesAt(history, 'adverts', (START + 60) * 1000)).toEqual([null, null]);
});
