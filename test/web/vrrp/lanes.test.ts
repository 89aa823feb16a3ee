/** Lanes of histories as the monitor makes them of recordings; when things happened is what the hosts of the recordings noted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type VrrpHistory, vrrpHistoriesOf } from '../../../src/contract/vrrp-history.ts';
import { laneBars, placeIn, troubleBars } from '../../../web/vrrp/lanes.ts';
import { FIXTURES } from '../../environment.ts';
import { recorded } from '../../http/recorded.ts';

interface Mark {
  readonly t: number;
  readonly what: string;
}

/** Seconds at which the hosts noted something. */
function notedAt(recording: string, what: string): number {
  const { marks } = JSON.parse(readFileSync(join(FIXTURES, 'captures', `${recording}.json`), 'utf8')) as { marks: Mark[] };
  const mark = marks.find((one) => one.what === what);
  if (!mark) throw new Error(`${recording} has no mark “${what}”`);
  return mark.t;
}

const seconds = (millis: number): number => millis / 1000;

test('a split brain is a time with two masters, from when the second holds the address until it hears the first again', async () => {
  const monitor = await recorded('split-brain');
  const endMicros = monitor.clock.nowMicros ?? 0;
  const [history] = vrrpHistoriesOf(monitor, endMicros);
  const endMillis = endMicros / 1000;
  const [split] = troubleBars(history, endMillis);
  expect(split.kind).toBe('two-masters');
  expect(Math.abs(seconds(split.fromMillis) - notedAt('split-brain', 'lb2: holds 10.99.0.100'))).toBeLessThan(0.1);
  // Adverts are a second apart: it gives way with the first that it hears.
  const healed = notedAt('split-brain', 'lb2: receives adverts again (split ends)');
  expect(seconds(split.toMillis)).toBeGreaterThan(healed - 1.1);
  expect(seconds(split.toMillis)).toBeLessThan(healed + 1.1);
  const bars = history.routers.map((lane) => laneBars(history, lane, endMillis).map(({ kind }) => kind));
  expect(bars).toEqual([['master'], ['master', 'backup']]);
});

const HISTORY: VrrpHistory = {
  id: 'ipv4-7-0',
  vrid: 7,
  family: 'ipv4',
  interface: 'eth0',
  vlan: null,
  from: '2026-11-21T12:00:00.000000Z',
  to: '2026-11-21T12:00:20.000000Z',
  stepSeconds: 10,
  lost: [{ from: '2026-11-21T12:00:12.000000Z', to: '2026-11-21T12:00:12.600000Z' }],
  routers: [
    {
      address: '10.0.0.1',
      mac: null,
      spans: [
        { from: '2026-11-21T12:00:01.000000Z', to: '2026-11-21T12:00:12.000000Z', role: 'master' },
        { from: '2026-11-21T12:00:12.000000Z', to: null, role: 'gone' },
      ],
      adverts: [9, 3],
      priority: [100, 0],
      jitterMilliseconds: [1, 2],
    },
    {
      address: '10.0.0.2',
      mac: null,
      spans: [{ from: '2026-11-21T12:00:12.600000Z', to: null, role: 'master' }],
      adverts: [null, 8],
      priority: [null, 90],
      jitterMilliseconds: [null, 0.5],
    },
  ],
};
const at = (second: number): number => Date.parse('2026-11-21T12:00:00Z') + 1000 * second;

test('one that said priority 0 resigned, one that did not is gone', () => {
  const [first] = HISTORY.routers;
  expect(laneBars(HISTORY, first, at(20)).map(({ kind }) => kind)).toEqual(['master', 'resigned']);
  const silent = { ...first, priority: [100, 100] };
  expect(laneBars(HISTORY, silent, at(20)).map(({ kind }) => kind)).toEqual(['master', 'gone']);
});

test('what still lasts goes on to now', () => {
  const [, second] = HISTORY.routers;
  expect(laneBars(HISTORY, second, at(31))).toEqual([{ kind: 'master', fromMillis: at(12.6), toMillis: at(31), lasts: true }]);
});

test('one master after another, with none between, is a gap and no split brain', () => {
  expect(troubleBars(HISTORY, at(20))).toEqual([{ kind: 'lost', fromMillis: at(12), toMillis: at(12.6), lasts: false }]);
});

test('one that takes over at the moment at which the other ends is no second master', () => {
  const [first, second] = HISTORY.routers;
  const handed = { ...second, spans: [{ from: '2026-11-21T12:00:12.000000Z', to: null, role: 'master' as const }] };
  expect(troubleBars({ ...HISTORY, lost: [], routers: [handed, first] }, at(20))).toEqual([]);
});

test('a bar is drawn where it is, cut at the edges, and not at all outside', () => {
  const range = { fromMillis: at(0), toMillis: at(20) };
  const bar = (from: number, to: number) => ({ kind: 'master' as const, fromMillis: at(from), toMillis: at(to), lasts: false });
  expect(placeIn(range, bar(5, 10))).toEqual({ left: 0.25, width: 0.25 });
  expect(placeIn(range, bar(-5, 40))).toEqual({ left: 0, width: 1 });
  expect(placeIn(range, bar(-5, -1))).toBeNull();
  expect(placeIn(range, bar(21, 22))).toBeNull();
});
