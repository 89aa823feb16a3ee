/** Anomalies, failovers and the frames behind events: what the file holds, how much of it, and what comes back. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES } from '../../src/state/rules/all.ts';
import type { Batch } from '../../src/store/batch.ts';
import { copyRows } from '../../src/store/batch.ts';
import { openFile } from '../../src/store/database-file.ts';
import { prepare } from '../../src/store/prepare.ts';
import { createWriteBatch } from '../../src/store/write-batch.ts';
import { needs } from '../environment.ts';
import { flush, newMonitor, openStore, query, replay, scratch } from './harness.ts';

const SECOND = 1_000_000;
const START = 1_795_000_000 * SECOND;
const [RULE] = RULES.filter(({ form, quietSeconds }) => form === undefined && quietSeconds !== null);
const OTHER = { vrid: 7, family: 'ipv4', interface: 'eth0' } as const;

/** A monitor with one anomaly that goes on, one that ended, and one that cannot be told. */
function withAnomalies() {
  const monitor = newMonitor();
  const { anomalies } = monitor;
  anomalies.raise(RULE, { atMicros: START, subject: { vrid: 51 }, text: 'seen once', frames: [1] });
  anomalies.raise(RULE, { atMicros: START + SECOND, subject: { vrid: 51 }, text: 'seen twice', frames: [2] });
  anomalies.raise(RULE, { atMicros: START, subject: OTHER, text: 'over', frames: [1] });
  anomalies.clear(RULE, OTHER, START + 2 * SECOND);
  anomalies.unknown(RULE, { address: '10.0.0.1' }, 'no querier');
  return monitor;
}

describe('anomalies', () => {
  test('come back as they were: open ones stay open, count on, and end when they would have', async () => {
    const path = join(scratch(), 'lvscope.db');
    const before = withAnomalies();
    const first = openStore({ path, sensor: 'lb' });
    flush(first, before);
    await first.close(before);

    const after = newMonitor();
    const second = openStore({ path, sensor: 'lb' });
    second.restore(after, START + 3 * SECOND);
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect([...after.anomalies.all].sort(byId)).toEqual([...before.anomalies.all].sort(byId));
    after.anomalies.raise(RULE, { atMicros: START + 3 * SECOND, subject: { vrid: 51 }, text: 'again', frames: [3] });
    const open = after.anomalies.all.find(({ check }) => check === 'raised');
    expect(open).toMatchObject({ firstMicros: START, count: 3, text: 'again', endedMicros: null });
    after.anomalies.advance(START + (3 + (RULE.quietSeconds ?? 0)) * SECOND);
    expect(open?.check).toBe('clear');
    after.advance(START + 90 * SECOND);
    await second.close(after);
    expect(query(path, 'select state, count from anomalies order by id')).toMatchObject([
      { state: 'clear', count: 3 },
      { state: 'clear', count: 1 },
      { state: 'unknown', count: 0 },
    ]);
  });

  test('of a rule that is no more, or spoiled by hand, are left out', async () => {
    const path = join(scratch(), 'lvscope.db');
    const before = withAnomalies();
    const first = openStore({ path, sensor: 'lb' });
    await first.close(before);
    const db = openFile(path);
    db.exec(`update anomalies set kind = 'vrrp.of_old' where id like '%-1'`);
    db.exec(`update anomalies set subject = '{' where id like '%-2'`);
    db.close();
    const after = newMonitor();
    const second = openStore({ path, sensor: 'lb' });
    second.restore(after, START);
    expect(after.anomalies.all.map(({ check }) => check)).toEqual(['unknown']);
    await second.close(after);
  });

  test('the list for people: the open ones first, with their subject in words', async () => {
    const path = join(scratch(), 'lvscope.db');
    const store = openStore({ path, sensor: 'lb' });
    await store.close(withAnomalies());
    expect(query(path, 'select state, text, subject, count, last_seen, ended from anomaly_list')).toEqual([
      { state: 'raised', text: 'seen twice', subject: 'vrid=51', count: 2, last_seen: '2026-11-18T11:06:41.000000Z', ended: null },
      { state: 'unknown', text: 'no querier', subject: 'address=10.0.0.1', count: 0, last_seen: null, ended: null },
      {
        state: 'clear',
        text: 'over',
        subject: 'vrid=7 family=ipv4 interface=eth0',
        count: 1,
        last_seen: '2026-11-18T11:06:40.000000Z',
        ended: '2026-11-18T11:06:42.000000Z',
      },
    ]);
  });
});

const NOTHING: Batch = {
  reset: false,
  sessions: copyRows(newMonitor().sessions, new Uint32Array(0)),
  segments: null,
  daemons: [],
  services: null,
  events: [],
  anomalies: [],
  failovers: [],
  evidence: [],
  alerts: [],
  atMicros: null,
};
const frame = (number: number, octets: number) => ({
  number,
  atMicros: START + number,
  linkType: 1,
  originalLength: octets,
  bytes: new Uint8Array(octets).fill(number),
  interface: 'eth0',
});

describe('evidence', () => {
  test('is bounded in events and in octets, oldest event first', () => {
    const db = openFile(join(scratch(), 'lvscope.db'));
    const limits = { events: 3, octets: 100 };
    const write = createWriteBatch(db, prepare(db, 'lb'), limits);
    const events = () => db.prepare('select distinct event_id from evidence order by rowid').pluck().all();
    const kept = (eventId: string, ...frames: ReturnType<typeof frame>[]) => write({ ...NOTHING, evidence: [{ eventId, frames }] });
    kept('a', frame(1, 10), frame(2, 10));
    kept('b', frame(3, 10));
    kept('a', frame(4, 10));
    kept('c', frame(5, 10));
    expect(events()).toEqual(['a', 'b', 'c']);
    kept('d', frame(6, 10));
    expect(events()).toEqual(['b', 'c', 'd']);
    // The same frame again is no second one.
    for (let i = 0; i < 20; i++) kept('d', frame(6, 10));
    expect(events()).toEqual(['b', 'c', 'd']);
    kept('e', frame(7, 75));
    expect(events()).toEqual(['c', 'd', 'e']);
    // What is counted is counted anew when the file is opened.
    const again = createWriteBatch(db, prepare(db, 'lb'), limits);
    again({ ...NOTHING, evidence: [{ eventId: 'f', frames: [frame(8, 20)] }] });
    expect(events()).toEqual(['e', 'f']);
    db.close();
  });

  test('of a recording is in the file whole, and read while the store is at work', async () => {
    const path = join(scratch(), 'lvscope.db');
    const monitor = newMonitor();
    const store = openStore({ path, sensor: 'lb' });
    await replay('split-brain', monitor, store);
    const [event] = monitor.events.recent.filter(({ kind }) => kind === 'vrrp.two_masters');
    const inMemory = monitor.evidence.recent(event.id);
    expect(inMemory.length).toBeGreaterThan(2);
    await store.close(monitor);
    const reopened = openStore({ path, sensor: 'lb' });
    const stored = reopened.evidence(event.id).map((one) => ({ ...one, bytes: new Uint8Array(one.bytes) }));
    expect(stored).toEqual(inMemory);
    expect(reopened.evidence('no such event')).toEqual([]);
    await reopened.close(newMonitor());
  });
});

test('reports of failovers come back as they were, and go on no more', async () => {
  const path = join(scratch(), 'lvscope.db');
  const monitor = newMonitor();
  const first = openStore({ path, sensor: 'lb' });
  await replay('dr-v1-failover', monitor, first);
  const reports = monitor.failovers.reports();
  // lb1 was stopped and started again.
  expect(reports.map(({ reason }) => reason)).toEqual(['resigned', 'preempted']);
  await first.close(monitor);
  const restored = newMonitor();
  const second = openStore({ path, sensor: 'lb' });
  second.restore(restored, monitor.clock.nowMicros ?? 0);
  const came = restored.failovers.reports();
  expect(came.map((report) => ({ ...report, closedMicros: null }))).toEqual(reports.map((report) => ({ ...report, closedMicros: null })));
  expect(came.every(({ closedMicros }) => closedMicros !== null)).toBe(true);
  await second.close(restored);
});

describe.skipIf(needs('sqlite3'))('two replays', () => {
  test.each(['split-brain', 'misconfigured', 'dr-v1-failover'])('%s: the dumps of both files are the same', async (name) => {
    const folder = scratch();
    const dumps: string[] = [];
    for (const file of ['one.db', 'two.db']) {
      const monitor = newMonitor();
      const store = openStore({ path: join(folder, file), sensor: 'lb' });
      await replay(name, monitor, store);
      monitor.advance(monitor.clock.nowMicros ?? 0);
      await store.close(monitor);
      dumps.push(execFileSync('sqlite3', [join(folder, file), '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 }));
    }
    expect(dumps[0]).toContain('INSERT INTO evidence');
    expect(dumps[1]).toBe(dumps[0]);
  });
});
