/** What the comparison of many-sessions.test.ts lets pass, and what it does not. */
import { expect, test } from 'vitest';
import { tableOf } from '../ipvsadm-table.ts';
import { differencesAtRest, type TableLook } from './table-look.ts';

const HEAD = 'IPVS connection entries\npro expire state       source             virtual            destination\n';
const row = (expire: string, state = 'ESTABLISHED', real = 21): string =>
  `TCP ${expire}  ${state} 10.99.0.2:40000    10.99.0.100:80     10.99.0.${real}:80`;
/** @param from epoch seconds; the look took half a second */
const look = (from: number, ...rows: string[]): TableLook => ({ rows: tableOf(HEAD + rows.join('\n')), from, to: from + 0.5 });
const kernel = look(1000, row('14:50'));

test.each([
  ['the same', look(1000, row('14:50'))],
  ['the same, a while later', look(1030, row('14:20'))],
  ['2 s earlier: the kernel started its timer late', look(1030, row('14:18'))],
])('agree: %s', (_, ours) => {
  expect(differencesAtRest(ours, kernel)).toEqual([]);
});

test.each([
  ['another state', look(1000, row('14:50', 'FIN_WAIT'))],
  ['another real server', look(1000, row('14:50', 'ESTABLISHED', 22))],
  ['one too many', look(1000, row('14:50'), row('14:50', 'FIN_WAIT'))],
  ['the same one twice', look(1000, row('14:50'), row('14:50'))],
  ['none', look(1000)],
  ['an end 5 s too late', look(1000, row('14:55'))],
  ['an end 5 s too early', look(1030, row('14:15'))],
  ['an end that does not come nearer', look(1030, row('14:50'))],
])('differ: %s', (_, ours) => {
  expect(differencesAtRest(ours, kernel).length).toBeGreaterThan(0);
});
