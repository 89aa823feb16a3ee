/**
 * Nothing crashes: the hostile captures of a peer, our own captures cut anywhere, and a million mutated frames. A fault
 * with the code `dissector` is a dissector that threw: always a mistake of ours.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { dissect, type Frame } from '../dissectors/dissect.ts';
import type { CapturedFrame } from '../src/capture/captured-frame.ts';
import { PcapStream } from '../src/capture/pcap-stream.ts';
import { parseSyncChannel } from '../src/config.ts';
import { createPipeline } from '../src/pipeline.ts';
import { createMonitor } from '../src/state/monitor.ts';
import { FIXTURES, LVSCOPE, needs, TCPDUMP_TESTS } from './environment.ts';

const run = promisify(execFile);
const CAPTURES = join(FIXTURES, 'captures');
const captures = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
const syncChannels = ['224.0.0.81:8848-8911', '239.1.2.3:9000-9003', '[ff02::81]:8848'].map(parseSyncChannel);
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

function framesOf(name: string): Frame[] {
  const frames: Frame[] = [];
  const stream = new PcapStream({ name, frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }) });
  stream.push(readFileSync(join(CAPTURES, name)));
  return frames;
}

function newPipeline() {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: false });
  return { monitor, enter: createPipeline({ monitor, syncChannels, headersSeen: true }) };
}

function expectNoThrow(faults: ReadonlyMap<string, number>): void {
  expect([...faults.keys()].filter((name) => name.endsWith('.dissector'))).toEqual([]);
}

test('every capture cut at every octet of its first frames is read up to the cut, which is named', { timeout: 600_000 }, () => {
  for (const name of captures) {
    const whole = readFileSync(join(CAPTURES, name));
    const { monitor, enter } = newPipeline();
    const wrong: string[] = [];
    let frames = 0;
    const frame = (captured: CapturedFrame): void => {
      frames++;
      enter(captured);
    };
    // A capture of one frame, and of one more that is cut: what came before has been read by then.
    let [previous, start] = [FILE_HEADER, FILE_HEADER];
    for (let n = 0; n < 200 && start < whole.length; n++) {
      const end = start + RECORD_HEADER + whole.readUInt32LE(start + 8);
      for (let length = start; length <= end; length++) {
        const stream = new PcapStream({ name, frame });
        stream.push(whole.subarray(0, FILE_HEADER));
        frames = 0;
        stream.push(whole.subarray(previous, length));
        const due = (previous < start ? 1 : 0) + (length === end ? 1 : 0);
        const isWhole = length === start || length === end;
        if (frames !== due || (stream.end() === null) !== isWhole) wrong.push(`${name}: ${frames} frames of ${due} at ${length}`);
      }
      [previous, start] = [start, end];
    }
    expect(wrong).toEqual([]);
    expectNoThrow(monitor.counters.faults);
  }
});

test('every frame cut at every octet is read up to the cut', () => {
  for (const name of captures) {
    const { monitor, enter } = newPipeline();
    for (const frame of framesOf(name).slice(0, 200))
      for (let length = 0; length <= Math.min(frame.bytes.length, 400); length++)
        enter({ ...frame, bytes: frame.bytes.subarray(0, length), number: 1, interface: null });
    expectNoThrow(monitor.counters.faults);
  }
});

/** Small, seeded and the same everywhere (xorshift32), so that a failure can be played again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const NASTY = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

function mutate(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  let out = bytes.slice();
  for (let changes = 1 + next(4); changes > 0; changes--) {
    const at = next(out.length);
    switch (next(5)) {
      case 0:
        out[at] ^= 1 << next(8);
        break;
      case 1:
        out[at] = NASTY[next(NASTY.length)];
        break;
      case 2:
        out = out.slice(0, 1 + at);
        break;
      case 3:
        out.copyWithin(at, next(out.length), next(out.length));
        break;
      case 4:
        out[Math.min(out.length - 1, at)] = next(256);
        break;
    }
  }
  return out;
}

/** Octets that are held when nothing is left to collect; the process keeps more for the garbage to come. */
function heldOctets(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a million mutated frames: no throw, bounded memory', { timeout: 900_000 }, () => {
  const FRAMES = 1_000_000;
  // Nearly every frame brings an address, a binding or a finding of its own, so that all tables fill up towards their bounds.
  const MOST_GROWTH = 400 << 20;
  const frames = captures.flatMap((name) => framesOf(name));
  const { monitor, enter } = newPipeline();
  const next = random(0x1f2e3d4c);
  const before = heldOctets();
  const [{ atMicros: start }] = frames;
  for (let n = 0; n < FRAMES; n++) {
    const frame = frames[next(frames.length)];
    const bytes = mutate(frame.bytes, next);
    // Time goes on by a millisecond, and now and then jumps to another recording's.
    const atMicros = next(100) === 0 ? frame.atMicros : start + n * 1000;
    enter({ ...frame, atMicros, bytes, originalLength: bytes.length, number: n + 1, interface: null });
  }
  expect(monitor.counters.frames).toBe(FRAMES);
  expectNoThrow(monitor.counters.faults);
  expect(heldOctets() - before).toBeLessThan(MOST_GROWTH);
  expect(monitor.sessions.live).toBeLessThanOrEqual(monitor.sessions.maxSessions);
});

test('a mutation that breaks a checksum is not let through as if nothing were wrong', () => {
  const [frame] = framesOf('crafted.pcap').filter(
    (f) => dissect(f, { reassembly: newPipeline().monitor.reassembly, syncChannels }).layers.at(-1)?.protocol === 'ipvs',
  );
  const bytes = frame.bytes.slice();
  bytes[bytes.length - 1] ^= 1;
  expect(dissect({ ...frame, bytes }, { reassembly: newPipeline().monitor.reassembly, syncChannels }).fault).toMatchObject({
    code: 'checksum',
  });
});

describe.skipIf(needs('tcpdump-tests'))("tcpdump's own test captures", () => {
  const files = needs('tcpdump-tests') ? [] : readdirSync(TCPDUMP_TESTS).map((name) => join(TCPDUMP_TESTS, name));

  test('are all there', () => {
    expect(files).toHaveLength(830);
  });

  test('go through the dissectors without a throw', () => {
    for (const path of files) {
      const { monitor, enter } = newPipeline();
      const stream = new PcapStream({ name: path, frame: enter });
      stream.push(readFileSync(path));
      stream.end();
      expectNoThrow(monitor.counters.faults);
    }
  });

  test('replay with exit code 0, or 5 where one is cut', { timeout: 600_000 }, async () => {
    const TOGETHER = 42;
    const queue = [...files];
    const worker = async () => {
      while (queue.length > 0) {
        const some = queue.splice(0, TOGETHER);
        const code = await run(process.execPath, [LVSCOPE, 'replay', ...some, '--show', 'status']).then(
          () => 0,
          (error: { code: number }) => error.code,
        );
        expect([0, 5], some.join(' ')).toContain(code);
      }
    };
    await Promise.all([worker(), worker()]);
  });
});
