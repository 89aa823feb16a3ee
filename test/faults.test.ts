/** The running program on a disk that fails: capture and serving go on, the fault is shown everywhere, and writing resumes by itself. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Anomaly } from '../src/contract/anomaly.ts';
import type { Event } from '../src/contract/event.ts';
import type { Status } from '../src/contract/status.ts';
import { LVSCOPE, needs, ROOT } from './environment.ts';

interface FedMonitor {
  readonly url: string;
  send(datagrams: number, record: (i: number) => { n: number; timeout: number }): Promise<void>;
  stop(): Promise<void>;
}
/** Plain JavaScript, shared with the benchmarks. */
const { FedMonitor } = (await import(join(ROOT, 'test', 'bench', 'fed-monitor.js'))) as {
  FedMonitor: { start(options: { data: string }): Promise<FedMonitor> };
};

/** A record each in datagrams of 40. */
const RECORDS = 40;

const tmpfs = (folder: string, options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'lvscope-test', folder]).status === 0;

/** Root in a container may be without the right. */
function cannotMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-mount-'));
  const mounted = tmpfs(folder, 'size=4m');
  if (mounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
  return !mounted;
}

function disk(options: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-faults-'));
  expect(tmpfs(folder, options)).toBe(true);
  onTestFinished(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function untilSo(what: string, isSo: () => Promise<boolean> | boolean, mostMs = 60_000): Promise<void> {
  const end = performance.now() + mostMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`it never came: ${what}`);
    await sleep(50);
  }
}

/** A monitor whose data lies in a folder, and the questions that an operator asks. */
async function monitorOn(data: string) {
  const monitor = await FedMonitor.start({ data });
  onTestFinished(() => monitor.stop());
  const get = async (path: string) => fetch(`${monitor.url}${path}`);
  const items = async (noun: string) => ((await (await get(`/api/v1/${noun}`)).json()) as { items: unknown[] }).items;
  const status = async () => (await (await get('/api/v1/status')).json()) as Status;
  return {
    status,
    events: async (kind: string) => (await items(`events?kind=${kind}`)) as Event[],
    raised: async (kind: string) => ((await items('anomalies')) as Anomaly[]).some((a) => a.kind === kind && a.check === 'raised'),
    metric: async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await get('/metrics')).text())?.[1]),
    /** New sessions, and the monitor has heard of them. */
    async enter(from: number, count: number) {
      await monitor.send(count / RECORDS, (i) => ({ n: from + i, timeout: 6000 }));
      await untilSo(`${from + count} sessions`, async () => (await status()).sessions.live === from + count);
    },
    /** Forty sessions are heard of again. */
    confirm: () => monitor.send(1, (i) => ({ n: i, timeout: 6000 })),
    isLevel: async () => {
      const { store } = await status();
      return store?.lastError === null && store.lagSeconds === 0;
    },
  };
}

function stored(data: string): { sessions: number; integrity: unknown } {
  const db = new Database(join(data, 'lvscope.db'), { readonly: true });
  try {
    return {
      sessions: db.prepare('select count(*) from sessions').pluck().get() as number,
      integrity: db.pragma('integrity_check', { simple: true }),
    };
  } finally {
    db.close();
  }
}

test('docs/faults.md names tests that there are, one at least for each fault', () => {
  const rows = readFileSync(join(ROOT, 'docs', 'faults.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what fails'));
  expect(rows.length).toBeGreaterThan(5);
  for (const row of rows) {
    const named = row.match(/test\/\S+?\.test\.ts/g) ?? [];
    expect(named, row).not.toEqual([]);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  }
});

describe.skipIf(needs('root') || cannotMount())('the running program', () => {
  test('on a full disk: goes on, says so by status, event, anomaly and metric; writes again when there is room', async () => {
    const data = join(disk('size=8m'), 'data');
    const monitor = await monitorOn(data);
    await monitor.enter(0, 400);
    await untilSo('written', monitor.isLevel);
    const ballast = join(data, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(16 << 20))).toThrow(/ENOSPC/);
    await monitor.enter(400, 20_000);

    await untilSo('the store says so', async () => (await monitor.status()).store?.lastError != null);
    expect((await monitor.status()).store?.lastError).toMatch(/full|disk I\/O error/);
    await untilSo('the history says so', async () => ((await monitor.status()).history?.lostFrames ?? 0) > 0);
    expect((await monitor.status()).history?.lastError).toMatch(/ENOSPC/);
    for (const kind of ['sniff.not_stored', 'sniff.not_kept']) {
      await untilSo(`${kind} is an event`, async () => (await monitor.events(kind)).length === 1);
      expect(await monitor.raised(kind)).toBe(true);
    }
    expect((await monitor.events('sniff.not_stored'))[0].text).toMatch(/nothing is written to the database .*(full|disk I\/O error)/);
    expect(await monitor.metric('lvscope_store_write_errors_total')).toBeGreaterThan(0);
    expect(await monitor.metric('lvscope_history_lost_frames_total')).toBeGreaterThan(0);
    expect((await monitor.status()).sessions.live).toBe(20_400);

    rmSync(ballast);
    await untilSo('written again', monitor.isLevel);
    expect(stored(data)).toEqual({ sessions: 20_400, integrity: 'ok' });
    await untilSo('the anomaly is over', async () => !(await monitor.raised('sniff.not_stored')));
  }, 180_000);

  test('its data folder is removed: told, made again, and all that is known is written to it', async () => {
    const data = join(disk('size=64m'), 'data');
    const monitor = await monitorOn(data);
    await monitor.enter(0, 4000);
    await untilSo('written', monitor.isLevel);
    rmSync(data, { recursive: true });
    await monitor.enter(4000, 400);
    await untilSo('it is told', async () => (await monitor.events('sniff.not_stored')).length === 1);
    expect((await monitor.events('sniff.not_stored'))[0].text).toContain('lvscope.db was removed');
    await untilSo('the history is told', async () => (await monitor.events('sniff.not_kept')).length === 1);
    await untilSo('written again', async () => existsSync(join(data, 'lvscope.db')) && (await monitor.isLevel()));
    expect(stored(data)).toEqual({ sessions: 4400, integrity: 'ok' });
    // Another lvscope is kept off as before.
    const second = spawnSync(process.execPath, [LVSCOPE, 'run', '--read', '/dev/null', '--data', data], { encoding: 'utf8' });
    expect(second.stderr).toMatch(/is locked by another program/);
    await untilSo('the history begins anew', async () => {
      await monitor.confirm();
      return (await monitor.status()).history?.lastError === null;
    });
  }, 180_000);

  test('a data folder that is read-only at the start: one sentence and a hint', () => {
    const data = disk('size=4m,ro');
    const { status, stderr } = spawnSync(process.execPath, [LVSCOPE, 'run', '--read', '/dev/null', '--data', data], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^lvscope: \S+lvscope\.db cannot be (written|opened) \(.*\)\nhint: give the user .*\n$/);
  });
});
