import { expect, test } from 'vitest';
import { filterChange, listAddressOf } from '../../../web/grid/list-address.ts';

test('what is neither the shell’s nor the page’s is the filter', () => {
  const query = { at: '2026-01-01T00:00:00Z', sort: '-age', row: '7', tab: 'x', state: 'CLOSE', 'age>': '60' };
  expect(listAddressOf(query, 'age', ['tab'])).toEqual({
    filter: { state: 'CLOSE', 'age>': '60' },
    text: 'state=CLOSE age>=60',
    sort: '-age',
    row: '7',
  });
  expect(listAddressOf({}, 'age', [])).toEqual({ filter: {}, text: '', sort: 'age', row: null });
});

test('one filter takes the place of another in the address', () => {
  expect(filterChange({ state: 'CLOSE', proto: 'tcp' }, { state: 'NONE', vip: '10.0.0.1:80' })).toEqual({
    proto: null,
    state: 'NONE',
    vip: '10.0.0.1:80',
  });
});
