import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { curlCommand, pagePath, wholePath } from '../../../web/grid/exports.ts';

const QUESTION = {
  noun: 'connections',
  filter: { q: "state == 'CLOSE' && age > 1m" },
  sort: '-age',
  at: '2026-01-02T03:04:05.000006Z',
} as const;

test('the address of a page has the filter, the order and the moment', () => {
  const { pathname, searchParams } = new URL(pagePath(QUESTION, 'csv'), 'http://localhost');
  expect(pathname).toBe('/api/v1/connections');
  expect(Object.fromEntries(searchParams)).toEqual({ format: 'csv', ...QUESTION.filter, sort: '-age', limit: '1000', at: QUESTION.at });
});

test('all rows are asked for in the order of the list: the server sorts no more than a page', () => {
  const { searchParams } = new URL(wholePath(QUESTION, 'ndjson'), 'http://localhost');
  expect(Object.fromEntries(searchParams)).toEqual({ format: 'ndjson', ...QUESTION.filter, at: QUESTION.at });
  expect(wholePath({ noun: 'services', filter: {}, sort: null, at: null }, 'text')).toBe('/api/v1/services?format=text');
});

test.each(['/a?q=1&x=$HOME', "/it's?q='`id`'", '/a b;c"d\\e'])('a shell gives curl the address as it is: %s', (path) => {
  const command = curlCommand('http://127.0.0.1:1', path).replace(/^curl /, "printf '%s\\n' ");
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trimEnd().split('\n')).toEqual([`http://127.0.0.1:1${path}`]);
});
