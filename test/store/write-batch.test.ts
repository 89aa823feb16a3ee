/** The writer's logic without its thread: a batch is written whole or not at all. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MonitorEvent } from '../../src/state/events.ts';
import { type Batch, copyRows } from '../../src/store/batch.ts';
import { openFile } from '../../src/store/database-file.ts';
import { prepare } from '../../src/store/prepare.ts';
import { createWriteBatch } from '../../src/store/write-batch.ts';
import { enter, newMonitor, scratch } from './harness.ts';

const START = 1_795_000_000_000_000;
const NOTHING = {
  reset: false,
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

function sessionsBatch(count: number): Batch {
  const monitor = newMonitor();
  for (let i = 0; i < count; i++) enter(monitor, [{ clientPort: 1 + i, ...(i % 3 === 0 ? { fwmark: i } : {}) }], START + i);
  return {
    ...NOTHING,
    sessions: copyRows(
      monitor.sessions,
      Uint32Array.from({ length: count }, (_, i) => i + 1),
    ),
  };
}

function opened() {
  const db = openFile(join(scratch(), 'lvscope.db'));
  return { db, write: createWriteBatch(db, prepare(db, 'lb')) };
}

// Around the number of rows that one statement takes, with rows of other statements between them.
test.each([0, 1, 15, 16, 17, 31, 32, 33, 100])('%i rows', (count) => {
  const { db, write } = opened();
  expect(write(sessionsBatch(count))).toBe(count);
  const stored = db.prepare('select slot, client_port, coalesce(fwmark, 0) as fwmark from sessions order by slot').all();
  expect(stored).toEqual(Array.from({ length: count }, (_, i) => ({ slot: i + 1, client_port: 1 + i, fwmark: i % 3 === 0 ? i : 0 })));
  db.close();
});

test('what cannot be written takes the rest of its batch with it', () => {
  const { db, write } = opened();
  const event = { id: 'x', atMicros: START, kind: 'sniff.gap', severity: 'info', text: 'a', subject: {}, details: {}, frames: [] };
  const whole: MonitorEvent = { ...event, kind: 'sniff.gap', severity: 'info', from: null, to: null, reason: null, gapMs: null };
  const spoiled = { ...whole, text: null } as unknown as MonitorEvent;
  expect(() => write({ ...sessionsBatch(5), events: [whole, spoiled], atMicros: START })).toThrow(/NOT NULL/);
  for (const table of ['sessions', 'events']) expect(db.prepare(`select count(*) from ${table}`).pluck().get()).toBe(0);
  expect(db.prepare('select written_at from sensors').pluck().get()).toBeNull();
  expect(write({ ...sessionsBatch(5), events: [whole], atMicros: START })).toBe(5);
  expect(db.prepare('select count(*) from events').pluck().get()).toBe(1);
  db.close();
});

test('slots beyond the table count as freed', () => {
  const { db, write } = opened();
  write(sessionsBatch(3));
  const empty = copyRows(newMonitor().sessions, Uint32Array.from([2, 3, 90_000]));
  write({ ...NOTHING, sessions: empty });
  expect(db.prepare('select slot from sessions').pluck().all()).toEqual([1]);
  db.close();
});
