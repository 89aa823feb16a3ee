/** Clocks that jump, and frames out of order: recordings whose times are changed go through the real pipeline and the real program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { readCapture } from '../src/capture/file.ts';
import { fileHeader, type PcapRecord, record } from '../src/capture/pcap-writer.ts';
import type { Event } from '../src/contract/event.ts';
import type { Status } from '../src/contract/status.ts';
import type { VirtualRouter } from '../src/contract/vrrp.ts';
import { FIXTURES, LVSCOPE } from './environment.ts';
import { serving } from './http/serving.ts';
import { tableOf } from './ipvsadm-table.ts';
import { eventually } from './lab/eventually.ts';
import { type Watched, watchRecording } from './watched.ts';

/** Sessions before and after a failover at 16 s and a failback at 29 s; their timeout is 15 minutes. */
const RECORDING = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');
const HOUR = 3600;
const SECOND = 1_000_000;
/** From the first frame: after the first sessions, before the failover. */
const STEP_AT = 15 * SECOND;

const folder = mkdtempSync(join(tmpdir(), 'lvscope-clocks-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function framesOf(path: string): Promise<PcapRecord[]> {
  const frames: PcapRecord[] = [];
  await readCapture(path, {
    frame: ({ atMicros, bytes, originalLength }) => frames.push({ atMicros, bytes: bytes.slice(), originalLength }),
  });
  return frames;
}

const HEADER = fileHeader({ linkType: 1, snapLength: 65_535 });
const original = await framesOf(RECORDING);
const startMicros = original[0].atMicros;

/** The clock of the capturing machine is set by so much after `STEP_AT`. */
const stepped = (seconds: number): PcapRecord[] =>
  original.map((frame) => (frame.atMicros - startMicros < STEP_AT ? frame : { ...frame, atMicros: frame.atMicros + seconds * SECOND }));

interface Outcome extends Watched {
  readonly table: ReturnType<typeof tableOf>;
  /** Kind and text. */
  readonly told: readonly string[];
}

async function outcomeOf(frames: readonly PcapRecord[]): Promise<Outcome> {
  const path = join(folder, 'changed.pcap');
  writeFileSync(path, Buffer.concat([HEADER, ...frames.map(record)]));
  const watched = watchRecording(path);
  const { app } = serving(watched.monitor);
  const { body } = await app.inject({ url: '/api/v1/connections', headers: { accept: 'text/plain' } });
  return { ...watched, table: tableOf(body), told: watched.events.map(({ kind, text }) => `${kind}: ${text}`) };
}

const asRecorded = await outcomeOf(original);
const timersOf = ({ table }: Outcome, row: string): readonly number[] => table.get(row) ?? [];
const masterOf = ({ monitor }: Outcome): unknown => monitor.routers.all.map(({ state, master }) => [state, master?.address]);

describe('a recording whose clock is set', () => {
  test('an hour back: told once; all that follows is understood as if nothing had happened', async () => {
    const outcome = await outcomeOf(stepped(-HOUR));
    const steps = outcome.told.filter((text) => text.startsWith('sniff.clock_step'));
    expect(steps).toEqual([
      expect.stringMatching(/^sniff\.clock_step: frame \d+ is 3599\.\d s older than frame \d+, which came before it$/),
    ]);
    expect(outcome.told.filter((text) => !steps.includes(text))).toEqual(asRecorded.told);
    expect(masterOf(outcome)).toEqual(masterOf(asRecorded));
    expect(outcome.monitor.clock.nowMicros).toBe((original.at(-1)?.atMicros ?? 0) - HOUR * SECOND);
    expect([...outcome.table.keys()].sort()).toEqual([...asRecorded.table.keys()].sort());
  });

  test('an hour forward: as an hour of silence, since from the frames the two look the same', async () => {
    const outcome = await outcomeOf(stepped(HOUR));
    // The master is lost once, and is there again with its next advert; sessions of 15 minutes have run out.
    expect(outcome.told.filter((text) => text.startsWith('vrrp.master_lost'))).toHaveLength(1);
    expect(outcome.told).toContainEqual(
      expect.stringMatching(/^vrrp\.master_change: .* after 3601\.00 s without a master: .* had fallen silent$/),
    );
    expect(outcome.monitor.sessions.counters.expired - asRecorded.monitor.sessions.counters.expired).toBeGreaterThan(0);
    expect(masterOf(outcome)).toEqual(masterOf(asRecorded));
    const synced = (from: Outcome) =>
      [...from.table].filter(([, timers]) => timers.some((left) => left > 15 * 60 - 20)).map(([row]) => row);
    expect([...outcome.table.keys()].sort()).toEqual(synced(asRecorded).sort());
  });

  test('ten minutes forward, as after a sleep: what was not synced since has ten minutes less', async () => {
    const outcome = await outcomeOf(stepped(600));
    // FIN_WAIT lasts two minutes.
    const left = [...asRecorded.table.keys()].filter((row) => !row.includes('FIN_WAIT'));
    expect([...outcome.table.keys()].sort()).toEqual(left.sort());
    const less = left.map((row) => timersOf(asRecorded, row)[0] - timersOf(outcome, row)[0]);
    expect(new Set(less)).toEqual(new Set([0, 600]));
  });
});

describe('frames out of order', () => {
  /** Every other frame comes late, as from a second interface. */
  const late = (seconds: number): PcapRecord[] =>
    original
      .map((frame, i) => ({ frame, comesAt: frame.atMicros + (i % 2) * seconds * SECOND }))
      .sort((a, b) => a.comesAt - b.comesAt)
      .map(({ frame }) => frame);

  test('by a tenth of a second: the same table and masters, and no word of a clock', async () => {
    const outcome = await outcomeOf(late(0.1));
    expect(outcome.told.filter((text) => text.startsWith('sniff.'))).toEqual([]);
    expect(outcome.table).toEqual(asRecorded.table);
    expect(masterOf(outcome)).toEqual(masterOf(asRecorded));
  });

  test('by three seconds: told, and the table has the same sessions in the end', async () => {
    const outcome = await outcomeOf(late(3));
    expect(outcome.told.filter((text) => text.startsWith('sniff.clock_step')).length).toBeGreaterThan(0);
    expect([...outcome.table.keys()].sort()).toEqual([...asRecorded.table.keys()].sort());
    expect(masterOf(outcome)).toEqual(masterOf(asRecorded));
  });

  test('a single one of an hour before: told, and time does not go back', async () => {
    const stray = { ...original[0], atMicros: original[60].atMicros - HOUR * SECOND };
    const outcome = await outcomeOf([...original.slice(0, 61), stray, ...original.slice(61)]);
    expect(outcome.told.filter((text) => text.startsWith('sniff.clock_step'))).toHaveLength(1);
    expect(outcome.monitor.clock).toEqual(asRecorded.monitor.clock);
    expect(outcome.table).toEqual(asRecorded.table);
  });
});

describe('a stream that is captured elsewhere', () => {
  const STEP_MS = 50;
  const adverts = original.filter(({ bytes }) => bytes[23] === 112);

  test('goes on when the clock there is set back by an hour: no master is lost', async () => {
    const words = ['run', '--read', '-', '--listen', '127.0.0.1:0', '--data', join(folder, 'data')];
    const program = spawn(process.execPath, [LVSCOPE, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    program.stdout.on('data', (text) => (said += text));
    program.stdin.write(HEADER);
    const url = await eventually('lvscope listens', async () => /lvscope: (http\S+)/.exec(said)?.[1], 60_000);
    const ask = async <Answer>(path: string) => (await (await fetch(new URL(`/api/v1/${path}`, url))).json()) as Answer;
    /** A second's adverts, as they come. */
    const send = async (backSeconds: number) => {
      for (let i = 0; i < 20; i++) {
        program.stdin.write(record({ ...adverts[0], atMicros: (Date.now() - backSeconds * 1000) * 1000 }));
        await sleep(STEP_MS);
      }
    };
    await send(0);
    await send(HOUR);
    const { items: routers } = await ask<{ items: VirtualRouter[] }>('vrrp');
    const { items: events } = await ask<{ items: Event[] }>('events');
    const { asOf } = await ask<Status>('status');
    program.kill();
    await once(program, 'exit');
    expect(routers.map(({ state }) => state)).toEqual(['master']);
    expect(events.map(({ kind }) => kind)).toContain('sniff.clock_step');
    expect(events.map(({ kind }) => kind)).not.toContain('vrrp.master_lost');
    expect(Date.now() - Date.parse(asOf ?? '')).toBeGreaterThan((HOUR - 60) * 1000);
  });
});
