/** The history on disk: what is kept, for how long, what goes wrong with the disk, and which files make a moment. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dissect } from '../../dissectors/dissect.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { CapturedFrame } from '../../src/capture/captured-frame.ts';
import { readCapture } from '../../src/capture/file.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { Journal, type JournalOptions } from '../../src/history/journal.ts';
import { type HistorySegment, segmentsFor } from '../../src/history/segments.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { longestTimeoutSeconds } from '../../src/state/session.ts';
import { FIXTURES, needs } from '../environment.ts';
import { recorded } from '../http/recorded.ts';

const RECORDING = join(FIXTURES, 'captures', 'nat-v0.pcap');
const SECOND = 1_000_000;
const PLENTY = { maxOctets: 1 << 30, maxAgeSeconds: 86_400, keepsEarlier: true, longestSeconds: () => 900 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscope-history-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const journalOf = (over: Partial<JournalOptions> = {}): Journal => new Journal({ folder, ...PLENTY, ...over });

async function framesOf(path: string): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = [];
  await readCapture(path, { frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }) });
  return frames;
}

/** The recording again and again, `seconds` apart. */
async function play(journal: Journal, rounds: number, seconds: number): Promise<void> {
  const enter = createPipeline({
    monitor: await recorded('nat-v0', 0),
    syncChannels: [parseSyncChannel(DEFAULT_SYNC)],
    headersSeen: true,
    keep: (frame, dissection) => journal.add(frame, dissection),
  });
  const frames = await framesOf(RECORDING);
  for (let round = 0; round < rounds; round++) {
    for (const frame of frames) enter({ ...frame, atMicros: frame.atMicros + round * seconds * SECOND });
    await journal.flush();
  }
}

const names = (): string[] => readdirSync(folder).sort();

test('every five minutes a file of its own, which reads as what was put in', async () => {
  const journal = journalOf();
  await play(journal, 3, 400);
  await journal.close();
  const [first, ...others] = names();
  expect(others).toHaveLength(2);
  const kept = await framesOf(join(folder, first));
  const wanted = (await framesOf(RECORDING)).filter((frame) => kept.some(({ atMicros }) => atMicros === frame.atMicros));
  expect(kept.map(({ bytes, atMicros, originalLength }) => ({ bytes, atMicros, originalLength }))).toEqual(
    wanted.map(({ bytes, atMicros, originalLength }) => ({ bytes, atMicros, originalLength })),
  );
  // All sync datagrams of the recording, by tshark: udp.port == 8848 and ip.dst == 224.0.0.81.
  const sync = (frames: CapturedFrame[]) =>
    frames.filter(
      (frame) =>
        dissect(frame, { syncChannels: [parseSyncChannel(DEFAULT_SYNC)], reassembly: createReassembly() }).layers.at(-1)?.protocol ===
        'ipvs',
    );
  expect(sync(kept).length).toBe(sync(await framesOf(RECORDING)).length);
  expect(journal.status()).toMatchObject({
    lostFrames: 0,
    lastError: null,
    octets: names().reduce((sum, n) => sum + statSync(join(folder, n)).size, 0),
  });
});

test('what is too old goes, whole files at a time, and the moments that are left are told', async () => {
  const journal = journalOf({ maxAgeSeconds: 1000 });
  await play(journal, 10, 400);
  await journal.close();
  const starts = names().map((name) => Number(name.split('-')[1]));
  const { fromMicros, toMicros } = journal.status();
  expect(starts.length).toBeLessThan(5);
  expect(starts[0]).toBeLessThan((toMicros ?? 0) - 1000 * SECOND);
  expect(starts[1]).toBeGreaterThan((toMicros ?? 0) - 1400 * SECOND);
  // Sessions of up to 900 s that were synced before the first file left are not all known before that.
  expect(fromMicros).toBe(starts[0] + 900 * SECOND);
});

test('what is too much goes', async () => {
  const journal = journalOf({ maxOctets: 1 << 14 });
  await play(journal, 10, 400);
  await journal.close();
  const octets = names().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const largest = Math.max(...names().map((name) => statSync(join(folder, name)).size));
  expect(octets).toBeLessThanOrEqual((1 << 14) + largest);
  expect(names().length).toBeLessThan(10);
});

test('the next run goes on after what is there, or, with another time, begins anew; other files stay', async () => {
  const before = journalOf();
  await play(before, 2, 400);
  await before.close();
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  expect(journalOf().status().octets).toBe(before.status().octets);
  const after = journalOf({ keepsEarlier: false });
  expect(names()).toEqual(['notes.txt']);
  await play(after, 1, 0);
  await after.close();
  expect(names()[0]).toMatch(/^00000001-/);
});

test('the longest timeout is that of the table', async () => {
  const monitor = await recorded('persistence-fwmark');
  const { sessions } = monitor;
  const { readSession } = await import('../../src/state/session.ts');
  const slots = Array.from({ length: sessions.top }, (_, slot) => slot).filter((slot) => slot > 0 && sessions.inUse(slot));
  expect(slots.length).toBeGreaterThan(0);
  expect(longestTimeoutSeconds(sessions)).toBe(Math.max(...slots.map((slot) => readSession(sessions, slot).timeoutSeconds)));
});

const segment = (startSeconds: number, longestSeconds: number, octets = 100): HistorySegment => ({
  path: String(startSeconds),
  index: startSeconds,
  startMicros: startSeconds * SECOND,
  longestSeconds,
  octets,
});

test.each([
  ['before all of them', 5, 1000, []],
  ['in the first', 15, 1000, ['10']],
  ['as far back as the longest timeout at its start reaches', 45, 0, ['20', '30', '40']],
  ['further back while that is little to read', 45, 1000, ['10', '20', '30', '40']],
  ['a long timeout needs all', 60, 0, ['10', '20', '30', '40', '50']],
])('files for a moment %s', (_, seconds, easyOctets, wanted) => {
  const all = [segment(10, 0), segment(20, 5), segment(30, 15), segment(40, 15), segment(50, 1000)];
  expect(segmentsFor(all, seconds * SECOND, easyOctets).map(({ path }) => path)).toEqual(wanted);
});

describe.skipIf(needs('root'))('a full disk', () => {
  test('is counted and told; when there is room again a new file begins', async () => {
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'lvscope-test', folder]).status).toBe(0);
    try {
      const filler = join(folder, 'filler');
      const journal = journalOf();
      await play(journal, 1, 0);
      const before = names().length;
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
      await play(journal, 40, 5);
      expect(journal.status().lastError).toMatch(/ENOSPC/);
      expect(journal.status().lostFrames).toBeGreaterThan(0);
      rmSync(filler);
      await play(journal, 2, 400);
      await journal.close();
      expect(journal.status().lastError).toBeNull();
      // What was tried in vain leaves nothing behind.
      expect(names().length).toBe(before + 1);
      // Every file that is there can be read, one of them perhaps cut.
      for (const name of names()) await expect(framesOf(join(folder, name))).resolves.toBeDefined();
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});
