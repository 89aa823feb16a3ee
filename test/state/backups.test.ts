/** Who could take over: keepalived's own state (marks of the lab, to the second) and frames by hand; timers RFC 3768 6.1, RFC 5798 6.1. */
import { readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressText } from '../../dissectors/address.ts';
import type { Frame } from '../../dissectors/dissect.ts';
import { virtualRoutersOf } from '../../src/contract/vrrp.ts';
import { backupBlindness, standingsOf, takeoverMicros } from '../../src/state/backups.ts';
import { FIXTURES } from '../environment.ts';
import { type Watched, watch, watchRecording } from '../watched.ts';
import { advert, HOST, igmpMessage, igmpQuery, join, LB1, LB2, leave, mldReport, SECOND } from '../wire-frames.ts';

const VRRP = '224.0.0.18';
const LB3 = { address: '10.0.0.13', v6: 'fe80::d', mac: '02:99:00:00:00:0d' };
const VIRTUAL_MAC = '00:00:5e:00:01:33';

function rolesOf({ monitor }: Watched, vrid = 51): string[] {
  const router = monitor.routers.all.find((one) => one.vrid === vrid);
  if (!router) return [];
  return standingsOf(router, monitor, monitor.clock.nowMicros ?? 0).map(({ address, role }) => `${addressText(address)} ${role}`);
}

const adverts = (from: number, to: number, fields = {}): Frame[] =>
  Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));

describe('roles', () => {
  const preempted = [...adverts(0, 3, { from: LB2, priority: 90 }), ...adverts(3.2, 8.2)];
  const rows: [string, Frame[], string[]][] = [
    ['a master alone', adverts(0, 3), ['10.0.0.11 master']],
    ['a listener that never sent', [join(0, VRRP), ...adverts(1, 3)], ['10.0.0.11 master', '10.0.0.12 silent_backup']],
    ['the master listens too', [join(0, VRRP, { from: LB1 }), ...adverts(1, 3)], ['10.0.0.11 master']],
    ['a listener that left', [join(0, VRRP), ...adverts(1, 3), leave(3.5, VRRP)], ['10.0.0.11 master']],
    ['a listener to another group', [join(0, '224.0.0.81'), ...adverts(1, 3)], ['10.0.0.11 master']],
    ['one that gave way to a higher priority', preempted, ['10.0.0.12 backup', '10.0.0.11 master']],
    ['and left then', [...preempted, leave(9, VRRP), advert(9.2)], ['10.0.0.12 unknown', '10.0.0.11 master']],
    ['and joined again', [...preempted, leave(9, VRRP), join(9.1, VRRP), advert(9.2)], ['10.0.0.12 backup', '10.0.0.11 master']],
    // 3 s and (256 - 90) / 256 s of silence: it did not give way, it stopped.
    [
      'one that fell silent',
      [...adverts(0, 3), ...adverts(6.65, 9.65, { from: LB2, priority: 90 })],
      ['10.0.0.11 unknown', '10.0.0.12 master'],
    ],
    [
      'one that fell silent and reports its membership since',
      [...adverts(0, 3), ...adverts(6.65, 9.65, { from: LB2, priority: 90 }), join(9.7, VRRP, { from: LB1 })],
      ['10.0.0.11 backup', '10.0.0.12 master'],
    ],
    [
      'one that resigned and still listens may be at fault',
      [join(0, VRRP, { from: LB1 }), ...adverts(1, 3), advert(3.5, { priority: 0 }), ...adverts(4.2, 6.2, { from: LB2, priority: 90 })],
      ['10.0.0.11 unknown', '10.0.0.12 master'],
    ],
    ['both of a split', [...adverts(0, 5), ...adverts(0.5, 5.5, { from: LB2, priority: 90 })], ['10.0.0.11 master', '10.0.0.12 master']],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    const inOrder = [...frames].sort((a, b) => a.atMicros - b.atMicros);
    expect(rolesOf(watch(inOrder))).toEqual(expected);
  });

  test('one that is master of another virtual router may be a backup or not', () => {
    const frames = [join(0, VRRP), join(0, VRRP, { from: LB3 }), advert(1), advert(1.1, { from: LB2, vrid: 52 }), advert(2)];
    expect(rolesOf(watch(frames))).toEqual(['10.0.0.11 master', '10.0.0.12 unknown', '10.0.0.13 silent_backup']);
  });

  test('a master that sends from the virtual MAC is known by its address, and the virtual MAC’s own membership is nobody’s', () => {
    const own = join(0, VRRP, { from: LB1 });
    const shared = join(0.1, VRRP, { from: { address: '0.0.0.0', mac: VIRTUAL_MAC } });
    expect(rolesOf(watch([own, shared, ...adverts(1, 3, { mac: VIRTUAL_MAC })]))).toEqual(['10.0.0.11 master']);
  });

  test('MLD: a backup that reported from :: only', () => {
    const v6 = { from: { address: LB1.v6, mac: LB1.mac }, version: 3, addresses: ['fe80::64'] } as const;
    const listener = mldReport(0, [['to_ex', 'ff02::12']], { v6: '::', mac: LB2.mac });
    expect(rolesOf(watch([listener, ...adverts(1, 3, v6)]))).toEqual(['fe80::b master', ':: silent_backup']);
  });

  test('what was said of keepalived at each moment of dr-v1-failover', () => {
    const path = joinPath(FIXTURES, 'captures', 'dr-v1-failover.pcap');
    const marks: { t: number; what: string }[] = JSON.parse(readFileSync(path.replace('.pcap', '.json'), 'utf8')).marks;
    // tshark's frame numbers between the marks: 60 before lb1 gets SIGTERM, 95 after lb2 holds the address, 140 after lb1 has it again.
    expect(marks.map(({ what }) => what)).toContain('lb1: keepalived gets SIGTERM');
    const roles = [60, 95, 140].map((frame) => rolesOf(watchRecording(path, undefined, frame)));
    expect(roles).toEqual([
      ['10.99.0.11 master', '10.99.0.12 silent_backup'],
      ['10.99.0.11 unknown', '10.99.0.12 master'],
      ['10.99.0.11 master', '10.99.0.12 backup'],
    ]);
  });
});

describe('whether none can be told', () => {
  const blind = (frames: readonly Frame[], until: number): string | null => {
    const { monitor } = watch(frames, until);
    const [router] = monitor.routers.all;
    const now = monitor.clock.nowMicros ?? 0;
    return backupBlindness(router, standingsOf(router, monitor, now), monitor, now);
  };
  const asked = (seconds: readonly number[]): Frame[] => seconds.flatMap((s) => [igmpQuery(s), join(s + 1, VRRP, { from: LB1 })]);
  const master = adverts(0, 252);
  const sorted = (frames: readonly Frame[]) => [...frames].sort((a, b) => a.atMicros - b.atMicros);
  test.each([
    ['no querier', master, 252, /no IGMP querier/],
    ['asked twice, answered', sorted([...asked([0.1, 125, 250]), ...master]), 252, null],
    ['asked for less than two intervals', sorted([...asked([0.1, 125]), ...master.slice(0, 240)]), 239, /two of its intervals/],
    ['never answered', sorted([igmpQuery(0.1), igmpQuery(125), igmpQuery(250), ...master]), 252, /no IGMP answer/],
    [
      'the virtual MAC listens',
      sorted([...asked([0.1, 125, 250]), join(2.5, VRRP, { from: { address: '0.0.0.0', mac: VIRTUAL_MAC } }), ...master]),
      252,
      /virtual MAC/,
    ],
    ['between unicast peers', [advert(0, { destination: LB2.address }), advert(1, { destination: LB2.address })], 1, /unicast/],
  ])('%s', (_, frames, until, expected) => {
    const why = blind(frames, until);
    if (expected) expect(why).toMatch(expected);
    else expect(why).toBeNull();
  });

  test('a querier of version 2: only one member answers', () => {
    const frames = [0, 125, 250].map((s) => igmpMessage(s, [0x11, 100, 0, 0, 0, 0, 0, 0], '224.0.0.1', { from: HOST }));
    const { monitor } = watch(frames);
    expect(monitor.groups.blindness(0, 'ipv4', frames[2].atMicros)).toMatch(/version 2/);
  });
});

describe('when a backup takes over', () => {
  const down = ({ monitor }: Watched): number | null => {
    const [router] = monitor.routers.all;
    const micros = takeoverMicros(router, standingsOf(router, monitor, monitor.clock.nowMicros ?? 0));
    return micros && Math.round((micros / SECOND) * 1000) / 1000;
  };
  // RFC 3768 section 6.1: 3 x 1 s + (256 - priority) / 256 s; RFC 5798 section 6.1: 3 x Adver + (256 - priority) x Adver / 256.
  const v3 = { version: 3, interval: 30 } as const;
  const rows: [string, Frame[], number][] = [
    ['nobody known: priority 1', adverts(0, 3), 3.996],
    ['a silent backup: priority 1', [join(0, VRRP), ...adverts(1, 3)], 3.996],
    ['priority 90', [...adverts(0, 3, { from: LB2, priority: 90 }), ...adverts(3.2, 6.2)], 3.648],
    ['version 3 at 0.3 s', [advert(0, v3), advert(0.3, v3)], 1.199],
    ['version 3 at 0.3 s, priority 90', [advert(0, { ...v3, from: LB2, priority: 90 }), advert(0.2, v3), advert(0.5, v3)], 1.095],
    ['after a resignation, the skew alone', [join(0, VRRP), ...adverts(1, 3), advert(3.5, { priority: 0 })], 0.996],
  ];
  test.each(rows)('%s', (_, frames, seconds) => {
    expect(down(watch(frames))).toBe(seconds);
  });

  test('the table of timers, by each one’s own priority and the master’s interval', () => {
    const frames = [advert(0, { ...v3, from: LB2, priority: 90 }), advert(0.2, v3), advert(0.5, v3)];
    const [{ routers, masterDownAt }] = virtualRoutersOf(watch(frames).monitor);
    expect(routers.map((r) => [r.address, r.role, r.priority, r.skewCentiseconds, r.masterDownCentiseconds])).toEqual([
      ['10.0.0.12', 'backup', 90, 19.45, 109.45],
      ['10.0.0.11', 'master', 100, 18.28, 108.28],
    ]);
    // 0.5 s after START and 1.094531 s.
    expect(masterDownAt).toBe('2026-11-21T00:00:01.594531Z');
  });

  test('of a silent backup nothing but its addresses is known', () => {
    const [{ routers }] = virtualRoutersOf(watch([join(0, VRRP), ...adverts(1, 3)]).monitor);
    expect(routers[1]).toMatchObject({
      address: '10.0.0.12',
      mac: LB2.mac,
      role: 'silent_backup',
      priority: null,
      lastAdvert: null,
      adverts: 0,
    });
  });
});
