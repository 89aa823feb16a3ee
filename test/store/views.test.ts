/** What people read with sqlite3 alone is what the kernel's `ipvsadm` printed on a backup director at the same moment. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STATE_NAMES } from '../../dissectors/ipvs-states.ts';
import { connectionOf } from '../../src/contract/connection.ts';
import { needs } from '../environment.ts';
import { backupLooks, enter, type Look, liveSessions, newMonitor, openStore, query, replay, scratch } from './harness.ts';

const START = 1_795_000_000_000_000;

async function storedAt(name: string, look: Look): Promise<string> {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  await replay(name, monitor, store, Math.round(look.t * 1e6));
  await store.close(monitor);
  return path;
}

const sqlite3 = (path: string, sql: string): string[] =>
  execFileSync('sqlite3', ['-separator', ' ', path, sql], { encoding: 'utf8' }).split('\n').filter(Boolean).sort();

/** Rows of `ipvsadm` without their expiry, which goes on while it prints. */
const withoutExpiry = ({ output }: Look): string[] =>
  output
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.trim().split(/\s+/))
    .map(([proto, , ...rest]) => [proto, ...rest].join(' '))
    .sort();

describe.skipIf(needs('sqlite3'))('sqlite3 lvscope.db', () => {
  test.each(['nat-v0', 'persistence-fwmark', 'short-timeouts-and-expiry', 'ipv6-v1'])('connections: %s', async (name) => {
    const look = backupLooks(name, 'ipvsadm -Lnc').find(({ output }) => output.trim().split('\n').length > 4);
    if (!look) throw new Error('no look at a table with rows');
    const path = await storedAt(name, look);
    expect(sqlite3(path, 'select proto, state, client, virtual, destination from connections')).toEqual(withoutExpiry(look));
  });

  test('connections: persistence engine and its data', async () => {
    const [look] = backupLooks('crafted', 'ipvsadm -Lnc --persistent-conn').slice(-1);
    expect(look.output).toMatch(/ sip +\S+/);
    const path = await storedAt('crafted', look);
    const rows = sqlite3(path, 'select proto, state, client, virtual, destination, persistence_engine, persistence_data from connections');
    expect(rows.map((row) => row.trim())).toEqual(withoutExpiry(look));
  });

  test('real servers: forwarding method, active and inactive connections', async () => {
    const look = backupLooks('nat-v0', 'ipvsadm -Ln --exact').find(({ output }) => /-> .* [1-9]\d* +\d+/.test(output));
    if (!look) throw new Error('no look at a busy real server');
    const path = await storedAt('nat-v0', look);
    let service = '';
    const kernel = look.output
      .trim()
      .split('\n')
      .slice(3)
      .flatMap((line) => {
        const [first, address, forward, , active, inactive] = line.trim().split(/\s+/);
        if (first !== '->') service = `${first} ${address}`;
        return first === '->' && (active !== '0' || inactive !== '0')
          ? [`${service} ${address} ${forward.toLowerCase()} ${active} ${inactive}`]
          : [];
      });
    const busy = 'select service, destination, forward, active, inactive from real_servers where active + inactive > 0';
    expect(sqlite3(path, busy)).toEqual(kernel.sort());
  });

  test('a sender of sync messages', async () => {
    const [look] = backupLooks('nat-v0', 'ipvsadm -Lnc').slice(-1);
    const path = await storedAt('nat-v0', look);
    // Addresses, group, port and syncid as shared/lab sets the director up and tcpdump shows them.
    const [sender] = sqlite3(path, 'select address, mac, multicast_group, from_port, to_port, version from sync_senders');
    expect(sender).toMatch(/^10\.\d+\.\d+\.\d+ ([0-9a-f]{2}:){5}[0-9a-f]{2} 224\.0\.0\.81 8848 8848 0$/);
  });
});

async function storedRecords(records: Parameters<typeof enter>[1]) {
  const path = join(scratch(), 'lvscope.db');
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  enter(monitor, records, START + 1);
  await store.close(monitor);
  return { path, monitor };
}

test('connections: every protocol, state, forwarding method and flag is named as the program itself names it', async () => {
  const states = [6, 17, 132].flatMap((proto) => Array.from({ length: 14 }, (_, state) => ({ proto, state })));
  const ofTemplates = [0, 6, 17, 132, 50].flatMap((proto) => [0, 1, 2].map((state) => ({ proto, state, flags: 0x1000 })));
  const methods = Array.from({ length: 8 }, (_, method) => ({ flags: 0x100 | method }));
  const records = [...states, ...ofTemplates, ...methods, { flags: 0x23 }, { flags: 0x10003 }, { client: 'fd99::5' }, { fwmark: 9 }];
  const { path, monitor } = await storedRecords(records.map((fields, i) => ({ ...fields, clientPort: 1000 + i })));
  expect(monitor.sessions.live).toBeGreaterThan(40);
  const rows = query<Record<string, unknown>>(path, 'select * from connections order by slot');
  const expected = liveSessions(monitor).map(({ slot }) => {
    const c = connectionOf(monitor, slot, START);
    const at = (e: { address: string; port: number }) => (e.address.includes(':') ? `[${e.address}]:${e.port}` : `${e.address}:${e.port}`);
    return {
      proto: c.proto.toUpperCase(),
      state: c.state,
      client: at(c.client),
      virtual: at(c.virtual),
      destination: at(c.destination),
      forward: c.forward,
      active: Number(c.active),
      template: Number(c.template),
      expires_at: c.expiresAt,
      timeout_seconds: c.timeoutSeconds,
      first_seen: c.firstSeen,
      last_sync: c.lastSync,
      sync_count: c.syncCount,
      origin: c.origin,
      fwmark: c.fwmark,
      persistence_engine: null,
      persistence_data: null,
      daemon: Number(c.daemonId),
      interface: c.interface,
      vlan: c.vlan,
      sensor: 'lb',
      slot,
    };
  });
  expect(rows).toEqual(expected);
  const named = new Set(rows.map(({ state }) => state));
  expect(STATE_NAMES.filter((state) => !named.has(state) && state !== 'ERR!')).toEqual([]);
});

const PE = (octets: readonly number[]): number[] => [0x02, octets.length, ...octets, 0x03, 3, ...Buffer.from('sip')];

test.each([
  { what: 'plain text stays', data: [...Buffer.from('call-1@host')], shown: 'call-1@host' },
  { what: 'an escape sequence', data: [...Buffer.from('a\u001b[2J')], shown: '0x611B5B324A' },
  { what: 'a line feed', data: [...Buffer.from('a\nb')], shown: '0x610A62' },
  { what: 'octets that are no UTF-8', data: [0x61, 0xff], shown: '0x61FF' },
  { what: 'a C1 control in UTF-8', data: [0xc2, 0x9b, 0x32], shown: '0xC29B32' },
  { what: 'a zero, where SQL text ends', data: [0x61, 0, 0x1b], shown: '0x61001B' },
])('connections: engine data with $what', async ({ data, shown }) => {
  const { path } = await storedRecords([{ proto: 17, flags: 0x1000, state: 0, options: PE(data) }]);
  expect(query(path, 'select persistence_data from connections')).toEqual([{ persistence_data: shown }]);
});

test('timeline: events in order, time as text', async () => {
  const { path } = await storedRecords([{}]);
  const [event] = query<{ time: string; kind: string }>(path, 'select * from timeline');
  // date -u -d @1795000000: Wed Nov 18 11:06:40 2026.
  expect(event).toMatchObject({ time: '2026-11-18T11:06:40.000001Z', kind: 'ipvs.sender_seen', severity: 'info' });
});
