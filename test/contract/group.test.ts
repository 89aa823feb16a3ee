/** Groups: members as their reports say, and how long each is believed. */
import { describe, expect, test } from 'vitest';
import { type Group, groupsOf } from '../../src/contract/group.ts';
import { watch } from '../watched.ts';
import { igmpQuery, join, LB1, LB2, leave, mldReport } from '../wire-frames.ts';

const VRRP = '224.0.0.18';
const groups = (...frames: Parameters<typeof watch>[0]): Group[] => groupsOf(watch(frames).monitor);

test('a member that nobody asked does not expire', () => {
  expect(groups(join(1, VRRP))).toEqual([
    {
      id: VRRP,
      group: VRRP,
      family: 'ipv4',
      interface: 'eth0',
      vlan: null,
      members: [
        {
          address: LB2.address,
          mac: LB2.mac,
          version: 3,
          since: '2026-11-21T00:00:01.000000Z',
          lastSeen: '2026-11-21T00:00:01.000000Z',
          expiresAt: null,
        },
      ],
      querier: null,
    },
  ]);
});

// RFC 3376 section 8.4: Group Membership Interval = robustness 2 x query interval 125 s + response interval 10 s.
test('one that was asked expires 260 s after its last report', () => {
  const [group] = groups(igmpQuery(0, { from: LB1 }), join(1, VRRP), join(100, VRRP));
  expect(group.querier).toEqual({ address: LB1.address, mac: LB1.mac, version: 3, lastSeen: '2026-11-21T00:00:00.000000Z' });
  expect(group.members[0]).toMatchObject({
    since: '2026-11-21T00:00:01.000000Z',
    lastSeen: '2026-11-21T00:01:40.000000Z',
    expiresAt: '2026-11-21T00:06:00.000000Z',
  });
});

describe('a group', () => {
  test('that all have left has no members', () => {
    expect(groups(join(1, VRRP), leave(2, VRRP)).map(({ members }) => members)).toEqual([[]]);
  });

  test('of another VLAN or family is another', () => {
    const all = groups(join(1, VRRP), join(1, VRRP, { vlan: 7 }), mldReport(1, [['to_ex', 'ff02::12']]));
    expect(all.map(({ id, family, vlan }) => [id, family, vlan])).toEqual([
      [VRRP, 'ipv4', null],
      [`${VRRP}@1`, 'ipv4', 7],
      ['ff02::12', 'ipv6', null],
    ]);
  });
});
