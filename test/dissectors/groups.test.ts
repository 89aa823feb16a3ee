/** IGMP (RFC 2236, 3376), MLD (RFC 2710, 3810), ARP (RFC 826, 5227) and neighbor discovery (RFC 4861) by hand, good and bad. */
import { describe, expect, test } from 'vitest';
import { isGratuitous, isProbe } from '../../dissectors/arp.ts';
import { type Dissection, dissect, type Frame } from '../../dissectors/dissect.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { Layer } from '../../dissectors/registry.ts';
import { frameOf, octets, u16, u32 } from '../sync-message.ts';

const read = (frame: Frame): Dissection => dissect(frame, { reassembly: createReassembly(), syncChannels: [] });
const last = (dissection: Dissection): Layer | undefined => dissection.layers.at(-1);
const link = (etherType: number, packet: readonly number[]): Frame =>
  frameOf([...new Array<number>(12).fill(2), ...u16(etherType), ...packet]);

function onesComplement(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Where a message belongs: RFC 2236 section 9, RFC 3376 sections 4.1.12 and 4.2.14. */
function destinationOf(message: readonly number[]): string {
  if (message[0] === 0x22) return '224.0.0.22';
  if (message[0] === 0x17) return '224.0.0.2';
  const group = message.length < 8 ? '224.0.0.18' : message.slice(4, 8).join('.');
  return group === '0.0.0.0' ? '224.0.0.1' : group;
}

/** With the Router Alert of RFC 2113, or with four other octets of options. */
function igmp(message: readonly number[], { ttl = 1, destination = destinationOf(message), options = [0x94, 4, 0, 0] } = {}): Frame {
  const body = [...message];
  body.splice(2, 2, ...u16(onesComplement(message)));
  const head = [0x46, 0xc0, ...u16(24 + body.length), 0, 0, 0, 0, ttl, 2];
  const tail = [...octets('10.0.0.12'), ...octets(destination), ...options];
  return link(0x0800, [...head, ...u16(onesComplement([...head, 0, 0, ...tail])), ...tail, ...body]);
}

function icmpv6(message: readonly number[], ttl: number, hopByHop = true): Frame {
  const ends = [...octets('fe80::c'), ...octets('ff02::16')];
  const body = [...message];
  body.splice(2, 2, ...u16(onesComplement([...ends, ...u32(message.length), 0, 0, 0, 58, ...message])));
  // Hop-by-hop with Router Alert, RFC 2711.
  const options = hopByHop ? [58, 0, 5, 2, 0, 0, 1, 0] : [];
  return link(0x86dd, [0x60, 0, 0, 0, ...u16(options.length + body.length), hopByHop ? 0 : 58, ttl, ...ends, ...options, ...body]);
}

const VRRP = 0xe0000012;
const group = octets('224.0.0.18');

describe('IGMP', () => {
  const rows: [string, number[], object][] = [
    ['v1 query', [0x11, 0, 0, 0, 0, 0, 0, 0], { version: 1, kind: 'query', group: 0, maxResponseDeciseconds: null }],
    ['v2 query', [0x11, 100, 0, 0, ...group], { version: 2, kind: 'query', group: VRRP, maxResponseDeciseconds: 100 }],
    [
      'v3 query',
      [0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0],
      { version: 3, kind: 'query', maxResponseDeciseconds: 100, robustness: 2, queryIntervalSeconds: 125 },
    ],
    [
      'v3 query, suppress flag, robustness not told, interval as a float',
      [0x11, 100, 0, 0, 0, 0, 0, 0, 8, 0x9f, 0, 0],
      { robustness: 0, queryIntervalSeconds: 496 },
    ],
    // RFC 3376 section 4.1.1: code 0x8f is 1|000|1111: (15 | 16) << 3 = 248.
    ['v3 query, code as a float', [0x11, 0x8f, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0], { version: 3, maxResponseDeciseconds: 248 }],
    ['v3 query for a source', [0x11, 10, 0, 0, ...group, 2, 125, 0, 1, 10, 0, 0, 11], { version: 3, group: VRRP, sources: [0x0a00000b] }],
    ['v1 report', [0x12, 0, 0, 0, ...group], { version: 1, kind: 'report', group: VRRP }],
    ['v2 report', [0x16, 0, 0, 0, ...group], { version: 2, kind: 'report', group: VRRP }],
    ['v2 leave', [0x17, 0, 0, 0, ...group], { version: 2, kind: 'leave', group: VRRP }],
    [
      'v3 join',
      [0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, ...group],
      { version: 3, kind: 'report', records: [{ kind: 'to_ex', group: VRRP, sources: [] }] },
    ],
    ['v3 leave', [0x22, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, ...group], { records: [{ kind: 'to_in', group: VRRP, sources: [] }] }],
    [
      'v3, a source and auxiliary data',
      [0x22, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0, 1, ...group, 10, 0, 0, 1, 9, 9, 9, 9, 4, 0, 0, 0, ...group],
      {
        records: [
          { kind: 'is_in', group: VRRP, sources: [0x0a000001] },
          { kind: 'to_ex', group: VRRP, sources: [] },
        ],
      },
    ],
  ];
  test.each(rows)('%s', (_, message, expected) => {
    const dissection = read(igmp(message));
    expect(dissection.fault).toBeNull();
    expect(dissection.notes).toEqual([]);
    expect(last(dissection)).toMatchObject({ protocol: 'igmp', ...expected });
    expect(dissection.layers[1]).toMatchObject({ routerAlert: true, ttl: 1 });
  });

  test('a record of an unknown type is passed over and noted (RFC 3376 section 4.2.12)', () => {
    const dissection = read(igmp([0x22, 0, 0, 0, 0, 0, 0, 2, 9, 0, 0, 0, ...group, 4, 0, 0, 0, ...group]));
    expect(last(dissection)).toMatchObject({ records: [{ kind: 'to_ex' }] });
    expect(dissection.notes).toMatchObject([{ protocol: 'igmp', code: 'bad_record' }]);
  });

  test('a wrong checksum and a wrong TTL are noted', () => {
    const good = igmp([0x16, 0, 0, 0, ...group], { ttl: 7 });
    good.bytes[good.bytes.length - 6] ^= 1;
    expect(read(good).notes.map((note) => note.code)).toEqual(['checksum', 'ttl']);
  });

  const NO_ALERT = [1, 1, 1, 1];
  test.each<[string, number[], Parameters<typeof igmp>[1], string[]]>([
    ['a report without Router Alert', [0x16, 0, 0, 0, ...group], { options: NO_ALERT }, ['no_router_alert']],
    ['version 1 knows no Router Alert', [0x12, 0, 0, 0, ...group], { options: NO_ALERT }, []],
    ['a report to another group', [0x16, 0, 0, 0, ...group], { destination: '224.0.0.19' }, ['bad_dst']],
    ['a version 3 report to the group', [0x22, 0, 0, 0, 0, 0, 0, 0], { destination: '224.0.0.18' }, ['bad_dst']],
    ['a general query to a group', [0x11, 100, 0, 0, 0, 0, 0, 0], { destination: '224.0.0.18' }, ['bad_dst']],
    ['a leave to all hosts', [0x17, 0, 0, 0, ...group], { destination: '224.0.0.1' }, ['bad_dst']],
    ['a leave to the group itself', [0x17, 0, 0, 0, ...group], { destination: '224.0.0.18' }, []],
  ])('%s', (_, message, delivery, codes) => {
    expect(read(igmp(message, delivery)).notes.map((note) => note.code)).toEqual(codes);
  });

  test.each([
    ['more records than there are', [0x22, 0, 0, 0, 0, 0, 0, 9, 4, 0, 0, 0, ...group], 'truncated'],
    ['more sources than there are', [0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0xff, 0xff, ...group], 'truncated'],
    ['auxiliary data past the end', [0x22, 0, 0, 0, 0, 0, 0, 1, 4, 255, 0, 0, ...group], 'truncated'],
    ['an unknown type', [0x99, 0, 0, 0, ...group], 'type'],
    ['six octets', [0x16, 0, 0, 0, 224, 0], 'truncated'],
  ])('%s', (_, message, code) => {
    expect(read(igmp(message)).fault).toMatchObject({ protocol: 'igmp', code });
  });
});

describe('MLD', () => {
  const ff12 = Uint8Array.from(octets('ff02::12'));
  const rows: [string, number[], object][] = [
    [
      'v1 query',
      [130, 0, 0, 0, ...u16(10_000), 0, 0, ...octets('ff02::12')],
      { version: 1, kind: 'query', maxResponseMilliseconds: 10_000, group: ff12 },
    ],
    ['v1 report', [131, 0, 0, 0, 0, 0, 0, 0, ...octets('ff02::12')], { version: 1, kind: 'report', group: ff12 }],
    ['v1 done', [132, 0, 0, 0, 0, 0, 0, 0, ...octets('ff02::12')], { version: 1, kind: 'done', group: ff12 }],
    // RFC 3810 section 5.1.3: code 0x8001 is 1|000|1: (1 | 4096) << 3 = 32776.
    [
      'v2 query',
      [130, 0, 0, 0, 0x80, 1, 0, 0, ...octets('ff02::12'), 2, 125, 0, 0],
      { version: 2, kind: 'query', maxResponseMilliseconds: 32_776, robustness: 2, queryIntervalSeconds: 125 },
    ],
    [
      'v2 join',
      [143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, ...octets('ff02::12')],
      { version: 2, kind: 'report', records: [{ kind: 'to_ex', group: ff12, sources: [] }] },
    ],
  ];
  test.each(rows)('%s', (_, message, expected) => {
    const dissection = read(icmpv6(message, 1));
    expect(dissection.fault).toBeNull();
    expect(dissection.notes).toEqual([]);
    expect(last(dissection)).toMatchObject({ protocol: 'mld', ...expected });
  });

  test('without Router Alert, from further away (RFC 3810 section 5)', () => {
    const dissection = read(icmpv6([143, 0, 0, 0, 0, 0, 0, 0], 64, false));
    expect(dissection.notes.map((note) => note.code)).toEqual(['hop_limit', 'no_router_alert']);
  });

  test('more records than there are', () => {
    expect(read(icmpv6([143, 0, 0, 0, 0, 0, 0, 7, 4, 0, 0, 0, ...octets('ff02::12')], 1)).fault).toMatchObject({
      protocol: 'mld',
      code: 'truncated',
    });
  });
});

describe('neighbor discovery', () => {
  const target = octets('fd99::64');
  const mac = [2, 0x99, 0, 0, 0, 0x0b];
  test('an unsolicited advertisement that overrides', () => {
    const dissection = read(icmpv6([136, 0, 0, 0, 0xa0, 0, 0, 0, ...target, 2, 1, ...mac], 255, false));
    expect(dissection.notes).toEqual([]);
    expect(last(dissection)).toEqual({
      protocol: 'ndp',
      kind: 'neighbor_advertisement',
      target: Uint8Array.from(target),
      router: true,
      solicited: false,
      override: true,
      sourceMac: null,
      targetMac: 0x02990000000b,
    });
  });

  test('a hop limit below 255 is not from this link (RFC 4861 section 7.1)', () => {
    expect(read(icmpv6([135, 0, 0, 0, 0, 0, 0, 0, ...target], 254, false)).notes).toMatchObject([{ protocol: 'ndp', code: 'hop_limit' }]);
  });

  test.each([
    ['an option of length 0', [135, 0, 0, 0, 0, 0, 0, 0, ...target, 1, 0, ...mac], 'option'],
    ['an option past the end', [135, 0, 0, 0, 0, 0, 0, 0, ...target, 1, 9, ...mac], 'truncated'],
    ['a cut target', [135, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3], 'truncated'],
  ])('%s', (_, message, code) => {
    expect(read(icmpv6(message, 255, false)).fault).toMatchObject({ protocol: 'ndp', code });
  });
});

describe('ARP', () => {
  const arp = (operation: number, sender: string, target: string, head = [0, 1, 8, 0, 6, 4]): Frame =>
    link(0x0806, [...head, ...u16(operation), 2, 0x99, 0, 0, 0, 0x0b, ...octets(sender), 0, 0, 0, 0, 0, 0, ...octets(target)]);

  test.each([
    ['request', arp(1, '10.0.0.2', '10.0.0.100'), false, false],
    ['reply', arp(2, '10.0.0.100', '10.0.0.2'), false, false],
    ['announcement', arp(1, '10.0.0.100', '10.0.0.100'), true, false],
    ['gratuitous reply', arp(2, '10.0.0.100', '10.0.0.100'), true, false],
    ['probe', arp(1, '0.0.0.0', '10.0.0.100'), false, true],
    ['nothing at all', arp(1, '0.0.0.0', '0.0.0.0'), false, false],
  ])('%s', (_, frame, gratuitous, probe) => {
    const layer = last(read(frame));
    expect(layer).toMatchObject({ protocol: 'arp', senderMac: 0x02990000000b });
    if (layer?.protocol === 'arp') expect([isGratuitous(layer), isProbe(layer)]).toEqual([gratuitous, probe]);
  });

  test.each([
    ['a hardware address of 8 octets', arp(1, '10.0.0.2', '10.0.0.3', [0, 1, 8, 0, 8, 4]), 'malformed'],
    ['another protocol', arp(1, '10.0.0.2', '10.0.0.3', [0, 1, 8, 6, 6, 4]), 'malformed'],
    ['half a message', link(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, 2, 3]), 'truncated'],
  ])('%s', (_, frame, code) => {
    expect(read(frame).fault).toMatchObject({ protocol: 'arp', code });
  });

  test.each([
    ['broadcast', [255, 255, 255, 255, 255, 255]],
    ['a group', [1, 0, 0x5e, 0, 0, 0x12]],
    ['nobody', [0, 0, 0, 0, 0, 0]],
  ])('a sender that is %s is noted', (_, mac) => {
    const frame = arp(2, '10.0.0.100', '10.0.0.2');
    frame.bytes.set(mac, 14 + 8);
    expect(read(frame).notes).toMatchObject([{ protocol: 'arp', code: 'broadcast_sender' }]);
  });

  test('an operation nobody assigned is noted', () => {
    expect(read(arp(99, '10.0.0.2', '10.0.0.3')).notes).toMatchObject([{ protocol: 'arp', code: 'operation' }]);
  });
});
