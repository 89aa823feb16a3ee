/**
 * Live: recordings of real load balancers played by tcpreplay into a veth, the program itself listening at its other end. Asked
 * over REST and over WebSocket it holds the table that `replay` makes of the same file, and all it emits are joins.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../src/contract/connection.ts';
import type { Event } from '../src/contract/event.ts';
import { createWire, exited, until, type Wire } from './capture/wire.ts';
import { FIXTURES, LVSCOPE, needs } from './environment.ts';

const LIVE_CLIENT = fileURLToPath(new URL('live-client.js', import.meta.url));
const PORT = '19852';
/** Groups of the recordings. */
const SYNC = ['--sync', '224.0.0.81:8848-8911', '--sync', '239.1.2.3:9000-9003', '--sync', '[ff02::81]:8848'];
/** None of their sessions runs out within the recording, so that playing them fast makes no difference. */
const RECORDINGS = [
  'dr-v1-failover',
  'ipv6-v1',
  'persistence-fwmark',
  'sip-pe-and-ftp',
  'sync-options',
  'tunnel-udp-vlan',
  'sync-over-ipv6',
];

/** What identifies a session and does not depend on when it was seen. */
function rowOf(c: Connection): string {
  const engine = c.persistenceEngine ? `${c.persistenceEngine.name} ${c.persistenceEngine.data}` : '';
  const ends = [c.client, c.virtual, c.destination].map(({ address, port }) => `${address} ${port}`);
  return [c.proto, c.state, ...ends, c.forward, c.timeoutSeconds, c.syncCount, c.origin, c.flags, c.fwmark, engine, c.vlan].join(' ');
}

const rows = (connections: readonly Connection[]): string[] => connections.map(rowOf).sort();

function replayed(name: string): { connections: Connection[]; expired: number } {
  const file = join(FIXTURES, 'captures', `${name}.pcap`);
  const show = (view: string) => {
    const text = execFileSync(process.execPath, [LVSCOPE, 'replay', file, ...SYNC, '--show', view, '--json'], { maxBuffer: 1 << 28 });
    return JSON.parse(text.toString());
  };
  return { connections: show('connections'), expired: show('status').sessions.expired };
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  await exited(child);
  return text;
}

describe.skipIf(needs('namespaces', 'tcpreplay', 'tcpdump', 'pcap'))('the running monitor', () => {
  let wire: Wire | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-live-'));

  afterEach(() => {
    wire?.remove();
    wire = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(on: Wire): Promise<{ log: () => string; program: ChildProcess }> {
    const options = ['-i', 'mon0', ...SYNC, '--data', folder, '--listen', `127.0.0.1:${PORT}`];
    const program = on.onMonitor(process.execPath, LVSCOPE, 'run', ...options);
    let log = '';
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (chunk) => {
        log += chunk;
      });
    await until('the monitor is up', () => log.includes(`lvscope: http://127.0.0.1:${PORT}/`) || program.exitCode !== null);
    expect(program.exitCode, log).toBeNull();
    return { log: () => log, program };
  }

  const ask = async (on: Wire, ...noun: string[]): Promise<unknown> =>
    JSON.parse(await outputOf(on.onMonitor(process.execPath, LVSCOPE, ...noun, '--json', '--url', `http://127.0.0.1:${PORT}`)));

  test.each(RECORDINGS)('%s: REST and WebSocket give the table of replay', async (name) => {
    const { connections, expired } = replayed(name);
    expect(expired).toBe(0);
    expect(connections.length).toBeGreaterThan(5);
    const on = createWire();
    wire = on;
    wire.ip('link', 'set', 'lo', 'up');
    const { program, log } = await start(wire);
    await wire.replay(join(FIXTURES, 'captures', `${name}.pcap`), '--mbps=20');
    // The kernel hands over what it has collected, and a busy machine takes its time.
    await expect.poll(async () => rows((await ask(on, 'connections')) as Connection[]), { message: log() }).toEqual(rows(connections));
    const snapshot = JSON.parse(await outputOf(wire.onMonitor(process.execPath, LIVE_CLIENT, `ws://127.0.0.1:${PORT}`)));
    expect(snapshot.total).toBe(connections.length);
    if (connections.length <= 1000) expect(rows(snapshot.items)).toEqual(rows(connections));
    program.kill('SIGTERM');
    await exited(program);
    expect(program.exitCode, log()).toBe(0);
  });

  test('killed and started again, it knows the sessions and says how long nobody listened', async () => {
    wire = createWire();
    wire.ip('link', 'set', 'lo', 'up');
    const first = await start(wire);
    await wire.replay(join(FIXTURES, 'captures', 'persistence-fwmark.pcap'), '--mbps=20');
    const written = () =>
      new Database(join(folder, 'lvscope.db'), { readonly: true }).prepare('select count(*) from sessions').pluck().get();
    await expect.poll(written).toBe(replayed('persistence-fwmark').connections.length);
    const before = (await ask(wire, 'connections')) as Connection[];
    // `ip netns exec` has become the program: the signal reaches it.
    first.program.kill('SIGKILL');
    await exited(first.program);
    const second = await start(wire);
    expect(rows((await ask(wire, 'connections')) as Connection[]), second.log()).toEqual(rows(before));
    const events = (await ask(wire, 'events')) as Event[];
    expect(events.map((event) => event.kind)).toContain('ipvs.sender_seen');
    expect(events.at(-1)).toMatchObject({ kind: 'sniff.gap', details: { sessions: before.length } });
    expect(events.at(-1)?.gapMs).toBeLessThan(60_000);
  });

  test('a cable that is pulled and plugged in again is told, with the time between', async () => {
    wire = createWire();
    wire.ip('link', 'set', 'lo', 'up');
    const { log } = await start(wire);
    wire.farIp('link', 'set', 'wire0', 'down');
    await sleep(1000);
    wire.farIp('link', 'set', 'wire0', 'up');
    await until('the interval is told', () => log().includes('sniff.blind'));
    const [blind] = (await ask(wire, 'events', 'kind=sniff.blind')) as Event[];
    expect(blind).toMatchObject({ severity: 'warning', subject: { interface: 'mon0' } });
    expect(blind.gapMs).toBeGreaterThan(900);
    expect(blind.gapMs).toBeLessThan(60_000);
  });

  test('emits joins and leaves, and nothing else', async () => {
    wire = createWire();
    wire.ip('link', 'set', 'lo', 'up');
    const capture = join(folder, '..', `emitted-${process.pid}.pcap`);
    const tcpdump = wire.onFarEnd('tcpdump', '-i', 'wire0', '-U', '-w', capture, '-Z', 'root', 'ether', 'src', wire.monitorMac);
    await until('tcpdump listens', () => {
      try {
        return readFileSync(capture).length >= 24;
      } catch {
        return false;
      }
    });
    const { program } = await start(wire);
    await wire.replay(join(FIXTURES, 'captures', 'dr-v1-failover.pcap'), '--mbps=20');
    // Its own joins are nobody's: as listeners there are only those of the recording.
    const listeners = (await ask(wire, 'groups')) as { group: string; members: { mac: string }[] }[];
    expect(listeners.map(({ group }) => group)).toContain('224.0.0.81');
    expect(listeners.flatMap(({ members }) => members.map(({ mac }) => mac))).not.toContain(wire.monitorMac);
    program.kill('SIGTERM');
    await exited(program);
    await sleep(1500);
    tcpdump.kill('SIGTERM');
    await exited(tcpdump);
    const print = (...options: string[]) =>
      execFileSync('tcpdump', [...options, '-nr', capture], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    const lines = print().trim().split('\n');
    const groups = print('-v');
    rmSync(capture);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => !/igmp v3 report|multicast listener report v2/.test(line))).toEqual([]);
    expect(groups).toContain('224.0.0.81');
  });
});
