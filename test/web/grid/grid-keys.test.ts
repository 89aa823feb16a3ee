import { expect, test } from 'vitest';
import { type GridPlace, placeAfter } from '../../../web/grid/grid-keys.ts';

const at = (row: number, column: number): GridPlace => ({ row, column });

test.each([
  ['j', at(0, 0), at(1, 0)],
  ['k', at(1, 3), at(0, 3)],
  ['ArrowDown', at(8, 2), at(9, 2)],
  ['l', at(4, 1), at(4, 2)],
  ['h', at(4, 1), at(4, 0)],
  ['G', at(0, 1), at(9, 1)],
  ['g g', at(7, 1), at(0, 1)],
  ['PageDown', at(5, 0), at(8, 0)],
  ['PageUp', at(5, 2), at(2, 2)],
  ['j', null, at(0, 0)],
  // At the edges it stays inside.
  ['k', at(0, 0), at(0, 0)],
  ['j', at(9, 0), at(9, 0)],
  ['h', at(0, 0), at(0, 0)],
  ['l', at(0, 3), at(0, 3)],
  // The table has become shorter since.
  ['k', at(50, 9), at(9, 3)],
])('%s leads from %j to %j in 10 rows of 4', (key, from, to) =>
  expect(placeAfter(key, from, { rows: 10, columns: 4, pageRows: 3 })).toEqual(to),
);

test.each([
  ['x', at(0, 0), 10],
  ['g', at(3, 0), 10],
  ['Enter', at(0, 0), 10],
  ['J', null, 10],
  ['j', null, 0],
  ['j', at(3, 0), 0],
])('%s leads nowhere from %j in %i rows', (key, from, rows) => expect(placeAfter(key, from, { rows, columns: 4, pageRows: 3 })).toBeNull());
