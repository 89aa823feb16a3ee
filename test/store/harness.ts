/** What the store's tests share: the compiled store (a thread cannot load TypeScript), recordings into monitors, tables as values. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { dissect } from '../../dissectors/dissect.ts';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { readCapture } from '../../src/capture/file.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { readSession, type Session } from '../../src/state/session.ts';
import type { Store } from '../../src/store/store.ts';
import { FIXTURES, ROOT } from '../environment.ts';
import { messageV1, type RecordFields, recordV1, syncFrame } from '../sync-message.ts';

const compiled = pathToFileURL(join(ROOT, 'dist', 'src', 'store', 'store.js')).href;
export const { openStore } = (await import(compiled)) as typeof import('../../src/store/store.ts');

const CHANNELS: readonly SyncChannel[] = [
  { group: 0xe0000051, fromPort: 8848, toPort: 8911 },
  { group: 0xef010203, fromPort: 9000, toPort: 9003 },
];

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function newMonitor(maxSessions = 100_000): Monitor {
  return createMonitor({ maxSessions, trackChanges: true });
}

/** Reads a recording into the monitor, flushing after every chunk; up to a moment when one is given. */
export async function replay(name: string, monitor: Monitor, store: Store | null, untilMicros = Number.POSITIVE_INFINITY): Promise<void> {
  const enter = createPipeline({ monitor, syncChannels: CHANNELS, headersSeen: true });
  await readCapture(join(FIXTURES, 'captures', `${name}.pcap`), {
    frame: (frame) => {
      if (frame.atMicros <= untilMicros) enter(frame);
    },
    progress: () => store && flush(store, monitor),
  });
  if (Number.isFinite(untilMicros)) monitor.advance(untilMicros);
}

export function flush(store: Store, monitor: Monitor): void {
  store.note(monitor.sessions.takeChanges(), monitor.events.takeFresh());
  store.flush(monitor);
}

/** Enters hand-made records as one sync datagram. */
export function enter(monitor: Monitor, records: readonly RecordFields[], atMicros: number): void {
  const frame = syncFrame(messageV1(records.map(recordV1)), atMicros);
  const dissection = dissect(frame, { reassembly: monitor.reassembly, syncChannels: CHANNELS });
  monitor.observe(dissection, { atMicros, interface: 'eth1', number: 1, octets: frame.originalLength, headersSeen: true });
}

/** Every session as it stands in the table. */
export function liveSessions({ sessions }: Monitor): Session[] {
  const slots = Array.from({ length: sessions.top }, (_, slot) => slot).filter((slot) => slot > 0 && sessions.inUse(slot));
  return slots.map((slot) => readSession(sessions, slot));
}

/** All rows of all tables, in order. */
export function contents(path: string): Record<string, unknown[]> {
  const db = new Database(path, { readonly: true });
  try {
    const tables = db.prepare(`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`).pluck().all() as string[];
    return Object.fromEntries(tables.map((table) => [table, db.prepare(`select * from ${table} order by 1, 2, 3`).all()]));
  } finally {
    db.close();
  }
}

export function query<T>(path: string, sql: string): T[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

export interface Look {
  readonly t: number;
  readonly host: string;
  readonly command: string;
  readonly output: string;
}

/** What a command printed on the backup director, in order. */
export function backupLooks(name: string, command: string): Look[] {
  const { looks } = JSON.parse(readFileSync(join(FIXTURES, 'captures', `${name}.json`), 'utf8')) as { looks: Look[] };
  return looks.filter((look) => look.host === 'lb2' && look.command === command);
}

/** Asks until the answer is yes. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
