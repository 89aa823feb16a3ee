import { describe, expect, test } from 'vitest';
import type { VirtualRouter } from '../../../src/contract/vrrp.ts';
import {
  backupsOf,
  backupsText,
  deadlineOf,
  gapText,
  lastFailoverOf,
  lastHeardOf,
  leftOf,
  routersText,
  troubleFirst,
} from '../../../web/overview/routers.ts';
import { mastersOf, sinceMillis } from '../../../web/parts/virtual-router.ts';

type Member = VirtualRouter['routers'][number];

const member = (address: string, role: Member['role'], priority: number | null, lastAdvert: string | null): Member => ({
  address,
  mac: null,
  role,
  priority,
  intervalCentiseconds: 100,
  skewCentiseconds: null,
  masterDownCentiseconds: null,
  authentication: null,
  checksum: null,
  ttl: 255,
  addresses: [],
  lastAdvert,
  adverts: 1,
  jitterMilliseconds: null,
  lateAdverts: [0, 0, 0],
});

const healthy: VirtualRouter = {
  id: 'ipv4-51-0',
  interface: 'eth0',
  vlan: null,
  family: 'ipv4',
  vrid: 51,
  group: '224.0.0.18',
  version: 2,
  state: 'master',
  since: '2026-11-21T05:00:00.000000Z',
  master: { address: '10.99.0.11', mac: null, priority: 100, since: '2026-11-21T05:10:00.000000Z' },
  // RFC 3768, 6.1: 3 x 1 s + (256 - 90) / 256 s.
  masterDownAt: '2026-11-21T05:24:03.648437Z',
  addresses: ['10.99.0.100'],
  routers: [
    member('10.99.0.11', 'master', 100, '2026-11-21T05:24:00.000000Z'),
    member('10.99.0.12', 'backup', 90, '2026-11-21T05:09:00.000000Z'),
    member('10.99.0.13', 'silent_backup', null, null),
    member('10.99.0.14', 'unknown', 200, '2026-11-21T04:00:00.000000Z'),
  ],
  readiness: { failoverKeepsSessions: true, reasons: [] },
};
const lost: VirtualRouter = { ...healthy, id: 'ipv4-52-1', vrid: 52, state: 'lost', master: null, masterDownAt: null };
const split: VirtualRouter = {
  ...healthy,
  state: 'two_masters',
  routers: [member('10.99.0.11', 'master', 100, null), member('10.99.0.12', 'master', 90, null)],
};
const at = (time: string): number => Date.parse(`2026-11-21T${time}Z`);

describe('the strip of a virtual router', () => {
  test('names the master, both where there are two, none where there is none', () => {
    expect(mastersOf(healthy).map(({ address }) => address)).toEqual(['10.99.0.11']);
    expect(mastersOf(split).map(({ address }) => address)).toEqual(['10.99.0.11', '10.99.0.12']);
    expect(mastersOf(lost)).toEqual([]);
  });

  test('names who was heard last where nobody is master', () => {
    expect(lastHeardOf(lost)).toBe('10.99.0.11');
    expect(lastHeardOf(healthy)).toBeUndefined();
  });

  test('counts as backups who listens to the adverts, the best of those whose priority was heard', () => {
    expect(backupsText(backupsOf(healthy))).toBe('2 backups, best 90');
    expect(backupsText([member('10.99.0.13', 'silent_backup', null, null)])).toBe('1 backup');
    expect(backupsText([])).toBe('no backup seen');
  });

  test('is master since it took over, lost since it was lost', () => {
    expect(sinceMillis(healthy)).toBe(at('05:10:00.000'));
    expect(sinceMillis(lost)).toBe(at('05:00:00.000'));
  });

  test('runs down from the last advert to the takeover', () => {
    const deadline = deadlineOf(healthy);
    if (!deadline) throw new Error('no deadline');
    expect(leftOf(deadline, at('05:24:00.000'))).toEqual({ share: 1, text: '3.6 s' });
    expect(leftOf(deadline, at('05:24:01.824'))).toEqual({ share: 0.5, text: '1.8 s' });
    expect(leftOf(deadline, at('05:24:03.700'))).toEqual({ share: 0, text: 'overdue' });
    expect(deadlineOf(lost)).toBeNull();
  });

  test.each([
    [null, 'no gap'],
    [0, 'gap 0.00 s'],
    [654.2, 'gap 0.65 s'],
    [3648, 'gap 3.6 s'],
  ])('gap of %j ms: %s', (gap, text) => expect(gapText(gap)).toBe(text));
});

describe('all strips', () => {
  const unready: VirtualRouter = { ...healthy, id: 'ipv4-53-2', vrid: 53, readiness: { failoverKeepsSessions: false, reasons: [] } };

  test('stand with trouble first', () => {
    expect(troubleFirst([healthy, unready, lost]).map(({ vrid }) => vrid)).toEqual([52, 53, 51]);
  });

  test('are told in a line', () => {
    expect(routersText([])).toBe('none heard');
    expect(routersText([healthy])).toBe('1, with one master');
    expect(routersText([healthy, unready])).toBe('2, each with one master');
    expect(routersText([healthy, lost, split])).toBe('3, in trouble: VRID 52 no master, VRID 51 two masters');
    expect(routersText(Array.from({ length: 8 }, () => lost))).toMatch(/^8, in trouble: (VRID 52 no master, ){5}3 more$/);
  });

  test('know their own last failover', () => {
    const failover = {
      id: 'a',
      at: '2026-11-21T05:10:00.000000Z',
      vrid: 51,
      family: 'ipv4' as const,
      interface: 'eth0',
      vlan: null,
      from: '10.99.0.12',
      to: '10.99.0.11',
      reason: 'preempted' as const,
      gapMs: null,
      conclusion: '',
      announcements: [],
      staleNeighbors: null,
      sessions: { before: 0, seenAgain: 0, moved: 0, lost: 0, pending: 0 },
      syncSenderChanged: null,
      closedAt: null,
      timeline: [],
    };
    const latestFirst = [{ ...failover, id: 'c', vlan: 100 }, { ...failover, id: 'b' }, failover];
    expect(lastFailoverOf(healthy, latestFirst)?.id).toBe('b');
    expect(lastFailoverOf(lost, latestFirst)).toBeUndefined();
  });
});
