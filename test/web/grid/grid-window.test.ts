import { describe, expect, test } from 'vitest';
import { countOf, followed, offsetFor, reachableRows, rowsMoved, WINDOW_ROWS } from '../../../web/grid/grid-window.ts';

const MILLION = 1_000_000;

describe('the window that is asked for', () => {
  test.each([
    ['at the beginning', { first: 0, last: 39 }, 0, MILLION],
    ['not yet near its end', { first: 300, last: 340 }, 0, MILLION],
    ['in its middle', { first: 500, last: 540 }, 270, MILLION],
    ['where the list ends', { first: 960, last: 999 }, 729, 1000],
    ['of a list that fits into it', { first: 0, last: 29 }, 0, 30],
    ['of nothing', { first: 0, last: -1 }, 0, 0],
  ])('%s stays', (_, drawn, offset, total) => expect(offsetFor(drawn, offset, total)).toBe(offset));

  test.each([
    ['far away', { first: 700_000, last: 700_040 }, 0, MILLION, 699_770],
    ['near its end', { first: 330, last: 370 }, 0, MILLION, 100],
    ['near its beginning', { first: 400, last: 440 }, 270, MILLION, 170],
    ['before it, at the beginning of the list', { first: 10, last: 50 }, 370, MILLION, 0],
  ])('%s moves', (_, drawn, offset, total, expected) => expect(offsetFor(drawn, offset, total)).toBe(expected));

  test('holds what is drawn, and is not asked for again, wherever that is', () => {
    for (let first = 0; first < 3000; first += 7) {
      const drawn = { first, last: Math.min(first + 97, 2999) };
      const offset = offsetFor(drawn, 0, 3000);
      expect(offset).toBeLessThanOrEqual(first);
      expect(offset + WINDOW_ROWS).toBeGreaterThan(drawn.last);
      expect(offsetFor(drawn, offset, 3000)).toBe(offset);
    }
  });
});

test.each([
  [{ offset: 0, limit: 300, held: 32, total: 41 }, 32],
  [{ offset: 0, limit: 300, held: 0, total: 0 }, 0],
  [{ offset: 0, limit: 300, held: 300, total: MILLION }, MILLION],
  [{ offset: 900, limit: 300, held: 50, total: 980 }, 950],
  // The list became shorter than where the window begins: what is there is to be asked for.
  [{ offset: 900, limit: 300, held: 0, total: 40 }, 900],
])('%j is a list of %i rows', (window, count) => expect(countOf(window)).toBe(count));

test('no more rows than Chromium can scroll to: 2^25 pixels', () => {
  expect(reachableRows(MILLION, 22)).toBe(MILLION);
  expect(reachableRows(5 * MILLION, 22) * 22).toBeLessThan(2 ** 25);
  expect(reachableRows(5 * MILLION, 64) * 64).toBeLessThan(2 ** 25);
});

test.each([
  ['one came above', ['a', 'b', 'c'], 10, ['x', 'a', 'b'], 10, 1],
  ['one above is gone', ['a', 'b', 'c'], 10, ['b', 'c', 'd'], 10, -1],
  ['the one at the top is gone', ['a', 'b', 'c'], 10, ['a', 'c', 'd'], 10, -1],
  ['all are gone', ['a', 'b', 'c'], 10, ['x', 'y', 'z'], 10, 0],
  ['the top is above the window', ['x'], 12, ['y', 'x'], 12, 0],
  ['nothing happened', ['a', 'b', 'c'], 10, ['a', 'b', 'c'], 10, 0],
])('%s: the row at the top moved', (_, before, offset, after, offsetAfter, moved) =>
  expect(rowsMoved(11, { offset, ids: before }, { offset: offsetAfter, ids: after })).toBe(moved),
);

describe('the selected cell', () => {
  const held = { offset: 100, ids: ['a', 'b', 'c'] };

  test('moves with its row', () => expect(followed({ id: 'c', row: 101, column: 2 }, held)).toEqual({ id: 'c', row: 102, column: 2 }));
  test('takes the row of its place when that comes', () =>
    expect(followed({ id: null, row: 101, column: 2 }, held)).toEqual({ id: 'b', row: 101, column: 2 }));
  test.each([
    { id: 'a', row: 100, column: 0 },
    { id: 'gone', row: 101, column: 0 },
    { id: null, row: 7, column: 0 },
  ])('%j stays as it is', (selected) => expect(followed(selected, held)).toBe(selected));
});
