/** Nothing that goes wrong with the file stops the monitor, and nothing is lost once it is well again. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Monitor } from '../../src/state/monitor.ts';
import { LVSCOPE, needs, ROOT } from '../environment.ts';
import { enter, flush, liveSessions, newMonitor, openStore, query, scratch, until } from './harness.ts';

/** Plain JavaScript, shared with the benchmark. */
const generator = join(ROOT, 'test', 'bench', 'sync-file.js');
const { writeSyncFile } = (await import(generator)) as { writeSyncFile(path: string, datagrams: number, sessions: number): number };

const SECOND = 1_000_000;
const START = 1_795_000_000 * SECOND;
const TABLE_ROWS = 'select slot, client_port, timeout from sessions order by slot';

const tableRows = (monitor: Monitor) =>
  liveSessions(monitor).map((s) => ({ slot: s.slot, client_port: s.clientPort, timeout: s.timeoutSeconds }));

function enterMany(monitor: Monitor, from: number, count: number, atMicros: number): void {
  for (let i = 0; i < count; i += 20)
    enter(
      monitor,
      Array.from({ length: 20 }, (_, j) => ({ clientPort: 1 + ((from + i + j) % 60_000), timeout: 900 + (from % 7) })),
      atMicros,
    );
}

test('locked by another program meanwhile: counted, told, written when it lets go, latest values only', async () => {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  enter(monitor, [{ clientPort: 1 }], START);
  flush(store, monitor);
  await until(() => store.status().rows === 1);

  const other = new Database(path);
  other.exec('begin immediate');
  enter(monitor, [{ clientPort: 1, timeout: 50 }, { clientPort: 2 }], START + SECOND);
  flush(store, monitor);
  await until(() => store.status().writeErrors > 0);
  expect(store.status()).toMatchObject({ rows: 1, lastError: 'database is locked' });
  expect(store.status().lagSeconds).toBeGreaterThan(0.5);
  enter(monitor, [{ clientPort: 1, timeout: 60 }, { clientPort: 3 }], START + 2 * SECOND);
  flush(store, monitor);
  other.exec('rollback');
  other.close();

  await until(() => {
    flush(store, monitor);
    return store.status().lagSeconds === 0;
  });
  expect(query(path, TABLE_ROWS)).toEqual(tableRows(monitor));
  expect(store.status()).toMatchObject({ rows: 4, lastError: null, lostEvents: 0 });
  await store.close(monitor);
});

test('locked until after the end: close gives up and says so; what was written before is whole', async () => {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  enter(monitor, [{ clientPort: 1 }], START);
  flush(store, monitor);
  await until(() => store.status().rows === 1);
  const other = new Database(path);
  other.exec('begin immediate');
  enter(monitor, [{ clientPort: 2 }], START + SECOND);
  await store.close(monitor);
  other.exec('rollback');
  other.close();
  expect(store.status().lastError).toBe('database is locked');
  expect(query(path, 'select client_port from sessions')).toEqual([{ client_port: 1 }]);
}, 20_000);

test('events beyond the bound are given up, oldest first, and counted', async () => {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  const other = new Database(path);
  other.exec('begin immediate');
  const log = (count: number, from: number) => {
    for (let i = 0; i < count; i++)
      monitor.events.append({ atMicros: START + from + i, kind: 'sniff.gap', severity: 'info', text: `number ${from + i}` });
    flush(store, monitor);
  };
  log(1, 0);
  await until(() => store.status().writeErrors > 0);
  log(9000, 1);
  log(2000, 9001);
  expect(store.status().lostEvents).toBe(1001);
  other.exec('rollback');
  other.close();
  await store.close(monitor);
  expect(query(path, 'select count(*) as n from events')).toEqual([{ n: 10_000 }]);
  expect(query(path, 'select text from events order by at limit 1')).toEqual([{ text: 'number 1001' }]);
});

test('a reader with an open transaction holds nobody up', async () => {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  enter(monitor, [{ clientPort: 1 }], START);
  flush(store, monitor);
  await until(() => store.status().rows === 1);
  const reader = new Database(path, { readonly: true });
  reader.exec('begin');
  expect(reader.prepare('select client_port from sessions').pluck().all()).toEqual([1]);
  enter(monitor, [{ clientPort: 2 }], START + SECOND);
  await store.close(monitor);
  expect(store.status()).toMatchObject({ writeErrors: 0, lastError: null });
  expect(reader.prepare('select client_port from sessions').pluck().all()).toEqual([1]);
  reader.close();
  expect(query(path, TABLE_ROWS)).toEqual(tableRows(monitor));
});

const mountSmall = (folder: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'lvscope-test', folder]).status === 0;

/** Root in a container may be without the right. */
function cannotMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-mount-'));
  const mounted = mountSmall(folder);
  if (mounted) spawnSync('umount', ['-l', folder]);
  else process.stderr.write('skipped here: no right to mount a small disk\n');
  rmdirSync(folder);
  return !mounted;
}

describe.skipIf(needs('root') || cannotMount())('on a disk of 4 MiB', () => {
  function smallDisk(): string {
    const folder = join(scratch(), 'disk');
    mkdirSync(folder);
    expect(mountSmall(folder)).toBe(true);
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    return folder;
  }

  test('full: counted and told; when there is room again everything is there', async () => {
    const folder = smallDisk();
    const path = join(folder, 'lvscope.db');
    const store = openStore({ path, sensor: 'lb' });
    const monitor = newMonitor();
    enterMany(monitor, 0, 1000, START);
    flush(store, monitor);
    await until(() => store.status().rows === 1000);
    const ballast = join(folder, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(8 << 20))).toThrow(/ENOSPC/);

    enterMany(monitor, 500, 20_000, START + SECOND);
    flush(store, monitor);
    await until(() => store.status().writeErrors > 0);
    expect(store.status().lastError).toMatch(/full|disk I\/O error/);
    expect(monitor.sessions.live).toBe(20_500);

    rmSync(ballast);
    monitor.advance(START + 3 * SECOND);
    await until(() => {
      flush(store, monitor);
      return store.status().lagSeconds === 0;
    });
    expect(store.status().lastError).toBeNull();
    expect(query(path, TABLE_ROWS)).toEqual(tableRows(monitor));
    expect(query(path, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    await store.close(monitor);
  });

  test('full from the start: one sentence', () => {
    const folder = smallDisk();
    expect(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(8 << 20))).toThrow(/ENOSPC/);
    expect(() => openStore({ path: join(folder, 'lvscope.db'), sensor: 'lb' })).toThrow(/has no room to grow|cannot be/);
  });
});

describe('killed with SIGKILL in the middle of writing', () => {
  /** More than go into one batch. */
  const SESSIONS = 300_000;
  /** What test/bench/sync-file.js can have sent, worked out from the client's address: session n has client 11.0.0.0 + n/4. */
  const foreign = `select count(*) as n from sessions where not exists (
    select 1 from (select 0 as k union select 1 union select 2 union select 3)
    where client_port = 1024 + ((client - 184549376) * 4 + k) % 60000
      and virtual = 174260324 + ((client - 184549376) * 4 + k) % 16
      and destination = 174325760 + ((client - 184549376) * 4 + k) % 64)`;

  test('the file is whole, holds nothing that was not sent, and the next run goes on with it', async () => {
    const folder = scratch();
    const capture = join(folder, 'sync.pcap');
    writeSyncFile(capture, 60_000, SESSIONS);
    const path = join(folder, 'lvscope.db');
    const replayInto = (file: string) => spawn(process.execPath, [LVSCOPE, 'replay', capture, '--db', file], { stdio: 'ignore' });
    const held: number[] = [];
    for (let round = 0; round < 6; round++) {
      const child = replayInto(path);
      const logged = `${path}-wal`;
      const isWriting = () => existsSync(logged) && statSync(logged).size > 100_000;
      // The last time only when much is there already, however slow the machine.
      const hasMuch = () => round < 5 || query<{ n: number }>(path, 'select count(*) as n from sessions')[0].n > 10_000;
      await until(() => child.exitCode !== null || (isWriting() && hasMuch()));
      await sleep(round * 60);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode, 'the capture is too short: it ended by itself').toBe('SIGKILL');

      expect(query(path, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(query(path, foreign)).toEqual([{ n: 0 }]);
      held.push(query<{ n: number }>(path, 'select count(*) as n from sessions')[0].n);
      const store = openStore({ path, sensor: 'replay' });
      const monitor = newMonitor(SESSIONS);
      // The first of its time stamps: nothing has run out.
      expect(store.restore(monitor, 1_795_234_000 * SECOND).sessions).toBe(held.at(-1));
      await store.close(monitor);
    }
    expect(Math.max(...held)).toBeGreaterThan(10_000);

    const last = replayInto(path);
    await once(last, 'exit');
    const fresh = join(folder, 'fresh.db');
    await once(replayInto(fresh), 'exit');
    const [columns] = query<{ all: string }>(
      path,
      `select group_concat(name) as "all" from pragma_table_info('sessions') where name <> 'sensor_id'`,
    );
    const both = new Database(path);
    both.exec(`attach '${fresh}' as fresh`);
    const rows = (from: string) => `select ${columns.all} from ${from}.sessions`;
    const differing = `select * from (${rows('main')} except ${rows('fresh')}) union all select * from (${rows('fresh')} except ${rows('main')})`;
    expect(both.prepare('select count(*) from sessions').pluck().get()).toBe(SESSIONS);
    expect(both.prepare(`select count(*) from (${differing})`).pluck().get()).toBe(0);
    both.close();
  }, 120_000);
});
