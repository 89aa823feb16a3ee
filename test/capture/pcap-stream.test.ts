import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { CapturedFrame, CaptureFault } from '../../src/capture/captured-frame.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { OperatorError } from '../../src/errors.ts';
import { type ExpectedFrame, fixture, framesOf, microsOfText, run, scratch } from './wireshark.ts';

const files = scratch();
afterAll(() => files.remove());

interface Reading {
  readonly frames: (CapturedFrame & { readonly bytes: Uint8Array })[];
  readonly fault: CaptureFault | null;
}

function read(octets: Uint8Array, chunk = octets.length || 1): Reading {
  const frames: CapturedFrame[] = [];
  const stream = new PcapStream({ name: 'test', frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }) });
  // Each chunk is a buffer that is spoilt afterwards, as a reused one would be.
  for (let at = 0; at < octets.length; at += chunk) {
    const part = Uint8Array.from(octets.subarray(at, at + chunk));
    stream.push(part);
    part.fill(0xee);
  }
  return { frames, fault: stream.end() };
}

/** The same capture with the multi-octet fields of file and record headers turned round: classic pcap of a big-endian machine. */
function byteSwapped(pcap: Buffer, recordHeader: number): Buffer {
  const swapped = Buffer.from(pcap);
  const swap = (at: number, octets: number) => swapped.subarray(at, at + octets).reverse();
  for (const at of [0, 8, 12, 16, 20]) swap(at, 4);
  for (const at of [4, 6]) swap(at, 2);
  for (let at = 24; at < pcap.length; at += recordHeader + pcap.readUInt32LE(at + 8)) for (let i = 0; i < 16; i += 4) swap(at + i, 4);
  return swapped;
}

const SOURCE = fixture('tunnel-udp-vlan.pcap');

function converted(format: string): string {
  const path = files.file(`${format}.capture`);
  run('editcap', ['-F', format, SOURCE, path]);
  return path;
}

function merged(): string {
  const path = files.file('merged.pcapng');
  run('mergecap', ['-F', 'pcapng', '-w', path, SOURCE, fixture('nat-v0.pcap')]);
  return path;
}

function nanoseconds(): string {
  const path = files.file('shifted.nsecpcap');
  run('editcap', ['-F', 'nsecpcap', '-t', '0.000000987', SOURCE, path]);
  return path;
}

function shortened(): string {
  const path = files.file('snap.pcapng');
  run('editcap', ['-F', 'pcapng', '-s', '60', SOURCE, path]);
  return path;
}

describe('flavours, against tshark', () => {
  const flavours: [string, () => string][] = [
    ['microseconds', () => SOURCE],
    ['nanoseconds', nanoseconds],
    ['modified', () => converted('modlibpcap')],
    ['pcapng', () => converted('pcapng')],
    ['pcapng of two interfaces', merged],
    ['cut to 60 octets', shortened],
    ['IPv6', () => fixture('ipv6-v1.pcap')],
    ['fragments', () => fixture('sync-options.pcap')],
  ];
  for (const [name, make] of flavours)
    it.each([1, 7, 64, 65536])(`${name}, in chunks of %i`, (chunk) => {
      const path = make();
      const { frames, fault } = read(readFileSync(path), chunk);
      const expected = framesOf(path);
      expect(fault).toBeNull();
      expect(frames.map((f) => f.number)).toEqual(expected.map((_, i) => i + 1));
      expect(summary(frames)).toEqual(expected.map(expectedSummary));
    });

  it.each([
    ['microseconds', () => SOURCE, 16],
    ['nanoseconds', nanoseconds, 16],
    ['modified', () => converted('modlibpcap'), 24],
  ])('%s of a big-endian machine', (_name, make, recordHeader) => {
    const path = files.file('swapped.pcap');
    const swapped = byteSwapped(readFileSync(make()), recordHeader);
    writeFileSync(path, swapped);
    expect(summary(read(swapped).frames)).toEqual(framesOf(path).map(expectedSummary));
  });

  it('the octets are the ones of the file', () => {
    const pcap = readFileSync(SOURCE);
    const { frames } = read(pcap, 100);
    let at = 24;
    for (const { bytes } of frames) {
      expect(Buffer.compare(bytes, pcap.subarray(at + 16, at + 16 + bytes.length))).toBe(0);
      at += 16 + bytes.length;
    }
    expect(at).toBe(pcap.length);
  });

  it('a plain file names no interface', () => {
    expect(new Set(read(readFileSync(SOURCE)).frames.map((f) => f.interface))).toEqual(new Set([null]));
  });
});

/** Everything pcapng can say about packets, in the byte order given, after draft-ietf-opsawg-pcapng sections 4.1 to 4.5 and appendix A. */
function blocks(little: boolean) {
  const u16 = (value: number) => Buffer.from(little ? [value & 255, value >> 8] : [value >> 8, value & 255]);
  const u32 = (...values: number[]) => Buffer.concat(values.map((v) => (little ? word(v) : word(v).swap32())));
  const padded = (octets: Uint8Array) => Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
  const option = (code: number, value: Uint8Array) => Buffer.concat([u16(code), u16(value.length), padded(value)]);
  const block = (type: number, ...body: Uint8Array[]) => {
    const content = padded(Buffer.concat(body));
    return Buffer.concat([u32(type, content.length + 12), content, u32(content.length + 12)]);
  };
  const signed64 = (value: bigint) => {
    const octets = Buffer.alloc(8);
    if (little) octets.writeBigInt64LE(value);
    else octets.writeBigInt64BE(value);
    return octets;
  };
  const time = (units: bigint) => u32(Number(units >> 32n), Number(units & 0xffffffffn));
  return {
    block,
    u32,
    section: () => block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff, 0xffffffff)),
    description: (linkType: number, snapLength: number, ...options: Uint8Array[]) =>
      block(1, u16(linkType), u16(0), u32(snapLength), ...options),
    name: (text: string) => option(2, Buffer.from(text)),
    resolution: (value: number) => option(9, Buffer.from([value])),
    offset: (seconds: bigint) => option(14, signed64(seconds)),
    end: () => option(0, Buffer.alloc(0)),
    enhanced: (id: number, units: bigint, bytes: Uint8Array, original = bytes.length) =>
      block(6, u32(id), time(units), u32(bytes.length, original), padded(bytes)),
    simple: (bytes: Uint8Array, original = bytes.length) => block(3, u32(original), padded(bytes)),
    obsolete: (id: number, units: bigint, bytes: Uint8Array) =>
      block(2, u16(id), u16(0xffff), time(units), u32(bytes.length, bytes.length), padded(bytes)),
  };
}

function word(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(value);
  return octets;
}

/** An Ethernet frame of the given length; what is in it does not matter here. */
function ethernet(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i < 12 ? 2 : i));
}

const EPOCH = 1_700_000_000n;

describe.each([true, false])('hand-made pcapng, little-endian %s, against tshark', (little) => {
  const b = blocks(little);
  const whole: [string, number, Buffer[]][] = [
    [
      'microseconds unless told otherwise',
      1,
      [b.section(), b.description(1, 0), b.enhanced(0, EPOCH * 1_000_000n + 123_456n, ethernet(61))],
    ],
    [
      'nanoseconds, names, an unknown option and an end of options',
      2,
      [
        b.section(),
        b.description(1, 0, b.name('eth0'), b.resolution(9), b.end()),
        b.description(1, 0, b.name('lan.100'), b.resolution(9)),
        b.enhanced(1, EPOCH * 1_000_000_000n + 999_999_999n, ethernet(60), 1500),
        b.enhanced(0, EPOCH * 1_000_000_000n + 1_001n, ethernet(62)),
      ],
    ],
    [
      'units of 2^-20 s, 10^-3 s and 10^-8 s',
      3,
      [
        b.section(),
        b.description(1, 0, b.resolution(0x80 | 20)),
        b.description(1, 0, b.resolution(3)),
        b.description(1, 0, b.resolution(8)),
        b.enhanced(0, EPOCH * (1n << 20n) + 524_288n, ethernet(60)),
        b.enhanced(1, EPOCH * 1000n + 7n, ethernet(60)),
        b.enhanced(2, EPOCH * 100_000_000n + 12_345_678n, ethernet(60)),
      ],
    ],
    ['a time offset', 1, [b.section(), b.description(1, 0, b.offset(EPOCH)), b.enhanced(0, 5_000_001n, ethernet(60))]],
    [
      'two sections, unknown blocks in between',
      2,
      [
        b.section(),
        b.block(0x0099, Buffer.alloc(20)),
        b.description(1, 0, b.name('lan')),
        b.enhanced(0, EPOCH * 1_000_000n, ethernet(60)),
        b.section(),
        b.description(1, 0, b.name('lan')),
        b.block(0x0098, Buffer.from('ours')),
        b.enhanced(0, EPOCH * 1_000_000n + 1n, ethernet(63)),
      ],
    ],
    [
      'an obsolete packet block',
      1,
      [b.section(), b.description(1, 0, b.name('old')), b.obsolete(0, EPOCH * 1_000_000n + 9n, ethernet(60))],
    ],
  ];
  it.each(whole)('%s', (_name, packets, parts) => {
    const path = files.file('made.pcapng');
    writeFileSync(path, Buffer.concat(parts));
    const expected = framesOf(path);
    expect(expected.length).toBe(packets);
    for (const chunk of [1, 13, 4096]) {
      const { frames, fault } = read(Buffer.concat(parts), chunk);
      expect(fault).toBeNull();
      expect(summary(frames)).toEqual(expected.map(expectedSummary));
      expect(frames.map((f) => f.interface ?? 'unknown')).toEqual(expected.map((e) => e.interface));
    }
  });

  it('a simple packet block has its length from the packet or the snapshot length, and the last known time', () => {
    const parts = [
      b.section(),
      b.description(1, 64),
      b.enhanced(0, EPOCH * 1_000_000n, ethernet(60)),
      b.simple(ethernet(61)),
      b.simple(ethernet(64), 1500),
    ];
    const path = files.file('simple.pcapng');
    writeFileSync(path, Buffer.concat(parts));
    const { frames } = read(Buffer.concat(parts), 5);
    expect(frames.map((f) => [f.bytes.length, f.originalLength])).toEqual(framesOf(path).map((e) => [e.captured, e.original]));
    expect(frames.map((f) => f.atMicros)).toEqual([1_700_000_000_000_000, 1_700_000_000_000_000, 1_700_000_000_000_000]);
  });

  // tshark 4.0 shows the first section's name for all; draft-ietf-opsawg-pcapng section 4.1: interfaces belong to their section.
  it('a section describes its own interfaces', () => {
    const parts = ['first', 'second'].flatMap((name) => [b.section(), b.description(1, 0, b.name(name)), b.enhanced(0, 1n, ethernet(60))]);
    expect(read(Buffer.concat(parts)).frames.map((f) => f.interface)).toEqual(['first', 'second']);
  });

  it('sections may differ in byte order', () => {
    const other = blocks(!little);
    const parts = [b, other].flatMap((w) => [w.section(), w.description(1, 0), w.enhanced(0, EPOCH * 1_000_000n, ethernet(60))]);
    const path = files.file('mixed.pcapng');
    writeFileSync(path, Buffer.concat(parts));
    expect(summary(read(Buffer.concat(parts)).frames)).toEqual(framesOf(path).map(expectedSummary));
    expect(framesOf(path).length).toBe(2);
  });
});

/** Classic pcap: magic, version 2.4, snapshot length 65535, Ethernet; then the records given as whole headers and octets. */
function classic(...records: Uint8Array[]): Buffer {
  return Buffer.concat([word(0xa1b2c3d4), word(0x00040002), word(0), word(0), word(65535), word(1), ...records]);
}

function classicRecord(captured: number, bytes = ethernet(captured)): Buffer {
  return Buffer.concat([word(1_700_000_000), word(1), word(captured), word(captured), bytes]);
}

describe('what cannot be right', () => {
  const b = blocks(true);
  const start = [b.section(), b.description(1, 0)];
  const good = b.enhanced(0, EPOCH * 1_000_000n, ethernet(60));
  const inPacket = (captured: number) => b.block(6, b.u32(0, 0, 0, captured, captured), Buffer.alloc(8));
  // The offset is the one where the wrong record begins, added up by hand: section header 28, interface description 20, packet 92.
  const cases: [string, Buffer[], number, string, number][] = [
    ['captured length of 2^31', [classic(classicRecord(60)), classicRecord(2 ** 31, ethernet(60))], 1, 'record_length', 24 + 76],
    ['captured length of 2^32 - 1', [classic(classicRecord(2 ** 32 - 1, ethernet(60)))], 0, 'record_length', 24],
    ['captured length over 16 MiB', [classic(classicRecord(2 ** 24 + 1, ethernet(60)))], 0, 'record_length', 24],
    ['block length 0', [...start, good, word(6), word(0), Buffer.alloc(40)], 1, 'block_length', 140],
    ['block length 8', [...start, good, word(6), word(8), Buffer.alloc(40)], 1, 'block_length', 140],
    ['block length that is no multiple of four', [...start, good, word(6), word(33), Buffer.alloc(40)], 1, 'block_length', 140],
    ['block length of 2^32 - 4', [...start, good, word(6), word(2 ** 32 - 4), Buffer.alloc(40)], 1, 'block_length', 140],
    ['block lengths that differ', [...start, good, word(6), word(32), Buffer.alloc(20), word(36)], 1, 'block_trailer', 140],
    ['captured length beyond the block', [...start, good, inPacket(9)], 1, 'record_length', 140],
    ['captured length of 2^32 - 1 in a block', [...start, good, inPacket(2 ** 32 - 1)], 1, 'record_length', 140],
    ['packet block without its header', [...start, good, b.block(6, Buffer.alloc(16))], 1, 'block_short', 140],
    ['simple packet block without its length', [...start, good, b.block(3)], 1, 'block_short', 140],
    ['interface description without its header', [...start, good, b.block(1, Buffer.alloc(4))], 1, 'block_short', 140],
    ['section header without its version', [...start, good, b.block(0x0a0d0d0a, word(0x1a2b3c4d))], 1, 'block_short', 140],
    ['section header without byte order', [...start, good, b.block(0x0a0d0d0a, Buffer.alloc(16))], 1, 'byte_order', 140],
    ['packet of an interface never described', [...start, good, b.enhanced(1, 0n, ethernet(60))], 1, 'interface_id', 140],
    ['simple packet without an interface', [b.section(), b.simple(ethernet(60))], 0, 'interface_id', 28],
    ['packet of an earlier section’s interface', [...start, good, b.section(), good], 1, 'interface_id', 168],
    ['interfaces without end', [b.section(), ...Array.from({ length: 4097 }, () => b.description(1, 0))], 0, 'interfaces', 28 + 4096 * 20],
  ];
  it.each(cases)('%s', (_name, parts, frames, code, at) => {
    for (const chunk of [1, 11, 1 << 20]) {
      const reading = read(Buffer.concat(parts), chunk);
      expect(reading.frames.length).toBe(frames);
      expect(reading.fault).toMatchObject({ code, at });
    }
  });

  it('a claim of 16 MiB is not believed before its octets come: no fault, but a cut', () => {
    expect(read(classic(classicRecord(2 ** 24, ethernet(60)))).fault).toMatchObject({ code: 'cut', at: 24 });
  });

  it('what follows a fault is not read', () => {
    const reading = read(Buffer.concat([classic(classicRecord(2 ** 31, ethernet(60))), classicRecord(60)]), 16);
    expect(reading.frames).toEqual([]);
  });

  it('options that run over their block are left out', () => {
    const long = Buffer.concat([Buffer.from([2, 0, 0xff, 0x7f]), Buffer.from('eth0')]);
    const { frames, fault } = read(Buffer.concat([b.section(), b.description(1, 0, long), good]));
    expect(fault).toBeNull();
    expect(frames.map((f) => f.interface)).toEqual([null]);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'test is empty'],
    ['three octets of a magic number', Buffer.from([0xd4, 0xc3, 0xb2]), 'test is neither pcap nor pcapng'],
    ['text', Buffer.from('#!/bin/sh\n'), 'test is neither pcap nor pcapng'],
    ['zeros', Buffer.alloc(100), 'test is neither pcap nor pcapng'],
  ])('%s is no capture', (_name, octets, message) => {
    for (const chunk of [1, 100]) {
      const failure = caught(() => read(octets, chunk));
      expect(failure).toBeInstanceOf(OperatorError);
      expect(failure).toMatchObject({ exitCode: 4, message });
    }
  });
});

describe('cut anywhere in its first 200 frames', () => {
  it.each([
    ['classic', () => readFileSync(fixture('vrrp-zoo.pcap'))],
    ['pcapng', () => readFileSync(converted('pcapng'))],
  ])('%s', (name, load) => {
    const octets = load();
    const ends = name === 'classic' ? classicEnds(octets) : blockEnds(octets);
    const frameEnds = ends.filter((end) => end.frame).map((end) => end.at);
    const last = frameEnds[Math.min(200, frameEnds.length) - 1];
    for (let length = 4; length <= last; length++) {
      const { frames, fault } = read(octets.subarray(0, length), 4093);
      const begun = Math.max(0, ...ends.map((end) => end.at).filter((at) => at <= length));
      expect(frames.length).toBe(frameEnds.filter((at) => at <= length).length);
      expect(fault && { code: fault.code, at: fault.at }).toEqual(begun === length ? null : { code: 'cut', at: begun });
    }
  });
});

interface RecordEnd {
  readonly at: number;
  readonly frame: boolean;
}

function classicEnds(octets: Buffer): RecordEnd[] {
  const ends = [{ at: 24, frame: false }];
  for (let at = 24; at < octets.length; at = ends[ends.length - 1].at)
    ends.push({ at: at + 16 + octets.readUInt32LE(at + 8), frame: true });
  return ends;
}

function blockEnds(octets: Buffer): RecordEnd[] {
  const ends: RecordEnd[] = [];
  for (let at = 0; at < octets.length; at = ends[ends.length - 1].at)
    ends.push({ at: at + octets.readUInt32LE(at + 4), frame: octets.readUInt32LE(at) === 6 });
  return ends;
}

describe('pace', () => {
  it('holds each frame back until it is due, wherever chunks end, and delivers all in order', async () => {
    const octets = readFileSync(SOURCE);
    for (const chunk of [1, 50, 1 << 20]) {
      let nowMicros = 0;
      const seen: number[] = [];
      const stream = new PcapStream({
        name: 'test',
        frame: (frame) => {
          expect(frame.atMicros).toBeLessThanOrEqual(nowMicros);
          seen.push(frame.number);
        },
        pace: (atMicros) =>
          atMicros <= nowMicros
            ? undefined
            : Promise.resolve().then(() => {
                nowMicros = atMicros;
              }),
      });
      for (let at = 0; at < octets.length; at += chunk) await stream.push(octets.subarray(at, at + chunk));
      expect(stream.end()).toBeNull();
      expect(seen).toEqual(framesOf(SOURCE).map((_, i) => i + 1));
    }
  });
});

const TCPDUMP_TESTS = fileURLToPath(new URL('../../../shared/captures/tcpdump-tests/', import.meta.url));

describe('the captures of tcpdump’s own tests', () => {
  it.skipIf(!existsSync(TCPDUMP_TESTS))('are read without an exception, with as many frames as tcpdump reads', () => {
    const names = readdirSync(TCPDUMP_TESTS).filter((name) => statSync(TCPDUMP_TESTS + name).isFile());
    expect(names.length).toBeGreaterThan(800);
    const ours = Object.fromEntries(names.map((name) => [name, read(readFileSync(TCPDUMP_TESTS + name), 1000).frames.length]));
    expect(ours).toEqual(Object.fromEntries(names.map((name) => [name, countByTcpdump(TCPDUMP_TESTS + name)])));
  });
});

function countByTcpdump(path: string): number {
  return Number.parseInt(run('tcpdump', ['--count', '-n', '-r', path]).toString(), 10);
}

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}

type Summary = readonly [atMicros: number, captured: number, original: number];

function summary(frames: readonly CapturedFrame[]): Summary[] {
  return frames.map((f) => [f.atMicros, f.bytes.length, f.originalLength]);
}

function expectedSummary(expected: ExpectedFrame): Summary {
  return [microsOfText(expected.time), expected.captured, expected.original];
}
