/** A new master must announce the addresses (RFC 3768 section 6.4.2, RFC 9568 section 6.4.2), and not without end. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { watch, watchRecording } from '../../watched.ts';
import { advert, arp, at, gratuitousArp, HOST, LB1, LB2, unsolicitedNa } from '../../wire-frames.ts';
import { adverts, inOrder, takeover, told, VIP6 } from './arp-scenes.ts';
import { expectReplays } from './replays.ts';

/** Version 3 at 5 s: LB1 resigns at 11 s, LB2 is master from 12.5 s on. */
const slow = (announcedAt: number): Frame[] => {
  const fields = { version: 3, interval: 500 } as const;
  const second = { ...fields, from: LB2, priority: 90 } as const;
  return inOrder([
    ...[0, 5, 10].map((s) => advert(s, fields)),
    advert(11, { ...fields, priority: 0 }),
    ...[12.5, 17.5, 22.5].map((s) => advert(s, second)),
    gratuitousArp(announcedAt, LB2.mac),
  ]);
};

describe('arp.garp_missing', () => {
  const two = ['10.0.0.100', '10.0.0.101'];
  const both = (more: readonly Frame[]): Frame[] =>
    inOrder([
      ...adverts(0, 4, { addresses: two }),
      advert(4.2, { priority: 0, addresses: two }),
      ...adverts(5, 15, { from: LB2, priority: 90, addresses: two }),
      ...more,
    ]);
  const v6 = (more: readonly Frame[]): Frame[] => {
    const fields = { version: 3, addresses: ['fe80::100', VIP6] } as const;
    const [one, other] = [LB1, LB2].map(({ v6: address, mac }) => ({ address, mac }));
    return inOrder([
      ...adverts(0, 4, { ...fields, from: one }),
      advert(4.2, { ...fields, from: one, priority: 0 }),
      ...adverts(5, 15, { ...fields, from: other, priority: 90 }),
      ...more,
    ]);
  };
  const linkLocal = unsolicitedNa(5.1, LB2, 'fe80::100');
  const rows: [string, Frame[], string[]][] = [
    ['no announcement', takeover(), ['arp.garp_missing']],
    ['announced at once', takeover([gratuitousArp(4.91, LB2.mac)]), []],
    ['announced just within 2 s', takeover([gratuitousArp(6.9, LB2.mac)]), []],
    ['announced a little before', takeover([gratuitousArp(4.5, LB2.mac)]), []],
    ['announced from the virtual MAC', takeover([gratuitousArp(4.91, '00:00:5e:00:01:33')]), []],
    ['the old master announces instead', takeover([gratuitousArp(4.91, LB1.mac)]), ['arp.garp_missing', 'arp.garp_stale']],
    ['one of two addresses', both([gratuitousArp(5.1, LB2.mac)]), ['arp.garp_missing']],
    ['two of two addresses', both([gratuitousArp(5.1, LB2.mac), gratuitousArp(5.1, LB2.mac, '10.0.0.101')]), []],
    ['IPv6, one of two', v6([linkLocal]), ['arp.garp_missing']],
    ['IPv6, two of two', v6([linkLocal, unsolicitedNa(5.1, LB2, VIP6)]), []],
    ['an interval of 5 s: announced after 4 s', slow(16.5), []],
    ['the first master that is seen', adverts(0, 9), []],
    [
      'the old master is back within 2 s, and announces',
      [...takeover().filter(({ atMicros }) => atMicros < at(5.5)), ...adverts(6, 15), gratuitousArp(6.01, LB1.mac)],
      [],
    ],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));
  test('an interval of 5 s: not announced after 5 s', () => expect(told(slow(40), 20)).toEqual(['arp.garp_missing']));
  test('its evidence', () => expectReplays(takeover(), 'arp.garp_missing', 30));

  test('ends with the announcement', () => {
    const { anomalies } = watch(takeover([gratuitousArp(9, LB2.mac)]));
    const [one] = anomalies.filter(({ kind }) => kind === 'arp.garp_missing');
    expect([one.check, one.subject]).toEqual(['clear', { vrid: 51, family: 'ipv4', address: '10.0.0.100', interface: 'eth0' }]);
  });

  test('without a link layer it cannot be told', () => {
    // Raw IP (LINKTYPE_RAW, 101): no MAC address, no ARP.
    const raw = takeover().map((frame) => ({ ...frame, bytes: frame.bytes.slice(14), linkType: 101 }));
    const { monitor } = watch(raw, 20);
    expect(monitor.anomalies.all.filter(({ kind }) => kind === 'arp.garp_missing').map(({ check }) => check)).toEqual(['unknown']);
  });
});

/** Evenly within one second from 5 s on. */
const burst = (count: number, seconds: number, frame: (seconds: number, i: number) => Frame): Frame[] =>
  Array.from({ length: count }, (_, i) => frame(5 + (seconds * i) / (count - 1), i));

describe('arp.garp_storm', () => {
  const storm = (count: number, seconds: number): Frame[] => burst(count, seconds, (s) => gratuitousArp(s, LB1.mac));
  const rows: [string, Frame[], string[]][] = [
    ['21 in 1 s', [...adverts(0, 9), ...storm(21, 1)], ['arp.garp_storm']],
    ['20 in 1 s', [...adverts(0, 9), ...storm(20, 1)], []],
    ['21 in a little more than 1 s', [...adverts(0, 9), ...storm(21, 1.01)], []],
    ['40 addresses, each once', [...adverts(0, 9), ...burst(40, 0.1, (s, i) => gratuitousArp(s, LB1.mac, `10.0.1.${i}`))], []],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));
  test('its evidence', () => expectReplays(storm(21, 1), 'arp.garp_storm'));
  test('IPv6', () => expect(told(burst(21, 1, (s) => unsolicitedNa(s, LB1, VIP6)))).toEqual(['arp.garp_storm']));

  test("keepalived's garp_master_refresh_repeat 30", () => {
    const { kinds } = watchRecording(join(FIXTURES, 'keepalived', 'many-announcements.pcap'));
    expect(kinds.filter((kind) => kind.startsWith('arp.'))).toEqual(['arp.garp_storm']);
  });
});

describe('arp.storm', () => {
  const requests = (count: number, seconds: number): Frame[] => burst(count, seconds, (s, i) => arp(s, { targetAddress: `10.0.2.${i}` }));
  const halves = [...requests(51, 1), ...requests(50, 1).map((f) => ({ ...f, bytes: arp(0, { from: LB1 }).bytes }))];
  const rows: [string, Frame[], string[]][] = [
    ['101 requests in 1 s', requests(101, 1), ['arp.storm']],
    ['100 requests in 1 s', requests(100, 1), []],
    ['101 requests in a little more than 1 s', requests(101, 1.01), []],
    ['101 requests of two hosts', halves, []],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));

  test('its evidence', () => {
    const frames = requests(101, 1);
    const [event] = watch(frames).events.filter(({ kind }) => kind === 'arp.storm');
    expect(event.frames).toEqual(frames.map((_, i) => i + 1));
    expect(event.subject).toEqual({ mac: HOST.mac, interface: 'eth0' });
  });
});
