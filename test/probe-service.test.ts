/**
 * Capture as a service of its own: `lvscope probe` with CAP_NET_RAW and nothing else, `lvscope run --from` with nothing at all,
 * under two users, as the two units of deploy/systemd have it. The table is the one that `replay` makes; each may be killed.
 */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { captureFilter } from '../src/capture/bpf.ts';
import { type ProbeMessage, readMessage } from '../src/capture/probe-messages.ts';
import { ProbeStream } from '../src/capture/probe-stream.ts';
import type { CaptureStatus } from '../src/contract/capture.ts';
import type { Connection } from '../src/contract/connection.ts';
import type { Event } from '../src/contract/event.ts';
import { SYNC } from './capture/monitor.ts';
import { createWire, exited, until, type Wire } from './capture/wire.ts';
import { FIXTURES, LVSCOPE, needs } from './environment.ts';
import { capabilitiesOf, childrenOf, NET_RAW, NOTHING, rightsOf } from './process-rights.ts';

const FIRST = join(FIXTURES, 'captures', 'persistence-fwmark.pcap');
const SECOND = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');
const LONG_MS = 60_000;
/** On every Debian; their own users are made when the package is installed. */
const [DAEMON, NOBODY, NOGROUP] = [1, 65534, 65534];
const URL = 'http://127.0.0.1:19854';

const endpoint = ({ address, port }: Connection['client']): string => `${address} ${port}`;
const rowOf = (c: Connection): string =>
  [c.proto, c.state, endpoint(c.client), endpoint(c.virtual), endpoint(c.destination), c.flags, c.timeoutSeconds, c.syncCount].join(' ');
const rows = (connections: readonly Connection[]): string[] => connections.map(rowOf).sort();

function replayed(...files: string[]): string[] {
  const options = ['replay', ...files, '--show', 'connections', '--json'];
  return rows(JSON.parse(execFileSync(process.execPath, [LVSCOPE, ...options], { maxBuffer: 1 << 28 }).toString()));
}

interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  said(): string;
}

describe.skipIf(needs('namespaces', 'tcpreplay', 'pcap'))('capture as a service of its own', () => {
  let wire: Wire;
  let folder: string;
  let socketPath: string;

  beforeEach(() => {
    wire = createWire();
    wire.ip('link', 'set', 'lo', 'up');
    folder = mkdtempSync(join(tmpdir(), 'lvscope-service-'));
    chmodSync(folder, 0o755);
    // As RuntimeDirectory= and StateDirectory= of the units make them.
    for (const [name, uid] of [
      ['run', DAEMON],
      ['state', NOBODY],
    ] as const) {
      mkdirSync(join(folder, name), { mode: 0o750 });
      chownSync(join(folder, name), uid, NOGROUP);
    }
    socketPath = join(folder, 'run', 'socket');
  });
  afterEach(() => {
    wire.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(uid: number, capabilities: string, upWith: string, ...words: string[]): Promise<Program> {
    const identity = ['--reuid', String(uid), '--regid', String(NOGROUP), '--clear-groups', '--no-new-privs'];
    const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'].map((set) => `${set}=${capabilities}`);
    const child = wire.onMonitor('setpriv', ...identity, ...sets, process.execPath, LVSCOPE, ...words);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        said += chunk;
      });
    await until(`${words[0]} is up`, () => said.includes(upWith) || child.exitCode !== null, LONG_MS);
    return { child, pid: child.pid ?? 0, said: () => said };
  }

  const startService = (...options: string[]) =>
    start(DAEMON, '-all,+net_raw', 'lvscope: probes at', 'probe', '--to', socketPath, ...options);
  const startMonitor = (...options: string[]) => {
    const where = ['--data', join(folder, 'state'), '--listen', URL.slice('http://'.length)];
    return start(NOBODY, '-all', 'lvscope: http', 'run', '--from', socketPath, '-i', 'mon0', ...where, ...options);
  };

  const ask = <T>(...noun: string[]): T => JSON.parse(wire.run(process.execPath, LVSCOPE, ...noun, '--json', '--url', URL));
  const table = (): string[] => rows(ask<Connection[]>('connections'));
  const FETCH = `fetch('${URL}/api/v1/capture').then((answer) => answer.text()).then(console.log)`;
  const capture = (): CaptureStatus | undefined => JSON.parse(wire.run(process.execPath, '-e', FETCH)).items.at(0);
  const untilCaptured = () => until('mon0 is captured', () => capture()?.up === true, LONG_MS);

  test('the table, the counters and the rights; then either is killed and comes back', async () => {
    const service = await startService('-i', 'mon0');
    expect(statSync(socketPath).mode & 0o777).toBe(0o660);
    const monitor = await startMonitor();
    await untilCaptured();
    expect(capabilitiesOf(rightsOf(monitor.pid))).toEqual([NOTHING, NOTHING, NOTHING, NOTHING, NOTHING]);
    expect(rightsOf(monitor.pid)).toMatchObject({ uids: Array(4).fill(String(NOBODY)), noNewPrivileges: true });
    for (const pid of [service.pid, ...childrenOf(service.pid)])
      expect(capabilitiesOf(rightsOf(pid))).toEqual([NET_RAW, NET_RAW, NET_RAW, NET_RAW, NET_RAW]);
    expect(childrenOf(monitor.pid)).toEqual([]);

    await wire.replay(FIRST, '--mbps=20');
    const first = replayed(FIRST);
    expect(first.length).toBeGreaterThan(5);
    await until('the table is there', () => table().length >= first.length, LONG_MS);
    expect(table()).toEqual(first);
    expect(capture()).toMatchObject({ kind: 'pcap', interface: 'mon0', dropped: { kernel: 0, interface: 0, queue: 0 }, blind: [] });

    service.child.kill('SIGKILL');
    await until('that is told', () => JSON.stringify(capture()?.cannotSee).includes('probe service'), LONG_MS);
    // What the killed one left lies there still.
    expect(statSync(socketPath).isSocket()).toBe(true);
    await startService('-i', 'mon0');
    await untilCaptured();
    const [blind] = ask<Event[]>('events', 'kind=sniff.blind');
    expect(blind).toMatchObject({ subject: { interface: 'mon0' }, reason: 'the probe service broke the connection off' });

    monitor.child.kill('SIGKILL');
    await exited(monitor.child);
    await startMonitor();
    await untilCaptured();
    expect(table()).toEqual(first);
    await wire.replay(SECOND, '--mbps=20');
    const more = new Set(replayed(SECOND));
    await until('what came since is there', () => table().filter((row) => more.has(row)).length === more.size, LONG_MS);
  });

  test('it comes up later than the monitor', async () => {
    await startMonitor();
    expect(capture()).toMatchObject({ up: false });
    expect(capture()?.cannotSee.join()).toContain('the probe service cannot be reached: connect ENOENT');
    await startService();
    await untilCaptured();
  });

  test.each([
    ['another interface', ['-i', 'lo'], [], 'it listens on lo only'],
    ['another group', [], ['--sync', '239.1.2.3:9000'], 'it listens to other sync groups or ports'],
  ])('%s than the service has', async (_, ofService, ofMonitor, reason) => {
    await startService(...ofService);
    const { child, said } = await startMonitor(...ofMonitor);
    await exited(child);
    expect(said()).toContain(`the probe service refuses: ${reason}`);
    expect(child.exitCode).toBe(3);
  });

  test('a cable that is pulled is told through it', async () => {
    await startService();
    await startMonitor();
    await untilCaptured();
    wire.farIp('link', 'set', 'wire0', 'down');
    await until('that is told', () => capture()?.up === false, LONG_MS);
    wire.farIp('link', 'set', 'wire0', 'up');
    await untilCaptured();
    expect(ask<Event[]>('events', 'kind=sniff.blind').at(0)?.reason).toMatch(/link (is|was) down/);
  });

  /** What the service answers to these octets, until it closes. */
  function answerTo(octets: string): Promise<ProbeMessage[]> {
    return new Promise((resolve, reject) => {
      const messages: ProbeMessage[] = [];
      const stream = new ProbeStream({ pcap: () => reject(new Error('frames')), message: (message) => messages.push(message) });
      const socket = connect(socketPath, () => socket.write(octets));
      socket.on('data', (answer) => stream.push(answer));
      socket.on('error', () => {});
      socket.on('close', () => resolve(messages));
    });
  }

  test('nothing is done for who asks for anything else', async () => {
    const service = await startService();
    const filter = captureFilter([SYNC], { tagged: true });
    const asked = { interface: 'mon0', filter, snapLength: 100 };
    const refusals = [
      ['no JSON', 'refused|link'],
      ['null', 'refused|link'],
      [JSON.stringify({ ...asked, interface: '../../etc' }), 'link'],
      [JSON.stringify({ ...asked, interface: ['mon0'] }), 'link'],
      [JSON.stringify({ ...asked, filter: 'tcp' }), 'refused'],
      [JSON.stringify({ ...asked, filter: `${filter} or tcp` }), 'refused'],
      [JSON.stringify({ ...asked, snapLength: 65536 }), 'refused'],
      [JSON.stringify({ ...asked, snapLength: '1e9' }), 'refused'],
    ] as const;
    for (const [request, fault] of refusals) {
      const [message] = await answerTo(`${request}\n`);
      expect(message, request).toMatchObject({ type: 'fault', fault: expect.stringMatching(fault) });
    }
    expect(await answerTo('x'.repeat(100_000))).toEqual([]);
    expect(await answerTo('')).toEqual([]);
    expect(childrenOf(service.pid)).toEqual([]);
    expect(service.child.exitCode).toBeNull();
  });

  test('who is in neither user nor group of the socket cannot connect', async () => {
    await startService();
    const script = `require('node:net').connect(${JSON.stringify(socketPath)}).on('error', ({ code }) => { console.log(code) })`;
    const as = ['--reuid', '12345', '--regid', '12345', '--clear-groups', process.execPath, '-e', script];
    expect(spawnSync('setpriv', as, { encoding: 'utf8' }).stdout).toBe('EACCES\n');
  });

  test('one service a socket', async () => {
    await startService();
    const second = await startService();
    await exited(second.child);
    expect(second.said()).toContain('another probe service listens there');
    expect(second.child.exitCode).toBe(1);
  });
});

test('messages of no probe are none', () => {
  const dropped = { kernel: 1, interface: 2, queue: 3 };
  for (const message of [
    { type: 'open', atMicros: 1 },
    { type: 'stats', atMicros: 1, dropped },
    { type: 'fault', fault: 'link', text: 'gone', goodMicros: 2 },
  ])
    expect(readMessage(JSON.stringify(message))).toEqual(message);
  for (const message of [
    null,
    7,
    [],
    {},
    { type: 'other' },
    { type: 'open' },
    { type: 'open', atMicros: '1' },
    { type: 'stats', atMicros: 1, dropped: { ...dropped, queue: -1 } },
    { type: 'stats', atMicros: 1, dropped: null },
    { type: 'fault', fault: 'other', text: '', goodMicros: 2 },
  ])
    expect(readMessage(JSON.stringify(message))).toBeNull();
  expect(readMessage('{')).toBeNull();
});
