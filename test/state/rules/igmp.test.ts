/** Memberships: what a frame must show, and the near miss. Layouts and delivery by RFC 3376, RFC 2236, RFC 3810. */
import { join as joinPath } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { octets } from '../../sync-message.ts';
import { watch, watchRecording } from '../../watched.ts';
import {
  type AdvertFields,
  advert,
  icmpv6,
  igmpMessage,
  igmpQuery,
  igmpReport,
  join,
  LB1,
  LB2,
  leave,
  mldReport,
  onesComplement,
  sync,
} from '../../wire-frames.ts';
import { expectReplays } from './replays.ts';

const VRRP = '224.0.0.18';
const SYNC = '224.0.0.81';
const sorted = (frames: readonly Frame[]): Frame[] => [...frames].sort((a, b) => a.atMicros - b.atMicros);
const adverts = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));
const ofGroups = (frames: readonly Frame[], until: number | null = null) =>
  watch(frames, until).kinds.filter((kind) => kind.startsWith('igmp.'));

/** An octet of the frame changed, and the IPv4 header's checksum made right again. */
function changed(frame: Frame, offset: number, value: number): Frame {
  const bytes = frame.bytes.slice();
  bytes[offset] = value;
  const header = [...bytes.subarray(14, 14 + (bytes[14] & 15) * 4)];
  header[10] = 0;
  header[11] = 0;
  const sum = onesComplement(header);
  bytes[24] = sum >>> 8;
  bytes[25] = sum & 255;
  return { ...frame, bytes };
}

const ETHERNET = 14;
const TTL = ETHERNET + 8;
const OPTION = ETHERNET + 20;
const IGMP_CHECKSUM = ETHERNET + 24 + 3;

describe('one message', () => {
  const good = join(0, VRRP);
  const oddRecord = igmpMessage(0, [0x22, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0, ...octets(VRRP)], '224.0.0.22');
  const mld = [143, 0, 0, 0, 0, 0, 0, 0];
  const far = icmpv6(0, mld, { source: LB2.v6, destination: 'ff02::16', mac: LB2.mac, hopLimit: 2, hopByHop: [58, 0, 5, 2, 0, 0, 1, 0] });
  const unmarked = icmpv6(0, mld, { source: LB2.v6, destination: 'ff02::16', mac: LB2.mac, hopLimit: 1 });
  const rows: [string, Frame, string[]][] = [
    ['a good report', good, []],
    ['a good report of version 2', igmpMessage(0, [0x16, 0, 0, 0, ...octets(VRRP)], VRRP), []],
    ['a good query', igmpQuery(0), []],
    ['a good MLD report', mldReport(0, [['to_ex', 'ff02::12']]), []],
    ['a wrong checksum', changed(good, IGMP_CHECKSUM, good.bytes[IGMP_CHECKSUM] ^ 1), ['igmp.checksum']],
    ['a TTL of 2', changed(good, TTL, 2), ['igmp.ttl']],
    ['a hop limit of 2', far, ['igmp.ttl']],
    // Option 1 is "no operation" (RFC 791 section 3.1).
    ['no Router Alert', changed(good, OPTION, 1), ['igmp.no_router_alert']],
    ['MLD without Router Alert', unmarked, ['igmp.no_router_alert']],
    ['version 3 to the group itself', igmpMessage(0, [0x22, 0, 0, 0, 0, 0, 0, 0], VRRP), ['igmp.bad_dst']],
    ['a record of type 7', oddRecord, ['igmp.bad_record']],
  ];
  test.each(rows)('%s', (_, frame, expected) => {
    expect(ofGroups([frame])).toEqual(expected);
    for (const kind of expected) expectReplays([frame], kind);
  });
});

describe('igmp.leave_backup', () => {
  const pair = [join(0, VRRP), join(0, SYNC), ...adverts(1, 4)];
  const takeover = [advert(4.2, { priority: 0 }), advert(4.9, { from: LB2, priority: 90 })];
  const unready = { v6: '::', mac: LB2.mac };
  const rows: [string, Frame[], boolean][] = [
    ['a listener leaves 224.0.0.18', [...pair, leave(5, VRRP)], true],
    ['a router known by its adverts alone', [...adverts(0, 3), leave(4, VRRP, { from: LB1 })], true],
    ['a listener leaves ff02::12', [mldReport(0, [['to_ex', 'ff02::12']]), mldReport(5, [['to_in', 'ff02::12']])], true],
    ['a host that nobody knew as a router', [...adverts(0, 3), leave(4, VRRP)], false],
    ['another group', [...pair, join(0.5, '239.1.1.1'), leave(5, '239.1.1.1')], false],
    ['only some sources', [...pair, igmpReport(5, [['block', VRRP, '10.0.0.1']])], false],
    [
      'the virtual MAC, which is shared',
      [join(0, VRRP, { from: { ...LB2, mac: '00:00:5e:00:01:33' } }), leave(5, VRRP, { from: { ...LB2, mac: '00:00:5e:00:01:33' } })],
      false,
    ],
    ['the sync group alone', [...pair, sync(4.5), leave(5, SYNC), ...adverts(5.5, 11.5)], true],
    ['the sync group, joined again at once', [...pair, sync(4.5), leave(5, SYNC), join(5.2, SYNC), ...adverts(5.5, 11.5)], false],
    // keepalived's master stops its backup sync daemon: the lab's lb2 does so 0.02 s after its first advert.
    [
      'the sync group, for it is master now',
      [...pair, sync(4.1), ...takeover, leave(4.92, SYNC), ...adverts(5.9, 11.9, { from: LB2, priority: 90 })],
      false,
    ],
  ];
  test.each(rows)('%s: told %#', (_, frames, raised) => {
    expect(ofGroups(sorted(frames), 12)).toEqual(raised ? ['igmp.leave_backup'] : []);
  });

  test('it ends with the next join, from whichever address', () => {
    const v6 = [
      mldReport(0, [['to_ex', 'ff02::12']]),
      mldReport(5, [['to_in', 'ff02::12']]),
      mldReport(8, [['to_ex', 'ff02::12']], unready),
    ];
    for (const frames of [[...pair, leave(5, VRRP), join(8, VRRP)], v6]) {
      const [anomaly] = watch(frames).anomalies;
      expect(anomaly).toMatchObject({ kind: 'igmp.leave_backup', check: 'clear', endedMicros: frames[frames.length - 1].atMicros });
    }
  });

  test('the frames of the event show it again', () => {
    expectReplays([...pair, leave(5, VRRP)], 'igmp.leave_backup');
    expectReplays([...adverts(0, 3), leave(4, VRRP, { from: LB1 })], 'igmp.leave_backup');
  });

  // keepalived is stopped or killed in these and only these: marks of the recordings. Seconds by tshark, from the first frame.
  test.each([
    ['dr-v1-failover', [['10.99.0.11', 16.948, 25.979]]],
    [
      'ipv6-v1',
      [
        ['10.99.0.11', 15.537, null],
        ['fe80::99:ff:fe00:b', 15.537, null],
      ],
    ],
    ['vrrp-zoo', [['10.99.0.11', 12.113, null]]],
    ['split-brain', []],
    ['active-active', []],
    ['misconfigured', []],
    ['sync-options', []],
    ['tunnel-udp-vlan', []],
    ['sip-pe-and-ftp', []],
  ])('%s', (name, expected) => {
    const { anomalies, monitor } = watchRecording(joinPath(FIXTURES, 'captures', `${name}.pcap`));
    const since = (micros: number | null) =>
      micros === null ? null : Math.round((micros - (monitor.clock.firstMicros ?? 0)) / 1000) / 1000;
    const found = anomalies.filter(({ kind }) => kind.startsWith('igmp.'));
    expect(found.map(({ subject, firstMicros, endedMicros }) => [subject.address, since(firstMicros), since(endedMicros)])).toEqual(
      expected,
    );
    expect(new Set(found.map(({ kind }) => kind)).size).toBe(expected.length > 0 ? 1 : 0);
  });
});

describe('igmp.mac_split', () => {
  const OTHER = '02:99:00:00:00:aa';
  const asked = [0.1, 125.1, 250.1].flatMap((s) => [igmpQuery(s), join(s + 1, VRRP, { from: LB1 })]);
  const rows: [string, Frame[], boolean][] = [
    ['reports from one, adverts from another', sorted([...asked, ...adverts(0, 252, { mac: OTHER })]), true],
    [
      'the other reports too',
      sorted([...asked, join(2, VRRP, { from: { ...LB1, mac: OTHER } }), ...adverts(0, 252, { mac: OTHER })]),
      false,
    ],
    ['both from one', sorted([...asked, ...adverts(0, 252)]), false],
    [
      'the first sends for another virtual router',
      sorted([...asked, ...adverts(0, 252, { mac: OTHER }), advert(3.5, { vrid: 52 })]),
      false,
    ],
    ['no querier asks, so no switch prunes', sorted([join(1, VRRP, { from: LB1 }), ...adverts(0, 252, { mac: OTHER })]), false],
    [
      'the report is of another address',
      sorted([...asked.map((f, i) => (i % 2 ? join(1 + 125 * i, VRRP) : f)), ...adverts(0, 252, { mac: OTHER })]),
      false,
    ],
  ];
  test.each(rows)('%s', (_, frames, raised) => {
    expect(ofGroups(frames)).toEqual(raised ? ['igmp.mac_split'] : []);
    if (raised) expectReplays(frames, 'igmp.mac_split');
  });

  test('without a querier it cannot be told', () => {
    const { monitor } = watch(sorted([join(1, VRRP, { from: LB1 }), ...adverts(0, 9, { mac: OTHER })]));
    expect(monitor.anomalies.all.find(({ kind }) => kind === 'igmp.mac_split')).toMatchObject({ check: 'unknown' });
  });
});
