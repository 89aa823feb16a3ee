/** Would a failover now keep the sessions. What each finding rests on is named; healthy pairs are the lab's (keepalived 2.2.7). */
import { join as joinPath } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../dissectors/dissect.ts';
import { readinessOf } from '../../src/state/readiness.ts';
import { FIXTURES } from '../environment.ts';
import { type Watched, watch, watchRecording } from '../watched.ts';
import { type AdvertFields, advert, HOST, igmpQuery, igmpReport, join, LB1, LB2, leave, sync } from '../wire-frames.ts';

const VRRP = '224.0.0.18';
const SYNC = '224.0.0.81';
const STRANGER = { address: '10.0.0.20', mac: '02:99:00:00:00:14' };

function readiness({ monitor }: Watched, vrid = 51, family = 'ipv4') {
  const router = monitor.routers.all.find((one) => one.vrid === vrid && one.family === family);
  if (!router) throw new Error(`no virtual router ${vrid}`);
  return readinessOf(router, monitor, monitor.clock.nowMicros ?? 0);
}

const sorted = (frames: readonly Frame[]): Frame[] => [...frames].sort((a, b) => a.atMicros - b.atMicros);
const adverts = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));
const both = (seconds: number, host = LB2): Frame =>
  igmpReport(
    seconds,
    [
      ['to_ex', VRRP],
      ['to_ex', SYNC],
    ],
    { from: host },
  );

/** LB1 is master and sends sync; LB2 was master before with these settings, gave way, and listens to both groups. */
const pair = (backup: AdvertFields = {}, master: AdvertFields = {}): Frame[] =>
  sorted([both(0), ...adverts(1, 4, { from: LB2, priority: 90, ...backup }), ...adverts(4.3, 9.3, master), sync(9, { from: LB1 })]);

describe('yes', () => {
  const silent = sorted([both(0), ...adverts(1, 5), sync(4.5)]);
  test.each([
    ['a backup that was master before', pair()],
    ['a silent backup', silent],
    [
      'intervals differ in version 3, where the master’s is adopted (RFC 5798 section 6.4.2)',
      pair({ version: 3 }, { version: 3, interval: 90 }),
    ],
    [
      'the backup began anew since it was heard with another password',
      sorted([
        ...pair({ password: 'old' }, { password: 'new' }),
        leave(9.4, VRRP),
        leave(9.4, SYNC),
        both(9.5),
        advert(10.3, { password: 'new' }),
      ]),
    ],
    ['sync of version 0, which a backup of today reads as well', sorted([both(0), ...adverts(1, 5), sync(4, { version: 0 })])],
    ['another sender of that syncid long ago', sorted([sync(0, { from: STRANGER }), both(0), ...adverts(1, 15), sync(14.5)])],
  ])('%s', (_, frames) => {
    const found = readiness(watch(frames));
    expect(found).toMatchObject({ failoverKeepsSessions: true });
    expect(found.reasons[0]).toBe('10.0.0.12 is a backup.');
    expect(found.reasons).toContain('10.0.0.12 listens to connection sync on 224.0.0.81.');
  });
});

// An established session lives for 900 s by the record's timeout.
test('a sender that has been silent since the last session ended says nothing', () => {
  const frames = sorted([both(0), sync(0.5), ...adverts(1, 1000)]);
  expect(readiness(watch(frames.slice(0, 899), 899))).toMatchObject({ failoverKeepsSessions: null });
  expect(readiness(watch(frames, 1000.5))).toMatchObject({ failoverKeepsSessions: true });
});

describe('no', () => {
  const asked = [0.1, 125, 250].flatMap((s) => [igmpQuery(s), join(s + 1, VRRP, { from: LB1 })]);
  const rows: [string, Frame[], RegExp][] = [
    ['passwords differ', pair({ password: 'one' }, { password: 'two' }), /different passwords/],
    ['one has a password, the other none', pair({ password: 'one' }), /authenticate in different ways/],
    // RFC 3768 section 7.1: the advert is dropped.
    ['intervals differ in version 2', pair({ interval: 100 }, { interval: 200 }), /intervals of 1 s and 2 s/],
    ['virtual addresses differ', pair({ addresses: ['10.0.0.100', '10.0.0.101'] }), /different virtual addresses/],
    ['versions differ', pair({ version: 3 }), /VRRP versions 3 and 2/],
    ['checksums differ (RFC 9568 and keepalived)', pair({ version: 3, dialect: 'v3' }, { version: 3 }), /checksums differently/],
    ['the backup left the sync group', [...pair(), leave(9.4, SYNC)], /stopped listening to connection sync/],
    ['nobody else listens, and a querier asks', sorted([...adverts(0, 252), ...asked]), /There is no backup/],
    [
      'the backup does not listen to sync, and a querier asks',
      sorted([...adverts(0, 252), ...asked, ...[1.5, 126.5, 251.5].map((s) => join(s, VRRP)), sync(250)]),
      /No backup listens to connection sync/,
    ],
    ['two masters', sorted([...adverts(0, 5), ...adverts(0.5, 5.5, { from: LB2, priority: 90 })]), /Two routers are master/],
    ['nobody is master', [...adverts(0, 2), advert(20, { vrid: 9 })], /No router is master/],
    ['a stranger sends with that syncid', sorted([...pair(), sync(8, { from: STRANGER })]), /10\.0\.0\.20, which is none of its routers/],
  ];
  test.each(rows)('%s', (_, frames, reason) => {
    const found = readiness(watch(frames));
    expect(found.failoverKeepsSessions).toBe(false);
    expect(found.reasons.join(' ')).toMatch(reason);
  });
});

describe('cannot be told', () => {
  const rows: [string, Frame[], RegExp][] = [
    [
      'nobody else was seen to join, and no querier asks',
      sorted([...adverts(0, 5), sync(4)]),
      /Whether there is a backup cannot be told: no IGMP querier/,
    ],
    [
      'the backup was not seen to join the sync group',
      sorted([join(0, VRRP), ...adverts(1, 5), sync(4)]),
      /Whether a backup listens to connection sync/,
    ],
    [
      'somebody else listens to the sync',
      sorted([join(0, VRRP), join(0, SYNC, { from: HOST }), ...adverts(1, 5), sync(4)]),
      /which router that is cannot be told/,
    ],
    ['no sync was ever heard', sorted([both(0), ...adverts(1, 5)]), /No connection sync of its master/],
    ['sync has been silent for 61 s while a session lives', sorted([both(0), ...adverts(1, 66), sync(4.9)]), /no connection sync for 61 s/],
  ];
  test.each(rows)('%s', (_, frames, reason) => {
    const found = readiness(watch(frames));
    expect(found.failoverKeepsSessions).toBeNull();
    expect(found.reasons.join(' ')).toMatch(reason);
  });

  test('sync 60 s ago is recent enough', () => {
    const frames = sorted([both(0), ...adverts(1, 65), sync(5)]);
    expect(readiness(watch(frames)).failoverKeepsSessions).toBe(true);
  });

  test('the session came from the one that was master before', () => {
    const frames = sorted([
      both(0),
      both(0, LB1),
      ...adverts(1, 4, { from: LB2, priority: 90 }),
      sync(3, { from: LB2 }),
      ...adverts(4.3, 9.3),
    ]);
    expect(readiness(watch(frames))).toEqual({
      failoverKeepsSessions: null,
      reasons: ['Connection sync came from 10.0.0.12, and not from the master yet.'],
    });
  });
});

describe('the lab', () => {
  const at = (name: string) => watchRecording(joinPath(FIXTURES, 'captures', `${name}.pcap`));
  test.each([
    ['sip-pe-and-ftp', 51, true],
    ['tunnel-udp-vlan', 51, true],
    ['tunnel-udp-vlan', 60, true],
    ['dr-v1-failover', 51, true],
    ['nat-v0', 51, true],
    // lb1 was stopped there, and said so by priority 0 and by leaving the group.
    ['ipv6-v1', 51, false],
    // Each of the two serves an address of its own.
    ['active-active', 51, null],
    // Of the marks: interval of 3 s against 1 s on 20, VIPs on 21, password on 22, version on 23.
    ['misconfigured', 20, false],
    ['misconfigured', 21, false],
    ['misconfigured', 22, false],
    ['misconfigured', 23, false],
  ])('%s, VRID %i: %s', (name, vrid, expected) => {
    const { failoverKeepsSessions, reasons } = readiness(at(name), vrid);
    expect(failoverKeepsSessions).toBe(expected);
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason).toMatch(/^\S.*\.$/);
  });
});
