/** What the database file holds, read beside the program or out of a copy, and whether it is whole. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const SESSIONS =
  'select client, client_port, first_seen, last_sync, sync_count from sessions where client between 0x0b000000 and 0x0bffffff';

const address = (number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
/** As the API writes it. */
const timeText = (micros) =>
  `${new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19)}.${String(micros % 1e6).padStart(6, '0')}Z`;

/** @returns `faults`: what SQLite finds wrong with it; `sessions` and `events` as `CrashingMonitor` has them */
export function readDatabase(path) {
  const db = new Database(path, { readonly: true });
  try {
    const integrity = db.pragma('integrity_check').map((row) => row.integrity_check);
    const keys = db.pragma('foreign_key_check').map((row) => `${row.table} row ${row.rowid} refers to no ${row.parent}`);
    const rows = db
      .prepare(SESSIONS)
      .all()
      .map((row) => ({
        client: { address: address(row.client), port: row.client_port },
        firstSeen: timeText(row.first_seen),
        lastSync: timeText(row.last_sync),
        syncCount: row.sync_count,
      }));
    return {
      faults: [...integrity.filter((line) => line !== 'ok'), ...keys],
      sessions: new Map(rows.map((row) => [`${row.client.address} ${row.client.port}`, row])),
      events: db.prepare('select id from events').pluck().all(),
    };
  } finally {
    db.close();
  }
}

/** Of a copy, so that the log that a killed program left is worked off by nobody but the next run. */
export function readCopy(path) {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-copy-'));
  try {
    const copy = join(folder, 'copy.db');
    for (const part of ['', '-wal']) if (existsSync(`${path}${part}`)) copyFileSync(`${path}${part}`, `${copy}${part}`);
    return readDatabase(copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sessions of `before` that are not in `after` as they were or newer. */
export function lostSessions(before, after) {
  return [...before].filter(([key, was]) => {
    const is = after.get(key);
    return !is || is.firstSeen !== was.firstSeen || is.syncCount < was.syncCount || is.lastSync < was.lastSync;
  });
}
