import { expect, test } from 'vitest';
import { type Column, longestTexts, tracksOf } from '../../../web/grid/column.ts';

const COLUMNS: readonly Column<string>[] = [
  { name: 'fixed', title: '', width: '4ch', text: (row) => row },
  { name: 'grows', title: '', width: { characters: 5 }, text: (row) => row },
];

test('a column grows with the longest text that was shown, and never shrinks', () => {
  const none = longestTexts(COLUMNS, [], 0, {});
  expect(none).toEqual({ grows: 5 });
  const some = longestTexts(COLUMNS, ['abc', 'abcdefgh'], 0, none);
  expect(some).toEqual({ grows: 8 });
  expect(longestTexts(COLUMNS, ['abc'], 0, some)).toEqual({ grows: 8 });
  expect(tracksOf(COLUMNS, some)).toBe('4ch minmax(8ch, 1fr)');
});
