/** Drift from the expected state: what must raise it, and what is just right. */
import { expect, test } from 'vitest';
import type { Expected, ExpectedRouter } from '../../../src/state/expected.ts';
import { messageV1, recordV1, syncFrame } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { advert, at, LB2 } from '../../wire-frames.ts';

const ROUTER: ExpectedRouter = {
  vrid: 51,
  family: 'ipv4',
  interface: 'eth0',
  vlan: null,
  routers: [0x0a00000b, 0x0a00000c],
  preferredMaster: 0x0a00000b,
  addresses: [0x0a000064],
  syncid: 51,
};
const expecting = (fields: Partial<ExpectedRouter> = {}): Expected => ({ routers: [{ ...ROUTER, ...fields }], trusted: [] });
const adverts = (fields: Parameters<typeof advert>[1], from = 0, to = 40) =>
  Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));
const sync = (seconds: number, syncid: number) => syncFrame(messageV1([recordV1()], { syncid }), at(seconds));
const drift = (kinds: readonly string[]) => kinds.filter((kind) => kind.startsWith('expected.'));

test('all as expected', () => {
  expect(
    drift(
      watch(
        [...adverts({}, 0, 60), sync(20, 51)].sort((a, b) => a.atMicros - b.atMicros),
        60,
        expecting(),
      ).kinds,
    ),
  ).toEqual([]);
});

const CASES: readonly [string, Parameters<typeof watch>[0], Partial<ExpectedRouter>, string[]][] = [
  ['another address', adverts({ addresses: ['10.0.0.101'] }), {}, ['expected.addresses']],
  ['addresses not said', adverts({ addresses: ['10.0.0.101'] }), { addresses: null }, []],
  ['another master', adverts({ from: LB2 }), {}, ['expected.master']],
  // Master_Down_Interval of the worst case: 3 s and 255/256 s.
  ['another master for 3 s', adverts({ from: LB2 }, 0, 3), {}, []],
  ['another master, none preferred', adverts({ from: LB2 }), { preferredMaster: null }, []],
  ['another syncid', [...adverts({}, 0, 39), sync(39.5, 52), advert(40)], {}, ['expected.syncid']],
  ['another syncid, none expected', [...adverts({}, 0, 39), sync(39.5, 52), advert(40)], { syncid: null }, []],
  [
    'sync by somebody else',
    [...adverts({}, 0, 39), syncFrame(messageV1([recordV1()], { syncid: 52 }), at(39.5), { source: '10.0.0.12' }), advert(40)],
    {},
    [],
  ],
  ['another VRID', adverts({ vrid: 50 }, 0, 29), {}, ['expected.unknown_router']],
  ['another interface', adverts({}, 0, 29), { interface: 'eth1' }, ['expected.unknown_router']],
];

test.each(CASES)('%s', (_, frames, fields, kinds) => {
  const { monitor, kinds: all } = watch(frames, null, expecting(fields));
  monitor.advance(frames.at(-1)?.atMicros ?? 0);
  expect(drift(all)).toEqual(kinds);
});

test('no master: after 30 s, and over with the first advert', () => {
  const without = (until: number) =>
    watch([advert(0, { vrid: 50 })], until, expecting()).kinds.filter((kind) => kind === 'expected.no_master');
  expect(without(30)).toEqual([]);
  expect(without(31)).toEqual(['expected.no_master']);
  const { anomalies } = watch([advert(0, { vrid: 50 }), ...adverts({}, 60, 62)], null, expecting());
  const found = anomalies.find(({ kind }) => kind === 'expected.no_master');
  expect(found).toMatchObject({ check: 'clear', subject: { vrid: 51, family: 'ipv4', interface: 'eth0' }, endedMicros: at(61) });
});

test('drift ends when it is mended', () => {
  const { anomalies } = watch([...adverts({ from: LB2, priority: 90 }, 0, 10), ...adverts({}, 11, 20)], null, expecting());
  expect(anomalies.find(({ kind }) => kind === 'expected.master')).toMatchObject({ check: 'clear', endedMicros: at(12) });
});
