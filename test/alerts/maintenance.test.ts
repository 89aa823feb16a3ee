/** Windows at their edges. Changes of the clocks as in the tz database: Europe/Berlin 2026-03-29 02:00 to 03:00, 2026-10-25 03:00 to 02:00. */
import { expect, test } from 'vitest';
import { isOpen } from '../../src/alerts/maintenance.ts';
import { alertingOf } from './playing.ts';

function openAt(window: string, ...times: string[]): boolean[] {
  const [maintenance] = alertingOf(`{receivers: [], rules: [], maintenance: [{name: w, ${window}}]}`).maintenance;
  return times.map((time) => isOpen(maintenance, Date.parse(time) * 1000));
}

test('begins with the first moment of its first minute and ends with the first of its last', () => {
  const window = "days: [sat], from: '22:00', to: '23:30', timeZone: UTC";
  const times = ['2026-11-21T21:59:59.999Z', '2026-11-21T22:00:00Z', '2026-11-21T23:29:59.999Z', '2026-11-21T23:30:00Z'];
  expect(openAt(window, ...times)).toEqual([false, true, true, false]);
  expect(openAt(window, '2026-11-20T22:30:00Z', '2026-11-22T22:30:00Z')).toEqual([false, false]);
});

test('over midnight it belongs to the day on which it begins', () => {
  const window = "days: [sat], from: '22:00', to: '02:00', timeZone: UTC";
  const times = ['2026-11-21T01:00:00Z', '2026-11-21T22:00:00Z', '2026-11-22T00:00:00Z', '2026-11-22T01:59:59Z', '2026-11-22T02:00:00Z'];
  expect(openAt(window, ...times)).toEqual([false, true, true, true, false]);
});

test('is of the day there, not here', () => {
  // 2026-11-21T23:30Z is Sunday 00:30 in Berlin and Saturday 18:30 in New York.
  const at = '2026-11-21T23:30:00Z';
  expect(openAt("days: [sun], from: '00:00', to: '01:00', timeZone: Europe/Berlin", at)).toEqual([true]);
  expect(openAt("days: [sat], from: '18:00', to: '19:00', timeZone: America/New_York", at)).toEqual([true]);
});

test('the night on which clocks go forward: it is an hour shorter, and not at all when it is that hour', () => {
  const night = "days: [sun], from: '01:30', to: '03:30', timeZone: Europe/Berlin";
  // 01:29, 01:30, 01:59:59, 03:00, 03:29:59 and 03:30 there.
  const times = ['2026-03-29T00:29:59Z', '2026-03-29T00:30:00Z', '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-03-29T01:29:59Z'];
  expect(openAt(night, ...times, '2026-03-29T01:30:00Z')).toEqual([false, true, true, true, true, false]);
  const hour = "days: [sun], from: '02:00', to: '03:00', timeZone: Europe/Berlin";
  expect(openAt(hour, '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z')).toEqual([false, false, false]);
});

test('the night on which clocks go back: the hour that comes twice is in it twice', () => {
  const hour = "days: [sun], from: '02:00', to: '03:00', timeZone: Europe/Berlin";
  // 01:59:59, 02:00 (summer), 02:30 (summer), 02:00 (winter), 02:59:59 (winter), 03:00.
  const summer = ['2026-10-24T23:59:59Z', '2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z'];
  expect(openAt(hour, ...summer, '2026-10-25T01:00:00Z', '2026-10-25T01:59:59Z', '2026-10-25T02:00:00Z')).toEqual([
    ...[false, true, true],
    ...[true, true, false],
  ]);
});
