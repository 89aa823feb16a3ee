import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapturedFrame } from '../../src/capture/captured-frame.ts';
import { type ReadProgress, readCapture } from '../../src/capture/file.ts';
import { fileHeader, record } from '../../src/capture/pcap-writer.ts';
import { OperatorError } from '../../src/errors.ts';
import { fixture, framesOf, microsOfText, run, scratch } from './wireshark.ts';

const files = scratch();
afterAll(() => files.remove());

const SOURCE = fixture('vrrp-zoo.pcap');

async function timesOf(path: string, options: Partial<Parameters<typeof readCapture>[1]> = {}) {
  const times: number[] = [];
  const fault = await readCapture(path, { frame: (frame: CapturedFrame) => times.push(frame.atMicros), ...options });
  return { times, fault };
}

function written(name: string, octets: Uint8Array): string {
  const path = files.file(name);
  writeFileSync(path, octets);
  return path;
}

describe('plain and packed', () => {
  const expected = framesOf(SOURCE).map((e) => microsOfText(e.time));
  const pcap = readFileSync(SOURCE);

  it.each([
    ['plain', () => SOURCE],
    ['gzip', () => written('whole.pcap.gz', gzipSync(pcap))],
    ['gzip by gzip(1)', () => written('gzip1.pcap.gz', run('gzip', ['-c'], pcap))],
    ['gzip in two members', () => written('two.pcap.gz', Buffer.concat([gzipSync(pcap.subarray(0, 5001)), gzipSync(pcap.subarray(5001))]))],
  ])('%s', async (_name, make) => {
    expect(await timesOf(make())).toEqual({ times: expected, fault: null });
  });

  it('a cut gzip file gives all frames in front of the cut', async () => {
    const packed = gzipSync(pcap);
    const half = packed.subarray(0, packed.length / 2);
    // gzip(1) says how much of it can be unpacked.
    const octets = unpackedByGzip(half);
    const whole = countWhole(pcap, octets);
    const { times, fault } = await timesOf(written('cut.pcap.gz', half));
    expect(whole).toBeGreaterThan(10);
    expect(times).toEqual(expected.slice(0, whole));
    expect(fault).toMatchObject({ code: 'gzip' });
  });

  it('a damaged gzip file gives the frames in front of the damaged piece, and says so', async () => {
    const noise = Array.from({ length: 100 }, (_, i) => record({ atMicros: 1e15 + i, bytes: randomBytes(1000), originalLength: 1000 }));
    const first = gzipSync(Buffer.concat([fileHeader({ linkType: 1, snapLength: 65535 }), ...noise]));
    // A second member of a compression method that does not exist (RFC 1952 section 2.3.1: 8 is deflate, all others reserved).
    const second = gzipSync(pcap);
    second[2] = 9;
    const packed = Buffer.concat([first, second]);
    expect(() => run('gzip', ['-t'], packed)).toThrow();
    const { times, fault } = await timesOf(written('damaged.pcap.gz', packed));
    expect(times).toEqual(Array.from({ length: times.length }, (_, i) => 1e15 + i));
    // 16 kB pieces: what lies in the last one with the damage may be missing.
    expect(times.length).toBeGreaterThanOrEqual(100 - 17);
    expect(fault).toMatchObject({ code: 'gzip' });
  });

  it('a gzip file that only lacks its trailer is cut, its frames are all there', async () => {
    const packed = gzipSync(pcap);
    const { times, fault } = await timesOf(written('trailer.pcap.gz', packed.subarray(0, packed.length - 4)));
    expect(times).toEqual(expected);
    expect(fault).toMatchObject({ code: 'gzip', at: pcap.length });
  });

  it('a cut file says at which byte', async () => {
    const path = written('cut.pcap', pcap);
    truncateSync(path, 24 + 16 + 20);
    expect((await timesOf(path)).fault).toMatchObject({ code: 'cut', at: 24 });
  });
});

function unpackedByGzip(packed: Uint8Array): number {
  try {
    return run('gzip', ['-dc'], packed).length;
  } catch (error) {
    return (error as { stdout: Buffer }).stdout.length;
  }
}

function countWhole(pcap: Buffer, octets: number): number {
  let frames = -1;
  for (let at = 24; at <= octets; at += 16 + pcap.readUInt32LE(at + 8)) frames++;
  return frames;
}

describe('what cannot be read', () => {
  it.each([
    ['no such file', () => files.file('absent.pcap'), 'there is no such file'],
    ['a directory', () => madeDirectory(), 'it is a directory'],
    ['an empty file', () => written('empty', Buffer.alloc(0)), 'is empty'],
    ['a text', () => written('text', Buffer.from('what is this')), 'is neither pcap nor pcapng'],
    ['a packed text', () => written('text.gz', gzipSync(Buffer.from('what is this'))), 'is neither pcap nor pcapng'],
    ['one octet', () => written('one', Buffer.from([0x1f])), 'is neither pcap nor pcapng'],
  ])('%s', async (_name, make, text) => {
    const path = make();
    const failure: unknown = await timesOf(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OperatorError);
    expect(failure).toMatchObject({ exitCode: 4, message: expect.stringContaining(text) });
    expect((failure as OperatorError).message).toContain(path);
    expect((failure as OperatorError).hint).not.toBe('');
  });
});

function madeDirectory(): string {
  mkdirSync(files.file('directory'), { recursive: true });
  return files.file('directory');
}

describe('a large file', () => {
  const path = files.file('large.pcap');
  const FRAMES = 4000;
  beforeAll(() => {
    const bytes = new Uint8Array(1500);
    const records = Array.from({ length: FRAMES }, (_, i) => record({ atMicros: 1e15 + i, bytes, originalLength: 1500 }));
    writeFileSync(path, Buffer.concat([fileHeader({ linkType: 1, snapLength: 65535 }), ...records]));
  });

  it('tells its progress up to the last octet', async () => {
    const seen: ReadProgress[] = [];
    await timesOf(path, { progress: (progress) => seen.push(progress) });
    const size = 24 + FRAMES * 1516;
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.map((p) => p.octets)).toEqual([...seen.map((p) => p.octets)].sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ octets: size, total: size });
  });

  it('lets the event loop turn while it is read', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const { times } = await timesOf(path, { frame: spin });
    clearInterval(timer);
    expect(times).toEqual([]);
    expect(turns).toBeGreaterThan(5);
  });

  it('stops at the end of a chunk when told to', async () => {
    const stop = new AbortController();
    let frames = 0;
    const fault = await readCapture(path, {
      frame: () => {
        frames++;
        stop.abort();
      },
      signal: stop.signal,
    });
    expect(fault).toBeNull();
    expect(frames).toBeLessThan(FRAMES / 2);
  });

  it('stops at once while it waits, and the frame it waited with never comes', async () => {
    const stop = new AbortController();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: number[] = [];
    const reading = readCapture(path, {
      frame: (frame) => seen.push(frame.number),
      pace: (atMicros) => (atMicros > 1e15 + 9 ? held : undefined),
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(), 20);
    expect(await reading).toBeNull();
    release();
    await held;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

function spin(): void {
  const until = performance.now() + 0.05;
  while (performance.now() < until);
}

describe('the writer', () => {
  it('writes what tshark reads', () => {
    const frames = [
      { atMicros: 1_700_000_000_999_999, bytes: new Uint8Array(60), originalLength: 60 },
      { atMicros: 4_294_967_295_000_001, bytes: new Uint8Array(61), originalLength: 9000 },
    ];
    const path = written('made.pcap', Buffer.concat([fileHeader({ linkType: 1, snapLength: 61 }), ...frames.map(record)]));
    expect(framesOf(path).map((e) => [e.time, e.captured, e.original])).toEqual([
      ['1700000000.999999000', 60, 60],
      ['4294967295.000001000', 61, 9000],
    ]);
  });
});

/** Standard input belongs to a process, so this is a process: the built reader, fed by a pipe. */
const DIST = fileURLToPath(new URL('../../dist/src/capture/file.js', import.meta.url));
const READER = `
import { readCapture } from ${JSON.stringify(DIST)};
let frames = 0;
const fault = await readCapture('-', { frame: () => frames++ }).catch((error) => ({ text: error.message }));
process.stdout.write(JSON.stringify({ frames, fault: fault?.text ?? null }));
`;

function readByPipe(octets: Uint8Array): Promise<{ frames: number; fault: string | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', READER], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(octets);
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.on('error', reject);
    child.on('close', () => resolve(JSON.parse(Buffer.concat(out).toString())));
  });
}

describe('standard input', () => {
  const frames = framesOf(SOURCE).length;
  it.each([
    ['plain', () => readFileSync(SOURCE), { frames, fault: null }],
    ['gzip', () => gzipSync(readFileSync(SOURCE)), { frames, fault: null }],
    ['empty', () => Buffer.alloc(0), { frames: 0, fault: 'standard input is empty' }],
    ['no capture', () => Buffer.from('hello world'), { frames: 0, fault: 'standard input is neither pcap nor pcapng' }],
  ])('%s', async (_name, make, expected) => {
    expect(await readByPipe(make())).toEqual(expected);
  });
});
