/** Ordinary hosts: arpwatch's events (arpwatch(8)), and what virtual routers explain. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { watch, watchRecording } from '../../watched.ts';
import { advert, arp, gratuitousArp, HOST, LB1, LB2 } from '../../wire-frames.ts';
import { adverts, healthy, inOrder, takeover } from './arp-scenes.ts';
import { expectReplays } from './replays.ts';

const X = '10.0.0.77';
const A = '02:99:00:00:00:aa';
const B = '02:99:00:00:00:bb';
const C = '02:99:00:00:00:cc';
const claim = (seconds: number, mac: string, address = X): Frame => arp(seconds, { from: { address, mac }, targetAddress: '10.0.0.1' });
const HALF_A_YEAR = 183 * 86_400;

function told(frames: readonly Frame[], untilSeconds: number | null = null): string[] {
  const ordered = inOrder(frames);
  const end = untilSeconds ?? 300;
  const { events } = watch(ordered, end);
  return events
    .filter(({ kind }) => kind.startsWith('arp.'))
    .map(({ kind, subject }) => `${kind} ${subject.address} ${subject.mac ?? ''}`.trim());
}

describe('ordinary hosts', () => {
  const rows: [string, Frame[], string[]][] = [
    ['a new host', [claim(0, A), claim(1, A)], [`arp.new_station ${X} ${A}`]],
    ['another card', [claim(0, A), claim(1, B)], [`arp.new_station ${X} ${A}`, `arp.changed ${X} ${B}`]],
    [
      'back again after 61 s',
      [claim(0, A), claim(5, B), claim(61, A)],
      [`arp.new_station ${X} ${A}`, `arp.changed ${X} ${B}`, `arp.flip_flop ${X} ${A}`],
    ],
    [
      'back again after 60 s: two hosts claim it in turn',
      [claim(0, A), claim(5, B), claim(60, A)],
      [`arp.new_station ${X} ${A}`, `arp.changed ${X} ${B}`, `arp.flip_flop ${X} ${A}`, `arp.conflict ${X}`],
    ],
    [
      'three cards in turn, slowly',
      [claim(0, A), claim(70, B), claim(140, C), claim(210, A)],
      [`arp.new_station ${X} ${A}`, `arp.changed ${X} ${B}`, `arp.changed ${X} ${C}`, `arp.reused_old ${X} ${A}`],
    ],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));

  test('silent for half a year', () => {
    const frames = (seconds: number): Frame[] => [claim(0, A), claim(seconds, A)];
    const later = (seconds: number) => told(frames(seconds), seconds + 5).filter((text) => text.startsWith('arp.new_activity'));
    expect(later(HALF_A_YEAR + 1)).toEqual([`arp.new_activity ${X} ${A}`]);
    expect(later(HALF_A_YEAR)).toEqual([]);
  });

  test.each(['arp.new_station', 'arp.changed', 'arp.flip_flop', 'arp.conflict'])('evidence of %s', (kind) =>
    expectReplays([claim(0, A), claim(1, A), claim(5, B), claim(6, B), claim(10, A)], kind, 30),
  );
  test('evidence of arp.reused_old', () => expectReplays([claim(0, A), claim(1, B), claim(2, C), claim(3, A)], 'arp.reused_old', 30));
  test('evidence of arp.new_activity', () => expectReplays([claim(0, A), claim(HALF_A_YEAR + 1, A)], 'arp.new_activity', HALF_A_YEAR + 10));

  test('the same as arpwatch reports of a recording of Linux hosts', () => {
    const NAMES: Readonly<Record<string, string>> = {
      'new station': 'arp.new_station',
      'changed ethernet address': 'arp.changed',
      'flip flop': 'arp.flip_flop',
      'reused old ethernet address': 'arp.reused_old',
    };
    const path = join(FIXTURES, 'arp', 'ordinary-hosts');
    const { arpwatch } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { arpwatch: [string, string, string][] };
    const { monitor } = watchRecording(`${path}.pcap`);
    monitor.advance((monitor.clock.nowMicros ?? 0) + 10_000_000);
    const told = monitor.events.recent.filter(({ kind, subject }) => kind !== 'arp.conflict' && !subject.address?.includes(':'));
    expect(told.map(({ kind, subject }) => [kind, subject.address, subject.mac])).toEqual(
      arpwatch.map(([event, address, mac]) => [NAMES[event], address, mac]),
    );
    const conflicts = monitor.anomalies.all.filter(({ kind, count }) => kind === 'arp.conflict' && count > 0);
    expect(conflicts.map(({ subject }) => subject.address)).toEqual(['10.99.0.31', '10.99.0.32']);
  });
});

describe('virtual routers', () => {
  const FLOATING = '10.0.0.99';
  const moves = (...times: readonly [number, string][]): Frame[] => times.map(([seconds, mac]) => gratuitousArp(seconds, mac, FLOATING));
  const pair = [...healthy(), ...adverts(21, 80)];
  const rows: [string, Frame[], string[]][] = [
    [
      'a virtual address, new and taken over and taken back',
      [...takeover([gratuitousArp(4.91, LB2.mac)]), gratuitousArp(4.1, LB1.mac)],
      [],
    ],
    ['a virtual address before its first advert', [gratuitousArp(0, LB1.mac), advert(1), advert(2)], []],
    ["a router's own address", [...pair, claim(5, LB1.mac, LB1.address)], []],
    ['an address that no advert names moves between routers', [...pair, ...moves([2, LB1.mac], [6, LB2.mac], [9, LB1.mac])], []],
    [
      'the same by ordinary requests',
      [...pair, claim(2, LB1.mac, FLOATING), claim(6, LB2.mac, FLOATING)],
      [`arp.changed ${FLOATING} ${LB2.mac}`],
    ],
    ['it moves to a host that is no router', [...pair, ...moves([2, LB1.mac], [6, A])], [`arp.changed ${FLOATING} ${A}`]],
    ["a router's address from the virtual MAC", [...pair, claim(2, LB1.mac, LB1.address), claim(3, '00:00:5e:00:01:33', LB1.address)], []],
    ['a host beside the routers', [...pair, claim(5, HOST.mac, HOST.address)], [`arp.new_station ${HOST.address} ${HOST.mac}`]],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames, 81)).toEqual(expected));

  test('a router that kept an address after a takeover still answers for it', () => {
    const left = (seconds: number) =>
      arp(seconds, { operation: 2, from: LB1, senderAddress: FLOATING, targetAddress: HOST.address, targetMac: HOST.mac });
    expect(told([...pair, ...moves([2, LB1.mac], [6, LB2.mac]), left(9)], 81)).toEqual([
      `arp.flip_flop ${FLOATING} ${LB1.mac}`,
      `arp.conflict ${FLOATING}`,
    ]);
  });

  test('unicast VRRP, whose adverts do not reach the port (vrrp-zoo, VRID 15)', () => {
    const { monitor, kinds } = watchRecording(join(FIXTURES, 'captures', 'vrrp-zoo.pcap'));
    expect(kinds.filter((kind) => kind.startsWith('arp.'))).toEqual([]);
    const moved = monitor.neighbors.all.filter(({ changes }) => changes > 0).map(({ address }) => address);
    expect(moved).toContain(0x0a630073); // 10.99.0.115
    expect(monitor.events.recent.filter(({ kind }) => ['arp.changed', 'arp.flip_flop', 'arp.reused_old'].includes(kind))).toEqual([]);
  });

  test('a trusted host may take an address', () => {
    const expected = { routers: [], trusted: [{ address: 0x0a00004d, mac: 0x0299000000bb }] };
    const { events } = watch([claim(0, A), claim(1, B)], 30, expected);
    expect(events.map(({ kind }) => kind)).toEqual(['arp.new_station']);
  });
});

test('many new hosts at once are told of at a bounded rate', () => {
  const frames = Array.from({ length: 300 }, (_, i) => claim(i / 100, A, `10.1.${i >> 8}.${i & 255}`));
  const { events, monitor } = watch(frames, 30);
  expect(events.filter(({ kind }) => kind === 'arp.new_station').length).toBe(120);
  expect(monitor.checks.suppressed).toBe(180);
  expect(monitor.neighbors.all.length).toBe(300);
});
