/** Torn writes, as a power cut leaves them: tails cut off or overwritten, of the database's log and of the history's files. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CapturedFrame } from '../src/capture/captured-frame.ts';
import { readCapture } from '../src/capture/file.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../src/config.ts';
import type { Status } from '../src/contract/status.ts';
import { Journal } from '../src/history/journal.ts';
import { createPipeline } from '../src/pipeline.ts';
import { random } from './contract/crowd.ts';
import { FIXTURES, ROOT } from './environment.ts';
import { enter, flush, newMonitor, openStore, query, scratch, until } from './store/harness.ts';

/** The compiled one: its thread cannot load TypeScript. */
const compiled = pathToFileURL(join(ROOT, 'dist', 'src', 'past.js')).href;
const { createPast } = (await import(compiled)) as typeof import('../src/past.ts');

const SECOND = 1_000_000;
const START = 1_795_000_000 * SECOND;

/** Whole numbers from 0, below what is asked. */
type Next = (below: number) => number;
type Tear = (whole: Buffer, next: Next) => Buffer;

function overwritten(whole: Buffer, from: number, fill: (at: number) => number): Buffer {
  const torn = Buffer.from(whole);
  const to = Math.min(torn.length, from + 4096);
  for (let at = from; at < to; at++) torn[at] = fill(at);
  return torn;
}

const TEARS: Record<string, Tear> = {
  'cut anywhere': (whole, next) => whole.subarray(0, next(whole.length)),
  'cut within its first 64 octets': (whole, next) => whole.subarray(0, next(64)),
  'a block of zeros anywhere': (whole, next) => overwritten(whole, next(whole.length), () => 0),
  'a block of noise anywhere': (whole, next) => overwritten(whole, next(whole.length), () => next(256)),
  'a block of noise at its end': (whole, next) => overwritten(whole, Math.max(0, whole.length - 4096), () => next(256)),
  'noise behind its end': (whole, next) => Buffer.concat([whole, Buffer.from(Array.from({ length: 5000 }, () => next(256)))]),
};

describe("the database's log", () => {
  const COMMITS = 6;
  const STATE = 'select count(*) as sessions, sum(timeout) as timeouts from sessions';

  test.each(Object.entries(TEARS))(
    '%s: whole, and as it was after one of the writes',
    async (name, tear) => {
      const folder = scratch();
      const path = join(folder, 'lvscope.db');
      const store = openStore({ path, sensor: 'lb' });
      const monitor = newMonitor();
      const states: unknown[] = query(path, STATE);
      for (let commit = 1; commit <= COMMITS; commit++) {
        const records = Array.from({ length: 40 }, (_, i) => ({ clientPort: 1 + commit * 20 + i, timeout: 900 - commit }));
        enter(monitor, records, START + commit * SECOND);
        flush(store, monitor);
        await until(() => store.status().lagSeconds === 0);
        states.push(...query(path, STATE));
      }
      const next = random(1 + name.length);
      const log = readFileSync(`${path}-wal`);
      for (let round = 0; round < 8; round++) {
        const torn = join(folder, `torn-${round}.db`);
        copyFileSync(path, torn);
        writeFileSync(`${torn}-wal`, tear(log, next));
        const again = openStore({ path: torn, sensor: 'lb' });
        const restored = newMonitor();
        again.restore(restored, START + COMMITS * SECOND);
        expect(states).toContainEqual(query(torn, STATE)[0]);
        expect(query(torn, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
        expect(query(torn, 'pragma foreign_key_check')).toEqual([]);
        enter(restored, [{ clientPort: 60_000 }], START + 10 * SECOND);
        await again.close(restored);
        expect(again.status().lastError).toBeNull();
        expect(query(torn, 'select count(*) as n from sessions where client_port = 60000')).toEqual([{ n: 1 }]);
      }
      await store.close(monitor);
    },
    60_000,
  );
});

describe("the history's files", () => {
  const RECORDING = join(FIXTURES, 'captures', 'nat-v0.pcap');
  const ROUND_SECONDS = 400;
  const sync = [parseSyncChannel(DEFAULT_SYNC)];

  async function frames(): Promise<CapturedFrame[]> {
    const all: CapturedFrame[] = [];
    await readCapture(RECORDING, { frame: (frame) => all.push({ ...frame, bytes: frame.bytes.slice() }) });
    return all;
  }

  /** Plays the recording into a journal on the folder, once for each round; the monitor knows what the journal was given. */
  async function play(folder: string, rounds: readonly number[]) {
    const monitor = newMonitor();
    const journal = new Journal({ folder, maxOctets: 1 << 30, maxAgeSeconds: 86_400, keepsEarlier: true, longestSeconds: () => 900 });
    const keep = createPipeline({
      monitor,
      syncChannels: sync,
      headersSeen: true,
      keep: (frame, dissection) => journal.add(frame, dissection),
    });
    for (const round of rounds)
      for (const frame of await frames()) keep({ ...frame, atMicros: frame.atMicros + round * ROUND_SECONDS * SECOND });
    await journal.flush();
    return { monitor, journal };
  }

  /** How many sessions there were at the end of what was played. */
  async function lookBack({ monitor, journal }: Awaited<ReturnType<typeof play>>): Promise<number> {
    const past = createPast(journal, monitor, { sync, headersSeen: true, maxSessions: 10_000, expected: null, sensor: 'lb' });
    const at = monitor.clock.nowMicros ?? 0;
    const answer = await past.answer(at, { url: '/api/v1/status', headers: {} }, AbortSignal.timeout(30_000));
    await past.close();
    expect(answer.status).toBe(200);
    return (JSON.parse(Buffer.from(answer.body).toString()) as Status).sessions.live;
  }

  const GONE: Record<string, (path: string) => void> = {
    removed: (path) => rmSync(path),
    empty: (path) => writeFileSync(path, ''),
    // As file systems leave what was never written.
    'nothing but zeros': (path) => writeFileSync(path, Buffer.alloc(5000)),
  };

  test.each([...Object.keys(TEARS), ...Object.keys(GONE)])(
    '%s: the moments after it are made again all the same',
    async (name) => {
      const folder = join(scratch(), 'history');
      mkdirSync(folder);
      const before = await play(folder, [0, 1]);
      await before.journal.close();
      const after = await play(folder, [2]);
      onTestFinished(() => after.journal.close());
      const whole = await lookBack(after);
      expect(whole).toBe(after.monitor.sessions.live);
      expect(whole).toBeGreaterThan(5);
      // The file that the run before was writing when the power went.
      const path = join(folder, readdirSync(folder).sort()[1]);
      const octets = readFileSync(path);
      const next = random(1 + name.length);
      for (let round = 0; round < (name in GONE ? 1 : 2); round++) {
        if (name in GONE) GONE[name](path);
        else writeFileSync(path, TEARS[name](octets, next));
        expect(await lookBack(after)).toBe(whole);
      }
    },
    60_000,
  );
});
