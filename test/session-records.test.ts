/**
 * `/api/v1/connections/{id}/records`: the sync records of each session, as a running monitor reads them out of its history. The
 * oracle is tshark on the history's own file, which reads records right but for those with options; there, the octets.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PcapngWriter } from '../src/capture/pcapng-writer.ts';
import type { Connection } from '../src/contract/connection.ts';
import type { Problem } from '../src/contract/problem.ts';
import { timeText } from '../src/contract/scalars.ts';
import { type SessionRecords, SessionRecordsSchema } from '../src/contract/session-record.ts';
import { shapeProblems } from '../src/contract/shape.ts';
import { type RunningMonitor, startMonitor } from './cli/running-monitor.ts';
import { FIXTURES, needs } from './environment.ts';
import { messageV1, recordV1, syncFrame } from './sync-message.ts';

const SECOND = 1_000_000;
const START = 1_795_234_000 * SECOND;

let monitor: RunningMonitor | undefined;
const folders: string[] = [];

afterEach(async () => {
  await monitor?.stop();
  monitor = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function monitorOf(recording: string, ...options: string[]): Promise<void> {
  monitor = await startMonitor(recording, '127.0.0.1:0', ...options);
}

const captureOf = (name: string): string => join(FIXTURES, 'captures', `${name}.pcap`);

const ask = (path: string): Promise<Response> => fetch(`${monitor?.url}api/v1/${path}`);
const answered = async <Answer>(path: string): Promise<Answer> => (await (await ask(path)).json()) as Answer;
const connections = async (at = ''): Promise<Connection[]> =>
  (await answered<{ items: Connection[] }>(`connections?limit=1000${at && `&at=${at}`}`)).items;
const recordsOf = (id: string, at = ''): Promise<SessionRecords> =>
  answered<SessionRecords>(`connections/${id}/records${at && `?at=${at}`}`);

async function historyFile(): Promise<string> {
  // Whoever asks for records has all frames written first.
  await recordsOf((await connections())[0].id);
  const folder = join(monitor?.data ?? '', 'history');
  const [name, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return join(folder, name);
}

/** A record as the oracle reads it. */
interface Told {
  readonly micros: number;
  readonly frame: number;
  readonly daemon: string;
  readonly syncid: number;
  readonly version: number;
  readonly proto: number;
  readonly client: string;
  readonly clientPort: number;
  readonly virtual: string;
  readonly virtualPort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly flags: number;
  readonly state: number;
  readonly timeout: number;
  /** Persistence-engine data; empty without. */
  readonly engine: string;
}

function tshark(path: string, fields: readonly string[]): Record<string, string>[] {
  const each = ['-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a', ...fields.flatMap((field) => ['-e', field])];
  const lines = execFileSync('tshark', ['-r', path, '-Y', 'ipvs', ...each], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const named = (line: string) => Object.fromEntries(line.split('|').map((value, i) => [fields[i], value]));
  return lines.trimEnd().split('\n').map(named);
}

const FRAME = ['frame.number', 'frame.time_epoch', 'ip.src'] as const;
const frameOf = (row: Record<string, string>) => ({
  micros: Number(row['frame.time_epoch'].replace('.', '').slice(0, 16)),
  frame: Number(row['frame.number']),
  daemon: row['ip.src'],
});

const ENDS = ['caddr', 'vaddr', 'daddr'].flatMap((end) => [`ipvs.${end}`, `ipvs.${end}6`]);
const NUMBERS = ['proto', 'cport', 'vport', 'dport', 'flags', 'flags.v1', 'state', 'timeout', 'type'].map((name) => `ipvs.${name}`);

/** As tshark's own IPVS dissector reads them. */
function byTshark(path: string): Told[] {
  return tshark(path, [...FRAME, 'ipvs.syncid', 'ipvs.version', 'ipvs.conncount', ...ENDS, ...NUMBERS]).flatMap((row) => {
    const many = (field: string): string[] => row[`ipvs.${field}`].split(',').filter(Boolean);
    // Addresses of both families stand in lists of their own.
    const types = many('type');
    const address = (end: string, i: number): string => {
      const before = types.slice(0, i).filter((type) => type === types[i]).length;
      return types[i] === '1' ? many(`${end}6`)[before] : many(end)[types.length === 0 ? i : before];
    };
    return Array.from({ length: Number(row['ipvs.conncount']) }, (_, i) => ({
      ...frameOf(row),
      syncid: Number(row['ipvs.syncid']),
      version: Number(row['ipvs.version'] || 0),
      proto: Number(many('proto')[i]),
      client: address('caddr', i),
      clientPort: Number(many('cport')[i]),
      virtual: address('vaddr', i),
      virtualPort: Number(many('vport')[i]),
      destination: address('daddr', i),
      destinationPort: Number(many('dport')[i]),
      flags: Number(many('flags.v1')[i] ?? many('flags')[i]),
      state: Number(many('state')[i]),
      timeout: Number(many('timeout')[i] ?? 0),
      engine: '',
    }));
  });
}

/** From the octets, by the kernel's `struct ip_vs_sync_mesg` and `ip_vs_sync_v4`, and option 2, the persistence-engine data. */
function byOctets(path: string): Told[] {
  return tshark(path, [...FRAME, 'udp.payload']).flatMap((row) => {
    const message = Buffer.from(row['udp.payload'], 'hex');
    let p = 8;
    return Array.from({ length: message[4] }, () => {
      const octets = message.subarray(p, p + (message.readUInt16BE(p + 2) & 0xfff));
      p += (octets.length + 3) & ~3;
      const address = (at: number): string => octets.subarray(at, at + 4).join('.');
      return {
        ...frameOf(row),
        syncid: message[1],
        version: message[5],
        proto: octets[1],
        client: address(24),
        clientPort: octets.readUInt16BE(10),
        virtual: address(28),
        virtualPort: octets.readUInt16BE(12),
        destination: address(32),
        destinationPort: octets.readUInt16BE(14),
        flags: octets.readUInt32BE(4),
        state: octets.readUInt16BE(8),
        timeout: octets.readUInt32BE(20),
        engine: octets[36] === 2 ? octets.subarray(38, 38 + octets[37]).toString('latin1') : '',
      };
    });
  });
}

/** Kernel ip_vs_proto_tcp.c, `tcp_state_name_table` and `tcp_timeouts`. */
const TCP = ['NONE 2', 'ESTABLISHED 900', 'SYN_SENT 120', 'SYN_RECV 60', 'FIN_WAIT 120', 'TIME_WAIT 120', 'CLOSE 10', 'CLOSE_WAIT 60'];
const TEMPLATE = 0x1000;
/** Kernel include/uapi/linux/ip_vs.h, `IP_VS_CONN_F_*`. */
const FLAGS = [
  [0x80, 'NOOUTPUT'],
  [0x100, 'INACTIVE'],
  [0x200, 'OUT_SEQ'],
  [0x400, 'IN_SEQ'],
  [0x800, 'NO_CPORT'],
  [TEMPLATE, 'TEMPLATE'],
  [0x10000, 'NFCT'],
] as const;
const PROTO: Readonly<Record<string, number>> = { ip: 0, tcp: 6, udp: 17 };

/** Kernel `ip_vs_conn_in_get` and `ip_vs_ct_in_get`: from the moment that the table made the session to its last record. */
function isOf(connection: Connection, told: Told): boolean {
  const { proto, client, virtual, destination, template, persistenceEngine } = connection;
  const time = timeText(told.micros);
  return (
    PROTO[proto] === told.proto &&
    client.address === told.client &&
    (client.port === told.clientPort || persistenceEngine !== null) &&
    virtual.address === told.virtual &&
    virtual.port === told.virtualPort &&
    template === ((told.flags & TEMPLATE) !== 0) &&
    (template || (destination.address === told.destination && destination.port === told.destinationPort)) &&
    (persistenceEngine?.data ?? '') === told.engine &&
    connection.firstSeen <= time &&
    time <= connection.lastSync
  );
}

function wanted({ template, proto }: Connection, told: Told, file: string) {
  const [name, seconds] = (proto === 'udp' ? 'UDP 300' : TCP[told.state]).split(' ');
  return {
    at: timeText(told.micros),
    file,
    frame: told.frame,
    daemon: told.daemon,
    syncid: told.syncid,
    version: told.version,
    state: template ? ['NONE', 'ASSURED'][told.state] : name,
    flags: FLAGS.filter(([bit]) => told.flags & bit).map(([, flag]) => flag),
    destination: { address: told.destination, port: told.destinationPort },
    forward: ['masq', 'local', 'tunnel', 'route'][told.flags & 7],
    timeoutSeconds: told.timeout || Number(seconds),
  };
}

describe.skipIf(needs('tshark'))('as the frames say', () => {
  test.each([
    ['dr-v1-failover', byTshark],
    ['nat-v0', byTshark],
    ['persistence-fwmark', byTshark],
    ['ipv6-v1', byTshark],
    ['sip-pe-and-ftp', byOctets],
  ] as const)('%s: every record of every session, and the last one is what the table shows', async (name, oracle) => {
    await monitorOf(captureOf(name));
    const path = await historyFile();
    const told = oracle(path);
    const file = path.slice(path.lastIndexOf('/') + 1);
    const all = await connections();
    expect(all.length).toBeGreaterThan(8);
    for (const connection of all) {
      const found = await recordsOf(connection.id);
      expect(shapeProblems(SessionRecordsSchema, found)).toEqual([]);
      const { items, total, complete } = found;
      expect(items).toEqual(told.filter((one) => isOf(connection, one)).map((one) => wanted(connection, one, file)));
      expect({ total, complete }).toEqual({ total: connection.syncCount, complete: true });
      const { firstSeen, lastSync, state, timeoutSeconds } = connection;
      expect(items[0]).toMatchObject({ at: firstSeen });
      expect(items.at(-1)).toMatchObject({ at: lastSync, state, timeoutSeconds });
      if (!connection.template) expect(items.at(-1)?.destination).toEqual(connection.destination);
    }
  });

  test('of another moment, what had been heard by then', async () => {
    await monitorOf(captureOf('persistence-fwmark'));
    const path = await historyFile();
    const told = byTshark(path);
    const { micros } = told[Math.floor(told.length / 2)];
    const at = timeText(micros);
    const file = path.slice(path.lastIndexOf('/') + 1);
    const all = await connections(at);
    expect(all.length).toBeGreaterThan(4);
    for (const connection of all) {
      const found = await recordsOf(connection.id, at);
      const before = told.filter((one) => one.micros <= micros && isOf(connection, one));
      expect(found).toEqual({ items: before.map((one) => wanted(connection, one, file)), total: before.length, complete: true, asOf: at });
    }
  });
});

/** Sessions on two interfaces that differ in nothing else, heard at these seconds. */
function twoInterfaces(): string {
  const writer = new PcapngWriter();
  const heard = (seconds: number, name: string, clientPort: number): void => {
    const frame = syncFrame(messageV1([recordV1({ clientPort, timeout: 300 })]), START + seconds * SECOND);
    writer.add({ ...frame, interface: name });
  };
  for (const seconds of [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600]) heard(seconds, 'eth0', 40000);
  heard(1700, 'eth1', 40000);
  heard(1800, 'eth0', 40000);
  heard(1850, 'eth1', 40000);
  heard(2000, 'eth0', 40000);
  heard(2050, 'eth0', 40001);
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-records-'));
  folders.push(folder);
  writeFileSync(join(folder, 'two.pcapng'), writer.take());
  writeFileSync(join(folder, 'lvscope.yml'), 'history:\n  hours: 0.1\n');
  return folder;
}

test('where the history does not reach back to the first record it says so, and each segment has its own', async () => {
  const folder = twoInterfaces();
  await monitorOf(join(folder, 'two.pcapng'), '--config', join(folder, 'lvscope.yml'));
  const told = async (at = '') => {
    const found = (await connections(at)).map(async ({ id, interface: name, client: { port } }) => {
      const { items, total, complete } = await recordsOf(id, at);
      const seconds = items.map((item) => (Date.parse(item.at) * 1000 - START) / SECOND);
      expect(total).toBe(seconds.length);
      return [`${name} ${port}`, { seconds, complete }] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  };
  // Files of 300 s, and 360 s kept: those that begin at 1600 and 2000 are left.
  expect(await told()).toEqual({
    'eth0 40000': { seconds: [1600, 1800, 2000], complete: false },
    'eth1 40000': { seconds: [1700, 1850], complete: true },
    'eth0 40001': { seconds: [2050], complete: true },
  });
  // Made again from these files, nobody can tell what a session said before 1600, until what had no news for 300 s has run out.
  expect(await told(timeText(START + 2050 * SECOND))).toEqual({
    'eth0 40000': { seconds: [1600, 1800, 2000], complete: false },
    'eth1 40000': { seconds: [1700, 1850], complete: false },
    'eth0 40001': { seconds: [2050], complete: true },
  });
});

test('what cannot be answered is refused by name; more at once than there may be, too', async () => {
  await monitorOf(captureOf('nat-v0'));
  const [{ id }] = await connections();
  expect(await answered<Problem>('connections/1-0/records')).toMatchObject({ code: 'not_found', status: 404 });
  expect(await answered<Problem>(`connections/${id}/records?at=1000`)).toMatchObject({ code: 'not_kept', status: 404 });
  expect(await answered<Problem>(`connections/${id}/records?limit=1`)).toMatchObject({ code: 'bad_parameter', parameter: 'limit' });
  const answers = await Promise.all(Array.from({ length: 80 }, () => ask(`connections/${id}/records`)));
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(80);
  expect(refused.length).toBeGreaterThan(0);
  expect(await refused[0].json()).toMatchObject({ code: 'busy' });
  expect((await ask(`connections/${id}/records`)).status).toBe(200);
});

test('--no-history has no records', async () => {
  await monitorOf(captureOf('nat-v0'), '--no-history');
  const [{ id }] = await connections();
  expect(await answered<Problem>(`connections/${id}/records`)).toMatchObject({ code: 'not_kept', status: 404 });
});
