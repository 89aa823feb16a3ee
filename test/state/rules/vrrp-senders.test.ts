/** Routers of one virtual router that disagree: real recordings, and pairs of adverts that just agree. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURES } from '../../environment.ts';
import { watch, watchRecording } from '../../watched.ts';
import { type AdvertFields, advert, at, LB1, LB2 } from '../../wire-frames.ts';

const AGREEMENTS = [
  'vrrp.version_mismatch',
  'vrrp.interval_mismatch',
  'vrrp.checksum_variant',
  'vrrp.auth_type',
  'vrrp.auth_data',
  'vrrp.vip_list',
];
const disagreements = (kinds: readonly string[]) => kinds.filter((kind) => AGREEMENTS.includes(kind));

/** lb1 says the one, then resigns; lb2 says the other. */
function handedOver(one: AdvertFields, other: AdvertFields) {
  return [
    advert(1, one),
    advert(2, one),
    advert(2.5, { ...one, priority: 0 }),
    advert(3.2, { from: LB2, priority: 90, ...other }),
    advert(4.2, { from: LB2, priority: 90, ...other }),
  ];
}

describe('keepalived says the same of misconfigured', () => {
  // Its log: "advertisement interval mismatch" on INT (20), "invalid passwd" on AUTH (22), "wrong version" on VER (23); 21 lists two addresses on one side.
  const { anomalies } = watchRecording(join(FIXTURES, 'captures', 'misconfigured.pcap'));
  test('each of the four, and nothing else of the kind', () => {
    const found = anomalies.filter(({ kind }) => AGREEMENTS.includes(kind)).map(({ kind, subject }) => [subject.vrid, kind]);
    expect(found.sort()).toEqual([
      [20, 'vrrp.interval_mismatch'],
      [21, 'vrrp.vip_list'],
      [22, 'vrrp.auth_data'],
      [23, 'vrrp.version_mismatch'],
    ]);
  });

  test('both routers are named', () => {
    for (const { kind, text } of anomalies.filter(({ kind }) => AGREEMENTS.includes(kind)))
      expect(text, kind).toMatch(/10\.99\.0\.11 \(02:99:00:00:00:0b\).*10\.99\.0\.12|10\.99\.0\.12 \(02:99:00:00:00:0c\).*10\.99\.0\.11/);
  });
});

const CASES: readonly [string, AdvertFields, AdvertFields, string[]][] = [
  ['the same in everything', {}, {}, []],
  ['another priority', { priority: 200 }, { priority: 1 }, []],
  ['versions 2 and 3', {}, { version: 3 }, ['vrrp.version_mismatch']],
  ['intervals of version 2', { interval: 100 }, { interval: 200 }, ['vrrp.interval_mismatch']],
  ['intervals of version 3', { version: 3, interval: 100 }, { version: 3, interval: 99 }, ['vrrp.interval_mismatch']],
  // keepalived and FRR with a pseudo-header, Cisco and RFC 9568 without.
  ['checksum dialects', { version: 3, dialect: 'v3_pseudo_header' }, { version: 3, dialect: 'v3' }, ['vrrp.checksum_variant']],
  ['the same dialect', { version: 3, dialect: 'v3' }, { version: 3, dialect: 'v3' }, []],
  ['with and without a password', { password: 'one' }, {}, ['vrrp.auth_type']],
  ['different passwords', { password: 'one' }, { password: 'two' }, ['vrrp.auth_data']],
  ['passwords that differ in the last octet', { password: 'abcdefgh' }, { password: 'abcdefgi' }, ['vrrp.auth_data']],
  ['the same password', { password: 'one' }, { password: 'one' }, []],
  ['an address more', { addresses: ['10.0.0.100', '10.0.0.101'] }, {}, ['vrrp.vip_list']],
  ['the same addresses in another order', { addresses: ['10.0.0.100', '10.0.0.101'] }, { addresses: ['10.0.0.101', '10.0.0.100'] }, []],
  ['no address in common is two clusters', { addresses: ['10.0.0.100'] }, { addresses: ['10.0.0.200'] }, []],
  ['other VRIDs', { vrid: 51, interval: 100 }, { vrid: 52, interval: 200 }, []],
  ['a wrong checksum tells nothing of its sender', {}, { interval: 200, dialect: 'wrong' }, []],
  ['nor does a TTL of 254', {}, { interval: 200, ttl: 254 }, []],
];

test.each(CASES)('%s', (_, one, other, kinds) => {
  expect(disagreements(watch(handedOver(one, other)).kinds)).toEqual(kinds);
});

test('one router that sends both versions is no mismatch (RFC 9568 section 8.4)', () => {
  const both = [1, 2, 3, 4].flatMap((s) => [advert(s, { version: 2 }), advert(s + 0.1, { version: 3 })]);
  const second = [5, 6].map((s) => advert(s, { from: LB2, priority: 110, version: 2 }));
  expect(disagreements(watch([...both, ...second]).kinds)).toEqual([]);
  // For more than ten seconds it has sent version 3 only.
  const upgraded = Array.from({ length: 12 }, (_, i) => advert(5 + i, { version: 3 }));
  const late = [advert(17.2, { from: LB2, priority: 110, version: 2 })];
  expect(disagreements(watch([...both, ...upgraded, ...late]).kinds)).toEqual(['vrrp.version_mismatch']);
});

test('of a router that sends both versions only what it says in the same version is compared', () => {
  // RFC 9568 section 8.4; version 3 may have a shorter interval, and has no password.
  const both = (from: typeof LB1, priority: number, s: number, password: string) => [
    advert(s, { from, priority, password }),
    advert(s + 0.05, { from, priority, version: 3, interval: 30 }),
  ];
  const agree = [...both(LB1, 100, 1, 'one'), ...both(LB2, 110, 1.2, 'one'), ...both(LB1, 100, 2, 'one')];
  expect(disagreements(watch(agree).kinds)).toEqual([]);
  // Version 2 of the one beside version 2 of the other.
  const passwords = [...both(LB1, 100, 1, 'one'), advert(1.2, { from: LB2, priority: 110, password: 'two' }), ...both(LB1, 100, 2, 'one')];
  const { anomalies } = watch(passwords);
  expect(anomalies.filter(({ kind }) => kind === 'vrrp.auth_data')).toMatchObject([{ check: 'raised', count: 1 }]);
});

describe('of three routers', () => {
  const third = { from: { address: '10.0.0.13', mac: '02:99:00:00:00:0d' }, priority: 120 };
  const two = [advert(1, { password: 'one' }), advert(1.3, { from: LB2, priority: 110, password: 'two' })];
  const found = (frames: ReturnType<typeof advert>[]) => watch(frames).anomalies.filter(({ kind }) => kind === 'vrrp.auth_data');
  test('two differ although the third, without a password, can differ from neither', () => {
    expect(found([...two, advert(1.6, third)])).toMatchObject([{ check: 'raised', count: 1 }]);
  });
  test('none differs as soon as one of the two has changed', () => {
    expect(found([...two, advert(1.6, third), advert(2, { password: 'two' })])).toMatchObject([{ check: 'clear', endedMicros: at(2) }]);
  });
});

describe('one router that announces other addresses than before', () => {
  const more = ['10.0.0.100', '10.0.0.101'];
  const lists = (until: number) => Array.from({ length: until }, (_, i) => advert(1 + i, { addresses: i < 3 ? [more[0]] : more }));
  const found = (frames: ReturnType<typeof lists>) => watch(frames).anomalies.find(({ kind }) => kind === 'vrrp.vip_list');
  test('is named with both lists, and the two frames show it', () => {
    const { events } = watch(lists(6));
    const text = expect.stringMatching(/10\.0\.0\.11 .*sends 10\.0\.0\.100, 10\.0\.0\.101, and sent 10\.0\.0\.100 before/);
    expect(events.filter(({ kind }) => kind === 'vrrp.vip_list')).toMatchObject([
      { text, frames: [3, 4], subject: { address: LB1.address } },
    ]);
    expect(found([lists(6)[2], lists(6)[3]])).toMatchObject({ check: 'raised' });
  });
  test('has settled a minute later', () => {
    // The fourth advert, at 4 s, is the first with the new list.
    expect(found(lists(63))).toMatchObject({ check: 'raised', count: 1 });
    expect(found(lists(64))).toMatchObject({ check: 'clear', count: 1, endedMicros: at(64) });
  });
  test('is not one that resigns without any, as the advert after it shows', () => {
    expect(found([advert(1), advert(1.5, { priority: 0, addresses: [more[1]] }), advert(5)])).toBeUndefined();
  });
});

test('it ends an hour after the last advert when nobody sends any more', () => {
  const after = (seconds: number) =>
    watch(handedOver({ interval: 200 }, {}), 4.2 + seconds).anomalies.find(({ kind }) => kind === 'vrrp.interval_mismatch');
  expect(after(3599)?.check).toBe('raised');
  expect(after(3601)).toMatchObject({ check: 'clear', endedMicros: at(4.2) + 3_600_000_000 });
});

test('it ends with the first advert that agrees, and is not remembered for more than an hour', () => {
  const mended = [...handedOver({ interval: 200 }, {}), advert(10, { priority: 110 })];
  expect(watch(mended).anomalies.find(({ kind }) => kind === 'vrrp.interval_mismatch')).toMatchObject({
    check: 'clear',
    endedMicros: at(10),
  });
  const later = (seconds: number) => [advert(1, { interval: 200 }), advert(1 + seconds, { from: LB2 })];
  expect(disagreements(watch(later(3600)).kinds)).toEqual(['vrrp.interval_mismatch']);
  expect(disagreements(watch(later(3601)).kinds)).toEqual([]);
});

test('a few frames show it', () => {
  const { events } = watch(handedOver({ interval: 200 }, {}));
  expect(events.find(({ kind }) => kind === 'vrrp.interval_mismatch')).toMatchObject({
    frames: [2, 3, 4],
    subject: { vrid: 51, family: 'ipv4' },
  });
  expect(disagreements(watch([advert(1, { from: LB1, interval: 200 }), advert(2, { from: LB2 })]).kinds)).toEqual([
    'vrrp.interval_mismatch',
  ]);
});
