import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressText, type Family, macText } from '../../dissectors/address.ts';
import type { Frame } from '../../dissectors/dissect.ts';
import { FIXTURES, needs } from '../environment.ts';
import { octets, u16 } from '../sync-message.ts';
import { type Watched, watch, watchRecording } from '../watched.ts';
import { HOST, icmpv6, igmpMessage, igmpQuery, igmpReport, join, LB1, LB2, leave, mldReport } from '../wire-frames.ts';

const VRRP = '224.0.0.18';
const OTHER = '224.0.0.81';

function membersOf({ monitor }: Watched, group = VRRP): string[] {
  const found = monitor.groups.all.find((g) => addressText(g.group) === group);
  return (found?.members ?? []).map(({ address }) => addressText(address)).sort();
}

const v2 = (seconds: number, type: number, group: string, from = LB2, to = group): Frame =>
  igmpMessage(seconds, [type, 0, 0, 0, ...octets(group)], to, { from });
const v2Query = (seconds: number): Frame => igmpMessage(seconds, [0x11, 100, 0, 0, 0, 0, 0, 0], '224.0.0.1', { from: HOST });
/** RFC 3376 section 4.1: robustness and interval at will. */
const v3Query = (seconds: number, robustness: number, interval: number, from = HOST): Frame =>
  igmpMessage(seconds, [0x11, 100, 0, 0, 0, 0, 0, 0, robustness, interval, 0, 0], '224.0.0.1', { from });

const MLD_ALERT = [58, 0, 5, 2, 0, 0, 1, 0];
const mld = (seconds: number, message: readonly number[], source = LB2.v6, destination = 'ff02::12'): Frame =>
  icmpv6(seconds, message, { source, destination, mac: LB2.mac, hopLimit: 1, hopByHop: MLD_ALERT });

describe('who listens', () => {
  // RFC 3376 section 4.2.12 and 4.2.16, RFC 2236 section 3, RFC 1112 appendix I.
  const rows: [string, Frame[], string[]][] = [
    ['to_ex without sources joins', [join(0, VRRP)], ['10.0.0.12']],
    ['is_ex with a source joins', [igmpReport(0, [['is_ex', VRRP, '10.0.0.1']])], ['10.0.0.12']],
    ['is_in with a source joins', [igmpReport(0, [['is_in', VRRP, '10.0.0.1']])], ['10.0.0.12']],
    ['is_in without a source says nothing', [igmpReport(0, [['is_in', VRRP]])], []],
    ['allow with a source joins', [igmpReport(0, [['allow', VRRP, '10.0.0.1']])], ['10.0.0.12']],
    ['to_in with a source joins', [igmpReport(0, [['to_in', VRRP, '10.0.0.1']])], ['10.0.0.12']],
    ['block neither joins', [igmpReport(0, [['block', VRRP, '10.0.0.1']])], []],
    ['nor leaves', [join(0, VRRP), igmpReport(1, [['block', VRRP, '10.0.0.1']])], ['10.0.0.12']],
    ['to_in without sources leaves', [join(0, VRRP), leave(1, VRRP)], []],
    ['leaving another group leaves this one alone', [join(0, VRRP), leave(1, OTHER)], ['10.0.0.12']],
    ['who leaves does so for itself', [join(0, VRRP, { from: LB1 }), join(0, VRRP), leave(1, VRRP)], ['10.0.0.11']],
    ['version 1', [v2(0, 0x12, VRRP)], ['10.0.0.12']],
    ['version 2', [v2(0, 0x16, VRRP)], ['10.0.0.12']],
    ['version 2 leaves', [v2(0, 0x16, VRRP), v2(1, 0x17, VRRP, LB2, '224.0.0.2')], []],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(membersOf(watch(frames))).toEqual(expected);
  });

  test('a report with a wrong checksum is nobody’s', () => {
    const frame = join(0, VRRP);
    frame.bytes[frame.bytes.length - 1] ^= 1;
    expect(membersOf(watch([frame]), '224.0.0.19')).toEqual([]);
  });

  // RFC 3810 section 5.2.13 allows `::` before the link-local address is confirmed.
  test('one interface that reports from :: and then from its address is one member', () => {
    const unready = { v6: '::', mac: LB2.mac };
    expect(membersOf(watch([mldReport(0, [['to_ex', 'ff02::12']], unready)]), 'ff02::12')).toEqual(['::']);
    const both = [mldReport(0, [['to_ex', 'ff02::12']], unready), mldReport(1, [['is_ex', 'ff02::12']])];
    expect(membersOf(watch(both), 'ff02::12')).toEqual(['fe80::c']);
  });

  test('MLD version 1: report and done (RFC 2710 section 3)', () => {
    const report = mld(0, [131, 0, 0, 0, 0, 0, 0, 0, ...octets('ff02::12')]);
    const done = mld(1, [132, 0, 0, 0, 0, 0, 0, 0, ...octets('ff02::12')], LB2.v6, 'ff02::2');
    expect(membersOf(watch([report]), 'ff02::12')).toEqual(['fe80::c']);
    expect(membersOf(watch([report, done]), 'ff02::12')).toEqual([]);
  });

  // tshark -Y icmpv6.type==143 on the recording: ff02::2, ff05::2 and ten of ff02::1:ff00:0/104.
  test('groups of neighbor discovery are not kept', () => {
    const { groups } = watchRecording(joinPath(FIXTURES, 'captures', 'dr-v1-failover.pcap')).monitor;
    const long = groups.all.filter(({ group }) => typeof group !== 'number');
    expect(long.map(({ group }) => addressText(group)).sort()).toEqual(['ff02::2', 'ff05::2']);
  });

  test('what our own ports join is nobody’s', () => {
    expect(membersOf(watch([join(0, VRRP), join(0, VRRP, { from: LB1 })], null, null, [0x02990000000c]))).toEqual(['10.0.0.11']);
  });

  test('no more groups and members are kept than there is room for, and the rest is counted', () => {
    const group = (i: number) => `239.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    const crowd = Array.from({ length: 4200 }, (_, i) => join(i / 1000, group(i)));
    const { monitor } = watch(crowd);
    expect([monitor.groups.all.length, monitor.groups.overflowed]).toEqual([4096, 104]);
    const hosts = Array.from({ length: 300 }, (_, i) => {
      const from = { address: `10.0.${1 + (i >> 8)}.${i & 255}`, mac: `02:00:00:00:${(i >> 8).toString(16)}:${(i & 255).toString(16)}` };
      return join(i / 1000, VRRP, { from });
    });
    const members = watch(hosts).monitor.groups;
    expect([members.all[0].members.length, members.overflowed]).toEqual([256, 44]);
  });
});

describe('expiry', () => {
  // RFC 3376 section 8.4: 2 x 125 s + 10 s after the last report, while a querier asks.
  const asking = [0, 125, 250].map((s) => igmpQuery(s));
  const other = (s: number) => join(s, OTHER, { from: LB1 });
  test.each([
    ['a moment before', 259, ['10.0.0.12']],
    ['after 260 s', 261, []],
  ])('%s', (_, until, expected) => {
    expect(membersOf(watch([asking[0], join(0.5, VRRP), ...asking.slice(1), other(251)], until + 0.5))).toEqual(expected);
  });

  test('nobody is forgotten while nobody asks', () => {
    expect(membersOf(watch([join(0, VRRP)], 800))).toEqual(['10.0.0.12']);
  });

  test('when the querier falls silent, members stay', () => {
    expect(membersOf(watch([igmpQuery(0), join(1, VRRP)], 800))).toEqual(['10.0.0.12']);
  });

  test('the querier’s own values count: robustness 3, every 20 s: 70 s', () => {
    const frames = [0, 20, 40, 60].map((s) => v3Query(s, 3, 20));
    const seen = [frames[0], join(1, VRRP), ...frames.slice(1)];
    expect(membersOf(watch(seen, 70))).toEqual(['10.0.0.12']);
    expect(membersOf(watch(seen, 72))).toEqual([]);
  });

  // RFC 2236 section 3: who hears another report the group keeps silent itself.
  test('a report of version 2 stands for all members', () => {
    const frames = [0, 125, 250, 375].flatMap((s) => [v2Query(s), v2(s + 1, 0x16, VRRP, LB1)]);
    expect(membersOf(watch([v2(0, 0x16, VRRP), ...frames], 380))).toEqual(['10.0.0.11', '10.0.0.12']);
  });
});

describe('queriers', () => {
  const B = { address: '10.0.0.2', mac: '02:99:00:00:00:02' };
  const who = (seen: Watched, family: Family = 'ipv4') => {
    const querier = seen.monitor.groups.querier(0, family);
    return querier && addressText(querier.address);
  };
  // RFC 3376 section 6.6.2: the lower address; section 8.5: the other is present for 255 s.
  const rows: [string, Frame[], number, string | null][] = [
    ['the lower address wins', [igmpQuery(0), igmpQuery(1, { from: B })], 2, '10.0.0.2'],
    ['whoever was first', [igmpQuery(0, { from: B }), igmpQuery(1)], 2, '10.0.0.2'],
    ['one without an address loses', [igmpQuery(0, { from: { ...B, address: '0.0.0.0' } }), igmpQuery(1)], 2, '10.0.0.50'],
    ['present', [igmpQuery(0)], 254, '10.0.0.50'],
    ['gone after 255 s', [igmpQuery(0)], 256, null],
    ['the next takes over once it is gone', [igmpQuery(0, { from: B }), igmpQuery(256)], 257, '10.0.0.50'],
  ];
  test.each(rows)('%s', (_, frames, until, expected) => {
    expect(who(watch(frames, until))).toBe(expected);
  });

  test('MLD version 2, 20 s, robustness 2, 1 s to answer: 40.5 s (RFC 3810 section 9.5)', () => {
    const query = mld(0, [130, 0, 0, 0, ...u16(1000), 0, 0, ...octets('::'), 2, 20, 0, 0], LB1.v6, 'ff02::1');
    expect(who(watch([query], 40), 'ipv6')).toBe('fe80::b');
    expect(who(watch([query], 41), 'ipv6')).toBeNull();
  });
});

/** What tshark reads in a recording, applied as RFC 3376 section 4.2.16 says: who is a member of which group in the end. */
function membersByTshark(file: string): string[] {
  const fields = ['vlan.id', 'eth.src', 'igmp.maddr', 'igmp.record_type'];
  const read = ['-r', file, '-Y', 'igmp.type == 0x22', '-T', 'fields', ...fields.flatMap((name) => ['-e', name])];
  const { stdout } = spawnSync('tshark', read, { encoding: 'utf8' });
  const members = new Set<string>();
  for (const line of stdout.trimEnd().split('\n')) {
    const [vlan, mac, groups, types] = line.split('\t');
    groups.split(',').forEach((group, i) => {
      const name = `${vlan}/${group} ${mac}`;
      if (types.split(',')[i] === '4') members.add(name);
      else if (types.split(',')[i] === '3') members.delete(name);
    });
  }
  return [...members].sort();
}

describe.skipIf(needs('tshark'))('tshark agrees', () => {
  const names = ['dr-v1-failover', 'split-brain', 'vrrp-zoo', 'tunnel-udp-vlan', 'sync-options', 'misconfigured', 'active-active'];
  test.each(names)('%s', (name) => {
    const file = joinPath(FIXTURES, 'captures', `${name}.pcap`);
    expect(existsSync(file)).toBe(true);
    const { groups, segments } = watchRecording(file).monitor;
    const ours = groups.all
      .filter(({ group }) => typeof group === 'number')
      .flatMap(({ segment, group, members }) =>
        members.map(({ mac }) => `${segments.all[segment].vlan ?? ''}/${addressText(group)} ${macText(mac ?? 0)}`),
      );
    expect(ours.sort()).toEqual(membersByTshark(file));
  });
});
