/** The file holds what the table holds: written, read back, written again. */
import { closeSync, existsSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { listServices } from '../../src/state/services.ts';
import { contents, enter, flush, liveSessions, newMonitor, openStore, query, replay, scratch, until } from './harness.ts';

const RECORDINGS = [
  'nat-v0',
  'ipv6-v1',
  'persistence-fwmark',
  'sip-pe-and-ftp',
  'sync-options',
  'crafted',
  'tunnel-udp-vlan',
  'active-active',
];
const SECOND = 1_000_000;
const START = 1_795_000_000 * SECOND;

async function stored(name: string, path: string) {
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  await replay(name, monitor, store);
  await store.close(monitor);
  expect(store.status()).toMatchObject({ writeErrors: 0, lastError: null, lostEvents: 0, lagSeconds: 0 });
  return monitor;
}

describe.each(RECORDINGS)('%s', (name) => {
  test('two replays into two files give the same rows of every table', async () => {
    const folder = scratch();
    await stored(name, join(folder, 'one.db'));
    await stored(name, join(folder, 'two.db'));
    const one = contents(join(folder, 'one.db'));
    expect(one.sessions.length + one.daemons.length).toBeGreaterThan(0);
    expect(contents(join(folder, 'two.db'))).toEqual(one);
  });

  test('read back, the table is what it was, row for row, and so are senders, segments and events', async () => {
    const path = join(scratch(), 'lvscope.db');
    const before = await stored(name, path);
    const now = before.clock.nowMicros ?? 0;
    before.advance(now);

    const store = openStore({ path, sensor: 'lb' });
    const after = newMonitor();
    const report = store.restore(after, now);
    expect(liveSessions(after)).toEqual(liveSessions(before));
    expect(after.sessions.live).toBe(before.sessions.live);
    expect(after.sessions.stateCounts).toEqual(before.sessions.stateCounts);
    expect(after.segments.all).toEqual(before.segments.all);
    expect(after.daemons.all).toEqual(before.daemons.all);
    expect(after.events.recent).toEqual(before.events.recent);
    expect(report).toMatchObject({ sessions: before.sessions.live, events: before.events.recent.length, lastWriteMicros: now });
    await store.close(after);
  });
});

test('a restored table takes the rest of the recording as one that never stopped does', async () => {
  const name = 'short-timeouts-and-expiry';
  const whole = newMonitor();
  await replay(name, whole, null);
  const half = ((whole.clock.firstMicros ?? 0) + (whole.clock.nowMicros ?? 0)) / 2;

  const path = join(scratch(), 'lvscope.db');
  const first = openStore({ path, sensor: 'lb' });
  const before = newMonitor();
  await replay(name, before, first, half);
  await first.close(before);
  expect(before.sessions.live).toBeGreaterThan(0);

  const second = openStore({ path, sensor: 'lb' });
  const after = newMonitor();
  second.restore(after, half);
  for (const monitor of [before, after]) monitor.advance(half + 60 * SECOND);
  expect(liveSessions(after)).toEqual(liveSessions(before));
  flush(second, after);
  await second.close(after);
  expect(query(path, 'select slot from sessions')).toHaveLength(after.sessions.live);
});

test('services and real servers follow the listing', async () => {
  const path = join(scratch(), 'lvscope.db');
  const monitor = await stored('nat-v0', path);
  const listed = listServices(monitor.sessions.bindings, monitor.clock.nowMicros ?? 0);
  expect(query(path, 'select * from services')).toHaveLength(listed.length);
  const counts = listed.flatMap((s) => s.destinations.map((d) => ({ active: d.active, inactive: d.inactive, persistent: d.persistent })));
  expect(query(path, 'select active, inactive, persistent from destinations order by id')).toEqual(counts);
});

describe('sessions come and go', () => {
  test('expired while nobody listened: not read back, and gone from the file', async () => {
    const path = join(scratch(), 'lvscope.db');
    const first = openStore({ path, sensor: 'lb' });
    const before = newMonitor();
    enter(
      before,
      [
        { clientPort: 1, timeout: 10 },
        { clientPort: 2, timeout: 20 },
        { clientPort: 3, timeout: 30 },
      ],
      START,
    );
    await first.close(before);

    const second = openStore({ path, sensor: 'lb' });
    const after = newMonitor();
    expect(second.restore(after, START + 20 * SECOND)).toMatchObject({ sessions: 1, dropped: 2, lastWriteMicros: START });
    expect(liveSessions(after).map((s) => s.clientPort)).toEqual([3]);
    await second.close(after);
    expect(query(path, 'select client_port from sessions')).toEqual([{ client_port: 3 }]);
  });

  test('a slot freed and taken again holds the new session only, with or without a firewall mark', async () => {
    const path = join(scratch(), 'lvscope.db');
    const store = openStore({ path, sensor: 'lb' });
    const monitor = newMonitor();
    enter(monitor, [{ fwmark: 9, timeout: 5 }], START);
    flush(store, monitor);
    await until(() => store.status().rows === 1);
    expect(query(path, 'select slot, fwmark, client_port from sessions')).toEqual([{ slot: 1, fwmark: 9, client_port: 40000 }]);
    monitor.advance(START + 6 * SECOND);
    flush(store, monitor);
    await until(() => store.status().rows === 2);
    expect(query(path, 'select slot from sessions')).toEqual([]);
    enter(monitor, [{ clientPort: 7 }], START + 7 * SECOND);
    await store.close(monitor);
    expect(query(path, 'select slot, fwmark, client_port from sessions')).toEqual([{ slot: 1, fwmark: null, client_port: 7 }]);
  });

  test('a table with less room than before reads back what fits', async () => {
    const path = join(scratch(), 'lvscope.db');
    const first = openStore({ path, sensor: 'lb' });
    const before = newMonitor();
    enter(
      before,
      Array.from({ length: 8 }, (_, i) => ({ clientPort: 100 + i })),
      START,
    );
    await first.close(before);
    const second = openStore({ path, sensor: 'lb' });
    const after = newMonitor(5);
    expect(second.restore(after, START)).toMatchObject({ sessions: 5, dropped: 3 });
    await second.close(after);
    expect(query(path, 'select slot from sessions')).toHaveLength(5);
  });

  test('without reading back, the tables of the run before are emptied and its events stay', async () => {
    const path = join(scratch(), 'lvscope.db');
    await stored('nat-v0', path);
    const events = query(path, 'select id from events');
    const store = openStore({ path, sensor: 'lb' });
    const monitor = newMonitor();
    enter(monitor, [{ clientPort: 5 }], START);
    await store.close(monitor);
    expect(query(path, 'select client_port from sessions')).toEqual([{ client_port: 5 }]);
    expect(query(path, 'select id from daemons')).toHaveLength(1);
    expect(query(path, 'select id from events')).toHaveLength(events.length + 1);
  });

  test('a monitor that saw nothing empties them too', async () => {
    const path = join(scratch(), 'lvscope.db');
    await stored('nat-v0', path);
    await openStore({ path, sensor: 'lb' }).close(newMonitor());
    expect(query(path, 'select slot from sessions')).toEqual([]);
  });

  test('a sensor that was renamed starts afresh; its events carry the old name', async () => {
    const path = join(scratch(), 'lvscope.db');
    await stored('nat-v0', path);
    const store = openStore({ path, sensor: 'other' });
    const monitor = newMonitor();
    expect(store.restore(monitor, START)).toMatchObject({ sessions: 0, events: 0, lastWriteMicros: null });
    await store.close(monitor);
    expect(query(path, 'select slot from sessions')).toEqual([]);
    expect(query(path, 'select distinct name from events join sensors on sensors.id = sensor_id')).toEqual([{ name: 'lb' }]);
  });
});

test('status: nothing yet, then level with the table, with the size of the file', async () => {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  expect(store.status()).toMatchObject({ lagSeconds: null, rows: 0, writeErrors: 0, lastError: null, lostEvents: 0 });
  const monitor = newMonitor();
  enter(monitor, [{ clientPort: 1 }, { clientPort: 2 }], START);
  flush(store, monitor);
  await until(() => store.status().lagSeconds === 0);
  expect(store.status().rows).toBe(2);
  await store.close(monitor);
  expect(store.status().octets).toBe(statSync(path).size);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test('the time of the last write goes on while nothing changes', async () => {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  enter(monitor, [{}], START);
  flush(store, monitor);
  const writtenAt = () => query<{ written_at: number }>(path, 'select written_at from sensors')[0].written_at;
  await until(() => writtenAt() === START);
  monitor.advance(START + 5 * SECOND);
  // A batch in flight may hold the first call back.
  await until(() => {
    flush(store, monitor);
    return writtenAt() === START + 5 * SECOND;
  });
  await store.close(monitor);
});

test('values at their ends survive the way to the file and back', async () => {
  const path = join(scratch(), 'lvscope.db');
  const first = openStore({ path, sensor: 'lb' });
  const before = newMonitor();
  const late = START + SECOND - 1;
  enter(
    before,
    [
      {
        client: '255.255.255.255',
        virtual: '255.255.255.254',
        destination: '128.0.0.0',
        clientPort: 65535,
        virtualPort: 65535,
        destinationPort: 65535,
      },
      { client: '0.0.0.0', clientPort: 0, flags: 0x883, timeout: 0x7fffffff },
      { clientPort: 9, fwmark: 0xffffffff },
      { client: 'fd99::ffffffff', virtual: 'fd99::1', destination: 'fd99::2' },
    ],
    late,
  );
  expect(before.sessions.live).toBe(4);
  await first.close(before);
  const second = openStore({ path, sensor: 'lb' });
  const after = newMonitor();
  second.restore(after, late);
  expect(liveSessions(after)).toEqual(liveSessions(before));
  await second.close(after);
  expect(query(path, 'select client from sessions order by slot limit 1')).toEqual([{ client: 0xffffffff }]);
  // RFC 5952 section 4: fd99:0:0:0:0:0:ffff:ffff.
  expect(query(path, `select client from sessions where typeof(client) = 'text'`)).toEqual([{ client: 'fd99::ffff:ffff' }]);
});

test('rows that somebody spoiled by hand never stop the start', async () => {
  const path = join(scratch(), 'lvscope.db');
  await stored('sip-pe-and-ftp', path);
  const events = query(path, 'select id from events').length;
  const db = new Database(path);
  db.exec(`insert into sessions select 4000000000, sensor_id, segment, proto, state, flags, client, client_port, virtual, virtual_port, destination,
    destination_port, timeout, last_sync, first_seen, sync_count, daemon, fwmark, engine, engine_data from sessions limit 1`);
  db.exec(`update sessions set slot = -5 where slot = (select min(slot) from sessions)`);
  db.exec(`update sessions set client = 'no address' where slot = (select max(slot) from sessions where slot < 100000)`);
  db.exec(`update events set details = '{' where rowid = 1`);
  db.close();
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  const report = store.restore(monitor, START);
  expect(report.dropped).toBeGreaterThanOrEqual(2);
  expect(report.events).toBe(events - 1);
  await store.close(monitor);
  expect(query(path, 'select slot from sessions where slot < 1 or slot > 100000')).toEqual([]);
});

test('a damaged table is one sentence at the start, and nothing worse', async () => {
  const path = join(scratch(), 'lvscope.db');
  await stored('crafted', path);
  const db = new Database(path);
  const root = db.prepare(`select rootpage from sqlite_schema where name = 'sessions'`).pluck().get() as number;
  db.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, (root - 1) * 4096);
  closeSync(file);
  const store = openStore({ path, sensor: 'lb' });
  expect(() => store.restore(newMonitor(), START)).toThrow(/is damaged/);
});
