import { describe, expect, test } from 'vitest';
import type { CaptureStatus } from '../../../src/contract/capture.ts';
import type { Daemon } from '../../../src/contract/daemon.ts';
import { dropsOf, dropText, historyFault, octetsText, sourceName } from '../../../web/overview/capture.ts';
import { isQuiet, listenersOf, lossText } from '../../../web/overview/sync.ts';
import { secondsSince } from '../../../web/parts/text.ts';

const sender: Daemon = {
  id: '0',
  role: 'sender',
  address: '10.99.0.11',
  mac: null,
  syncid: 51,
  group: '224.0.0.81',
  ports: [8848],
  version: 1,
  ttl: 1,
  datagrams: 1,
  records: 1,
  octets: 1,
  recordsPerSecond: 1,
  firstSeen: '2026-11-21T05:24:00.000000Z',
  lastSeen: '2026-11-21T05:24:00.000000Z',
  lostDatagrams: null,
  interface: 'eth0',
  vlan: null,
};
const listener = (address: string): Daemon => ({ ...sender, id: `listener-${address}`, role: 'listener', address });
const NOW = Date.parse('2026-11-21T05:24:10.000Z');

describe('sync', () => {
  test('a sender is quiet after ten seconds', () => {
    expect(secondsSince(sender.lastSeen, NOW)).toBe(10);
    expect(isQuiet(sender, NOW)).toBe(true);
    expect(isQuiet(sender, NOW - 1)).toBe(false);
  });

  test('loss is told as it is known', () => {
    expect(lossText(sender)).toBe('loss not counted');
    expect(lossText({ ...sender, lostDatagrams: 0 })).toBe('0 lost');
  });

  test('who only listens comes first; who also sends, or is a backup, is called so', () => {
    const routers = [{ vrid: 51, routers: [{ address: '10.99.0.12', role: 'silent_backup' as const }] }];
    const all = listenersOf([sender, listener('10.99.0.11'), listener('10.99.0.12'), listener('10.99.0.13')], routers);
    expect(all.map(({ daemon, also }) => [daemon.address, also])).toEqual([
      ['10.99.0.12', 'backup of VRID 51'],
      ['10.99.0.13', ''],
      ['10.99.0.11', 'sends itself'],
    ]);
  });
});

describe('capture', () => {
  const capture: CaptureStatus = {
    id: '/var/captures/lab.pcap',
    kind: 'file',
    interface: null,
    up: true,
    packets: 1,
    octets: 1,
    dropped: { kernel: null, interface: null, queue: null },
    restarts: {},
    lastPacket: null,
    since: null,
    blind: [],
    cannotSee: [],
  };

  test.each([
    [{ kernel: null, interface: null, queue: null }, 'drops not counted', 0],
    [{ kernel: 0, interface: null, queue: 0 }, '0 dropped', 0],
    [{ kernel: 3, interface: 0, queue: 2 }, '3 dropped (kernel), 2 dropped (queue)', 5],
  ])('drops %j: %s', (dropped, text, sum) => {
    expect(dropText({ ...capture, dropped })).toBe(text);
    expect(dropsOf({ ...capture, dropped })).toBe(sum);
  });

  test('a source is called by its interface, its file, or standard input', () => {
    expect(sourceName(capture)).toBe('lab.pcap');
    expect(sourceName({ ...capture, id: '-', kind: 'stdin' })).toBe('standard input');
    expect(sourceName({ ...capture, id: 'eth0', kind: 'pcap', interface: 'eth0' })).toBe('eth0');
  });

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [1_073_741_824, '1.0 GiB'],
    [300 * 2 ** 40, '300 TiB'],
    [5000 * 2 ** 40, '5000 TiB'],
  ])('%i octets are %s', (octets, text) => expect(octetsText(octets)).toBe(text));

  test('what of the past is missing is told', () => {
    const history = { from: null, to: null, octets: 0, lostFrames: 0, lastError: null };
    expect(historyFault(history)).toBeNull();
    expect(historyFault({ ...history, lostFrames: 7 })).toBe('7 frames not kept');
    expect(historyFault({ ...history, lostFrames: 7, lastError: 'no space left on device' })).toBe('no space left on device');
  });
});
