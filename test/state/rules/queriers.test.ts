/** Who asks: elections and timers of RFC 3376 sections 6.6.2, 7 and 8, RFC 3810 sections 7.6.2 and 9. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { octets, u16 } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import {
  type AdvertFields,
  advert,
  HOST,
  icmpv6,
  igmpMessage,
  igmpQuery,
  LB1,
  LB2,
  mldReport,
  sync,
  unsolicitedNa,
} from '../../wire-frames.ts';
import { expectReplays } from './replays.ts';

const VIP6 = 'fe80::100';
const LOW = { address: '10.0.0.2', mac: '02:99:00:00:00:02' };
const NAMELESS = { address: '0.0.0.0', mac: '02:99:00:00:00:03' };
const sorted = (frames: readonly Frame[]): Frame[] => [...frames].sort((a, b) => a.atMicros - b.atMicros);
const adverts = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));

/** RFC 2236 section 2, RFC 1112 appendix I: 8 octets, version 1 by a code of 0. */
const olderQuery = (seconds: number, code: number, group = '0.0.0.0'): Frame =>
  igmpMessage(seconds, [0x11, code, 0, 0, ...octets(group)], group === '0.0.0.0' ? '224.0.0.1' : group, { from: HOST });
const groupQuery = (seconds: number, from = HOST): Frame =>
  igmpMessage(seconds, [0x11, 10, 0, 0, ...octets('239.1.1.1'), 2, 125, 0, 0], '239.1.1.1', { from });
const mldQuery = (seconds: number, version: 1 | 2): Frame => {
  const rest = version === 2 ? [2, 125, 0, 0] : [];
  const message = [130, 0, 0, 0, ...u16(10_000), 0, 0, ...octets('::'), ...rest];
  return icmpv6(seconds, message, {
    source: LB1.v6,
    destination: 'ff02::1',
    mac: LB1.mac,
    hopLimit: 1,
    hopByHop: [58, 0, 5, 2, 0, 0, 1, 0],
  });
};

const kindsOf = (frames: readonly Frame[], until: number | null = null): string[] => {
  const { kinds, events } = watch(frames, until);
  return [...new Set([...kinds, ...events.map(({ kind }) => kind)])].filter((kind) => kind.startsWith('igmp.')).sort();
};

describe('igmp.two_queriers', () => {
  const rows: [string, Frame[], boolean][] = [
    ['the higher asks twice more', [igmpQuery(0, { from: LOW }), igmpQuery(1), igmpQuery(126)], true],
    ['whichever came first', [igmpQuery(0), igmpQuery(1, { from: LOW }), igmpQuery(2), igmpQuery(127)], true],
    ['one query that crossed', [igmpQuery(0, { from: LOW }), igmpQuery(1)], false],
    ['the lower fell silent for 255 s before', [igmpQuery(0, { from: LOW }), igmpQuery(1), igmpQuery(256.5)], false],
    ['for one group only', [igmpQuery(0, { from: LOW }), groupQuery(1), groupQuery(2)], false],
    [
      'a snooping switch without an address',
      [igmpQuery(0, { from: LOW }), igmpQuery(1, { from: NAMELESS }), igmpQuery(2, { from: NAMELESS })],
      false,
    ],
  ];
  test.each(rows)('%s', (_, frames, raised) => {
    expect(kindsOf(frames).includes('igmp.two_queriers')).toBe(raised);
    if (raised) expectReplays(frames, 'igmp.two_queriers');
  });
});

describe('igmp.querier_change', () => {
  const rows: [string, Frame[], boolean][] = [
    ['a lower address takes over', [igmpQuery(0), igmpQuery(1, { from: LOW })], true],
    ['the other after the first is gone', [igmpQuery(0, { from: LOW }), igmpQuery(256)], true],
    ['the first querier of all', [igmpQuery(0)], false],
    ['the same again after a silence', [igmpQuery(0), igmpQuery(400)], false],
    ['one that loses', [igmpQuery(0, { from: LOW }), igmpQuery(1)], false],
  ];
  test.each(rows)('%s', (_, frames, raised) => {
    expect(kindsOf(frames)).toEqual(raised ? ['igmp.querier_change'] : []);
    if (raised) expectReplays(frames, 'igmp.querier_change');
  });

  test('a notice: an event, no anomaly', () => {
    const { events, anomalies } = watch([igmpQuery(0), igmpQuery(1, { from: LOW })]);
    expect(anomalies).toEqual([]);
    expect(events).toMatchObject([{ kind: 'igmp.querier_change', severity: 'info', text: expect.stringContaining('10.0.0.2') }]);
  });
});

describe('igmp.version_downgrade', () => {
  const rows: [string, Frame[], boolean][] = [
    ['3, then 2', [igmpQuery(0), olderQuery(125, 100)], true],
    ['3, then 1', [igmpQuery(0), olderQuery(125, 0)], true],
    ['2, then 1', [olderQuery(0, 100), olderQuery(125, 0)], true],
    ['2, then 3', [olderQuery(0, 100), igmpQuery(125)], false],
    ['2 all the time', [olderQuery(0, 100), olderQuery(125, 100)], false],
    ['MLD 2, then 1', [mldQuery(0, 2), mldQuery(125, 1)], true],
    ['MLD 1 beside IGMP 3', [igmpQuery(0), mldQuery(1, 1)], false],
  ];
  test.each(rows)('%s', (_, frames, raised) => {
    expect(kindsOf(frames)).toEqual(raised ? ['igmp.version_downgrade'] : []);
    if (raised) expectReplays(frames, 'igmp.version_downgrade');
  });

  // RFC 3376 section 8.12: hosts go back to version 3 after 2 x 125 s + 10 s without an older query.
  test.each([
    [384, 'raised'],
    [385, 'clear'],
  ])('at %i s it is %s', (until, check) => {
    expect(watch([igmpQuery(0), olderQuery(125, 100)], until).anomalies).toMatchObject([{ check }]);
  });
});

describe('igmp.no_querier', () => {
  const pruned = { destination: '224.0.10.18' };
  const LINK_LOCAL_V6 = { from: { address: LB1.v6, mac: LB1.mac }, version: 3, addresses: [VIP6] } as const;
  /** keepalived: vrrp_mcast_group6. */
  const V6 = { ...LINK_LOCAL_V6, destination: 'ff05::12' };
  /** Hosts with IPv6 addresses, whose neighbors and groups are told of: MLD reports and neighbor advertisements. */
  const dualStack = (from: number, to: number): Frame[] =>
    Array.from({ length: to - from + 1 }, (_, i) => [
      mldReport(from + i, [['to_ex', 'ff02::1:ff00:c']]),
      unsolicitedNa(from + i + 0.1, LB2, LB2.v6),
    ]).flat();
  const rows: [string, Frame[], boolean][] = [
    // keepalived PR#1663: 224.0.10.18 is not link-local.
    ['adverts to 224.0.10.18 for 256 s', adverts(0, 256, pruned), true],
    ['for 255 s', adverts(0, 255, pruned), false],
    // RFC 4541 section 2.1.2: always forwarded.
    ['to 224.0.0.18, which is never pruned', adverts(0, 300), false],
    ['with a querier', sorted([...adverts(0, 300, pruned), igmpQuery(0.5), igmpQuery(125.5), igmpQuery(250.5)]), false],
    ['a querier of the other family', sorted([...adverts(0, 300, pruned), mldQuery(0.5, 2), mldQuery(125.5, 2), mldQuery(250.5, 2)]), true],
    // A Linux bridge withholds ff02::12 without a join while a querier asks, and floods it else: docs/links-and-clocks.md.
    ['IPv6 adverts to ff02::12', adverts(0, 300, LINK_LOCAL_V6), false],
    ['IPv6 adverts to ff05::12', adverts(0, 256, V6), true],
    [
      'IPv6 adverts, with an MLD querier',
      sorted([...adverts(0, 300, V6), mldQuery(0.5, 2), mldQuery(125.5, 2), mldQuery(250.5, 2)]),
      false,
    ],
    [
      'IPv6 adverts, with a querier of IGMP only',
      sorted([...adverts(0, 256, V6), igmpQuery(0.5), igmpQuery(125.5), igmpQuery(250.5)]),
      true,
    ],
    ['IPv6 on the segment, but neither VRRP nor sync over it', sorted([...adverts(0, 300), ...dualStack(0, 300)]), false],
    [
      'IPv6 adverts in a VLAN, with an MLD querier in another',
      sorted([...adverts(0, 256, { ...V6, vlan: 7 }), mldQuery(0.5, 2), mldQuery(125.5, 2), mldQuery(250.5, 2)]),
      true,
    ],
    ['the adverts ended', sorted([...adverts(0, 100, pruned), ...adverts(101, 300)]), false],
  ];
  test.each(rows)('%s', (_, frames, raised) => {
    expect(kindsOf(frames)).toEqual(raised ? ['igmp.no_querier'] : []);
    if (raised) expectReplays(frames, 'igmp.no_querier');
  });

  test.each([
    ['239.1.1.1', true],
    ['224.0.0.81', false],
  ])('sync to %s for 256 s', (group, raised) => {
    const frames = Array.from({ length: 257 }, (_, i) => sync(i, { group }));
    const { kinds } = watch(frames, null, null, [], [`${group}:8848`]);
    expect([...kinds].includes('igmp.no_querier')).toBe(raised);
  });

  test('it ends with the first query', () => {
    const frames = [...adverts(0, 260, pruned), igmpQuery(260.5)];
    const { anomalies } = watch(frames, 262);
    expect(anomalies.filter(({ kind }) => kind === 'igmp.no_querier')).toMatchObject([{ check: 'clear' }]);
  });
});
