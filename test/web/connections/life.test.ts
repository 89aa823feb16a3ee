import { expect, test } from 'vitest';
import { intervalText, type LifeRecord, lifeOf, stateSpans } from '../../../web/connections/life.ts';

const FIRST: LifeRecord = {
  at: '2026-01-01T00:00:00.000000Z',
  file: '1.pcapng',
  frame: 1,
  daemon: '10.0.0.11',
  syncid: 51,
  version: 1,
  state: 'ESTABLISHED',
  flags: ['NOOUTPUT'],
  destination: { address: '10.0.0.21', port: 80 },
  forward: 'route',
  timeoutSeconds: 900,
};
const RECORDS: readonly LifeRecord[] = [
  FIRST,
  { ...FIRST, at: '2026-01-01T00:00:10.500000Z' },
  { ...FIRST, at: '2026-01-01T00:01:00.000000Z', state: 'FIN_WAIT', flags: ['NOOUTPUT', 'INACTIVE'], timeoutSeconds: 120 },
  {
    ...FIRST,
    at: '2026-01-01T00:01:01.000000Z',
    state: 'FIN_WAIT',
    flags: ['NOOUTPUT', 'INACTIVE'],
    timeoutSeconds: 120,
    daemon: '10.0.0.12',
  },
];
const millis = (at: string): number => Date.parse(at);

test('each record has its distance and what it changed', () => {
  const rows = lifeOf(RECORDS);
  expect(rows.map(({ sinceMillis }) => sinceMillis)).toEqual([null, 10_500, 49_500, 1000]);
  expect(rows.map(({ changed }) => [...changed])).toEqual([[], [], ['state', 'timeout', 'flags'], ['director']]);
  expect(rows[3].texts.director).toBe('10.0.0.12 syncid 51');
});

test('states follow one another without a gap, the last one to the end', () => {
  const end = millis('2026-01-01T00:03:00Z');
  expect(stateSpans(RECORDS, end)).toEqual([
    { state: 'ESTABLISHED', fromMillis: millis('2026-01-01T00:00:00Z'), toMillis: millis('2026-01-01T00:01:00Z') },
    { state: 'FIN_WAIT', fromMillis: millis('2026-01-01T00:01:00Z'), toMillis: end },
  ]);
  expect(stateSpans([], end)).toEqual([]);
});

test.each([
  [0, '+0 ms'],
  [999, '+999 ms'],
  [1000, '+1.0 s'],
  [59_940, '+59.9 s'],
  [59_960, '+1m00s'],
  [125_000, '+2m05s'],
])('%i ms is %s', (interval, text) => expect(intervalText(interval)).toBe(text));
