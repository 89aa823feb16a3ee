/** Priorities: version 2 with 1 s, so twice the longest Master_Down_Interval is 7.99 s (RFC 3768 section 6.1); preemption: section 6.4.2. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import type { Expected } from '../../../src/state/expected.ts';
import { type Watched, watch } from '../../watched.ts';
import { type AdvertFields, advert, HOST, igmpQuery, join, LB1, LB2, leave } from '../../wire-frames.ts';

const of = ({ anomalies }: Watched, kind: string) => anomalies.find((anomaly) => anomaly.kind === kind);
const all = (watched: Watched, kind: string) => watched.events.filter((event) => event.kind === kind);
const SUBJECT = { vrid: 51, family: 'ipv4', interface: 'eth0' };
const backup: AdvertFields = { from: LB2, priority: 90 };
const GROUP = '224.0.0.18';
const adverts = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  Array.from({ length: Math.floor(to - from) + 1 }, (_, i) => advert(from + i, fields));
const inOrder = (...frames: Frame[]): Frame[] => frames.sort((a, b) => a.atMicros - b.atMicros);

describe('vrrp.dup_owner and vrrp.equal_priority', () => {
  test.each<[string, Frame[], string[]]>([
    ['two owners', [advert(1, { priority: 255 }), advert(2, { from: LB2, priority: 255 })], ['vrrp.dup_owner']],
    ['an owner and 254', [advert(1, { priority: 255 }), advert(2, { from: LB2, priority: 254 })], []],
    [
      'an owner after another that resigned',
      [advert(1, { priority: 255 }), advert(2, { priority: 0 }), advert(2.1, { from: LB2, priority: 255 })],
      [],
    ],
    ['an owner after another was lost', [advert(1, { priority: 255 }), advert(5, { from: LB2, priority: 255 })], []],
    ['equal priorities at once', [advert(1), advert(2, { from: LB2 })], ['vrrp.equal_priority']],
    ['equal priorities, one after the other', [advert(1), advert(2, { priority: 0 }), advert(2.6, { from: LB2 })], ['vrrp.equal_priority']],
    ['equal priorities in other VRIDs', [advert(1), advert(2, { from: LB2, vrid: 52, addresses: ['10.0.0.101'] })], []],
    ['equal priorities an hour and more apart', [advert(1), advert(3602, { from: LB2 })], []],
    ['99 and 100', [advert(1), advert(2, { from: LB2, priority: 99 })], []],
  ])('%s', (_, frames, kinds) => {
    const watched = watch(frames);
    expect(watched.kinds.filter((kind) => /owner|equal/.test(kind))).toEqual(kinds);
    for (const kind of kinds) expect(of(watched, kind)?.subject).toEqual(SUBJECT);
  });
});

describe('vrrp.priority_change', () => {
  test('of one sender, with both figures', () => {
    const watched = watch([advert(1), advert(2, { priority: 80 }), advert(3, { priority: 80 })]);
    expect(all(watched, 'vrrp.priority_change')).toMatchObject([
      { details: { from: 100, to: 80 }, frames: [1, 2], severity: 'info', subject: { ...SUBJECT, address: '10.0.0.11' } },
    ]);
  });

  test.each<[string, Frame[]]>([
    ['another sender', [advert(1), advert(2, backup)]],
    ['a resignation and the same priority again', [advert(1), advert(2, { priority: 0 }), advert(3)]],
    ['a forged advert (TTL 254)', [advert(1), advert(2, { priority: 80, ttl: 254 })]],
    ['a wrong checksum', [advert(1, { version: 3 }), advert(2, { version: 3, priority: 80, dialect: 'wrong' })]],
  ])('near miss: %s', (_, frames) => {
    expect(all(watch(frames), 'vrrp.priority_change')).toEqual([]);
  });
});

describe('who does not preempt', () => {
  /** lb1 stops at 2 s and leaves the group; lb2 is master. */
  const failover = (until: number): Frame[] => [
    advert(1),
    advert(2, { priority: 0 }),
    leave(2.01, GROUP, { from: LB1 }),
    ...adverts(2.6, until, backup),
  ];
  const rejoin = join(5, GROUP, { from: LB1 });

  test('vrrp.inferred_nopreempt: it joined again and stays backup for two Master_Down_Intervals', () => {
    const watched = watch(inOrder(...failover(14), rejoin), 14);
    expect(of(watched, 'vrrp.inferred_nopreempt')).toMatchObject({ check: 'raised', subject: { ...SUBJECT, address: '10.0.0.11' } });
    expect(watched.kinds).not.toContain('vrrp.preempt_not_done');
    expect(all(watched, 'vrrp.inferred_nopreempt')).toHaveLength(1);
  });

  test.each<[string, Frame[], number]>([
    ['less than two Master_Down_Intervals', inOrder(...failover(12.9), rejoin), 12.9],
    ['it never came back', failover(30), 30],
    ['it has left again', inOrder(...failover(30), rejoin, leave(6, GROUP, { from: LB1 })), 30],
    ['another host joined', inOrder(...failover(30), join(5, GROUP, { from: HOST })), 30],
    ['it has preempted', inOrder(...failover(8), rejoin, ...adverts(8.65, 30)), 30],
    ['its priority is lower', inOrder(...adverts(1, 30), join(5, GROUP)), 30],
  ])('near miss: %s', (_, frames, until) => {
    const { kinds } = watch(frames, until);
    expect(kinds).not.toContain('vrrp.inferred_nopreempt');
    expect(kinds).not.toContain('vrrp.preempt_not_done');
  });

  test('ends when it becomes master', () => {
    const watched = watch(inOrder(...failover(20), rejoin, advert(20.8)), 22);
    expect(of(watched, 'vrrp.inferred_nopreempt')).toMatchObject({ check: 'clear' });
  });

  /** lb1 is in the group, answers a query at 20 s, and sends nothing any more. */
  const silent = (answers: number): Frame[] => [
    join(0.5, GROUP, { from: LB1 }),
    advert(1),
    ...adverts(4.65, 25, backup),
    igmpQuery(answers - 0.1),
    join(answers, GROUP, { from: LB1 }),
  ];

  test('vrrp.preempt_not_done: it reports its membership and takes nothing back', () => {
    const watched = watch(inOrder(...silent(20)), 22);
    expect(of(watched, 'vrrp.preempt_not_done')).toMatchObject({ check: 'raised', subject: { ...SUBJECT, address: '10.0.0.11' } });
    expect(watched.kinds).not.toContain('vrrp.inferred_nopreempt');
  });

  test('vrrp.preempt_not_done: it sends adverts of another VRID', () => {
    const other = adverts(1.2, 20, { vrid: 52, addresses: ['10.0.0.101'] });
    expect(watch(inOrder(advert(1), ...adverts(4.65, 20, backup), ...other), 20).kinds).toContain('vrrp.preempt_not_done');
  });

  test('near miss: its last report is from before it could have taken over', () => {
    const watched = watch(inOrder(...silent(8)), 25);
    expect(watched.kinds).not.toContain('vrrp.preempt_not_done');
  });

  test('unknown while nobody asks for memberships', () => {
    const { monitor } = watch([advert(1), ...adverts(4.65, 20, backup)], 20);
    expect(monitor.anomalies.all.find(({ kind }) => kind === 'vrrp.preempt_not_done')).toMatchObject({ check: 'unknown' });
  });
});

describe('vrrp.rogue', () => {
  const stranger: AdvertFields = { from: HOST, priority: 200 };
  const expected = (vrid: number): Expected => ({
    routers: [
      {
        vrid,
        family: 'ipv4',
        interface: null,
        vlan: null,
        routers: [0x0a00000b, 0x0a00000c],
        preferredMaster: null,
        addresses: null,
        syncid: null,
      },
    ],
    trusted: [],
  });
  const steady = [advert(1), advert(2), advert(600)];

  test.each<[string, Frame[], Expected | null, boolean]>([
    ['new, higher than all, after ten minutes', [...steady, advert(601.5, stranger)], null, true],
    ['earlier: it may be the other one of the pair', [advert(1), advert(600.9, stranger)], null, false],
    ['new and as high as the highest', [...steady, advert(601.5, { ...stranger, priority: 100 })], null, false],
    ['higher, and known before', [advert(0.5, backup), ...steady, advert(601.5, { ...backup, priority: 110 })], null, false],
    ['forged, TTL 254', [...steady, advert(601.5, { ...stranger, ttl: 254 })], null, false],
    ['not named in the expected state, however low', [advert(1), advert(1.5, { ...stranger, priority: 1 })], expected(51), true],
    ['named in the expected state', [...steady, advert(601.5, { from: LB2, priority: 200 })], expected(51), false],
    ['of a VRID that the expected state does not name, before ten minutes', [advert(1), advert(2, stranger)], expected(50), false],
  ])('%s', (_, frames, planned, raised) => {
    const watched = watch(frames, null, planned);
    expect(watched.kinds.includes('vrrp.rogue')).toBe(raised);
    if (raised) expect(of(watched, 'vrrp.rogue')?.subject).toEqual({ ...SUBJECT, address: '10.0.0.50' });
  });
});
