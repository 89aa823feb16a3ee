/** IP fragments: any order, exact duplicates, overlaps, bounds and the 30 s wait (Linux net/ipv4/inet_fragment.c, RFC 5722). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dissect } from '../../dissectors/dissect.ts';
import { Stop } from '../../dissectors/reader.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { ethernetFrame, ipv4Packet, messageV1, recordV1, udpDatagram } from '../sync-message.ts';

const octets = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (from + i) & 255);
const MORE = 0x2000;

describe('reassembly', () => {
  test('gives the datagram back whatever the order of its fragments', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 9, max: 4000 }),
        fc.integer({ min: 1, max: 60 }),
        fc.infiniteStream(fc.double({ noNaN: true })),
        (length, units, random) => {
          const whole = octets(length);
          const size = units * 8;
          const pieces = [];
          for (let at = 0; at < length; at += size) pieces.push({ at, more: at + size < length, data: whole.slice(at, at + size) });
          const order = pieces.map((piece) => ({ piece, key: random.next().value })).sort((a, b) => a.key - b.key);
          const reassembly = createReassembly();
          const results = order.map(({ piece }) => reassembly.add('k', piece.at, piece.more, piece.data, 0));
          expect(results.pop()).toEqual(whole);
          expect(results.every((result) => result === null)).toBe(true);
        },
      ),
    );
  });

  test('an exact duplicate changes nothing', () => {
    const reassembly = createReassembly();
    reassembly.add('k', 0, true, octets(16), 0);
    expect(reassembly.add('k', 0, true, octets(16), 0)).toBeNull();
    expect(reassembly.add('k', 16, false, octets(4, 16), 0)).toEqual(octets(20));
  });

  const contradictions: [string, [number, boolean, number][]][] = [
    [
      'a fragment inside another',
      [
        [0, true, 32],
        [8, true, 8],
      ],
    ],
    [
      'a fragment over the end of another',
      [
        [0, true, 16],
        [8, true, 16],
      ],
    ],
    [
      'a fragment over the start of another',
      [
        [16, true, 16],
        [8, true, 16],
      ],
    ],
    [
      'the same start, another length',
      [
        [0, true, 16],
        [0, true, 24],
      ],
    ],
    [
      'two last fragments',
      [
        [16, false, 8],
        [40, false, 8],
      ],
    ],
    [
      'a fragment behind the last',
      [
        [16, false, 8],
        [24, true, 8],
      ],
    ],
    [
      'a last fragment before another',
      [
        [24, true, 8],
        [8, false, 8],
      ],
    ],
    ['past the largest datagram', [[65528, false, 16]]],
  ];
  test.each(contradictions)('%s loses the whole datagram', (_, fragments) => {
    const reassembly = createReassembly();
    const add = () => {
      for (const [offset, more, length] of fragments) reassembly.add('k', offset, more, octets(length), 0);
    };
    expect(add).toThrow(Stop as never);
    expect(reassembly.counters.refused).toBe(1);
  });

  test('waits 30 s and no longer', () => {
    const reassembly = createReassembly();
    reassembly.add('a', 0, true, octets(8), 0);
    expect(reassembly.add('a', 8, false, octets(8, 8), 30_000_000)).toEqual(octets(16));
    reassembly.add('b', 0, true, octets(8), 0);
    expect(reassembly.add('b', 8, false, octets(8, 8), 30_000_001)).toBeNull();
    expect(reassembly.counters).toMatchObject({ completed: 1, expired: 1 });
  });

  test('holds no more datagrams and octets than allowed, the oldest go first', () => {
    const reassembly = createReassembly({ datagrams: 3, octets: 100, waitMicros: 1e9 });
    for (const key of ['a', 'b', 'c', 'd']) reassembly.add(key, 0, true, octets(8), 0);
    expect(reassembly.counters.evicted).toBe(1);
    expect(reassembly.add('a', 8, false, octets(8), 0)).toBeNull();
    reassembly.add('e', 0, true, octets(96), 0);
    expect(reassembly.counters.evicted).toBeGreaterThan(3);
  });
});

test('a sync message in three fragments is read once the third is there', () => {
  const message = messageV1(Array.from({ length: 100 }, (_, i) => recordV1({ clientPort: 1000 + i })));
  const datagram = udpDatagram(message);
  const options = { reassembly: createReassembly(), syncChannels: [parseSyncChannel('224.0.0.81:8848')] };
  const part = (from: number, to: number, more: number) =>
    dissect(ethernetFrame(ipv4Packet(datagram.slice(from, to), 17, { fragment: more | (from / 8), id: 77 })), options);
  expect(part(1480, 2960, MORE).layers.map((layer) => layer.protocol)).toEqual(['ethernet', 'ipv4']);
  expect(part(0, 1480, MORE).layers).toHaveLength(2);
  const last = part(2960, datagram.length, 0);
  expect(last.fault).toBeNull();
  expect(last.layers.at(-1)).toMatchObject({ protocol: 'ipvs', count: 100 });
  expect(part(0, 1480, MORE).layers).toHaveLength(2);
  expect(part(8, 1480, MORE).fault).toMatchObject({ protocol: 'ipv4', code: 'overlap' });
});
