/** Live clients that are cut off: whatever happens to their connections, they end with exactly what the server has. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readCapture } from '../../src/capture/file.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import type { LiveAnswer } from '../../src/contract/live.ts';
import { LIVE_TIMING, type LiveTiming } from '../../src/http/live-hub.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { CROWD_START_MICROS, crowd, enterCrowd, random } from '../contract/crowd.ts';
import { FIXTURES, ROOT } from '../environment.ts';
import { messageV1, recordV1, syncFrame } from '../sync-message.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { isOrdered, LiveTable, type Wanted } from './live-table.ts';
import { type Serving, serving } from './serving.ts';

const QUICK: LiveTiming = { ...LIVE_TIMING, againMs: 10, beatMs: 100 };
const TURN_MS = 60;
/** A sorted window is looked at again at most once in that time. */
const LOOK_MS = 1000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The app over a monitor, which can be stopped and started again as another run of it. */
class Up {
  serving: Serving | null = null;
  port = 0;
  private readonly monitor: Monitor;
  private readonly timing: LiveTiming;

  constructor(monitor: Monitor, timing = QUICK) {
    this.monitor = monitor;
    this.timing = timing;
    closers.push(() => this.serving?.app.close());
  }

  async start(): Promise<this> {
    await this.serving?.app.close();
    this.serving = serving(this.monitor, {}, this.timing);
    await this.serving.app.listen({ host: '127.0.0.1', port: 0 });
    const address = this.serving.app.server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
    return this;
  }

  publish(): void {
    this.serving?.publish();
  }

  /** Breaks all connections at the server's end. */
  terminateAll(): void {
    for (const client of this.serving?.app.websocketServer.clients ?? []) client.terminate();
  }

  /** What REST says, as `LiveTable` sorts it. */
  async rest(wanted: Wanted): Promise<unknown[]> {
    const { noun, filter = {}, limit = 100, offset = 0, sort } = wanted;
    const query = new URLSearchParams({ ...filter, ...(sort === undefined ? {} : { sort }), offset: String(offset), limit: String(limit) });
    const answer = await this.serving?.app.inject({ url: `/api/v1/${noun}?${query}` });
    const { items } = answer?.json<{ items: { id: string }[] }>() ?? { items: [] };
    return isOrdered(wanted) ? items : items.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

/** Seconds left go by without a message. */
const lasting = (rows: readonly unknown[]): unknown[] =>
  rows.map((row) => {
    const { expiresInSeconds: _left, ...rest } = row as { expiresInSeconds?: number };
    return rest;
  });

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 5) {
    if (waited > 20_000) throw new Error('waited in vain');
    await sleep(5);
  }
}

const WANTED: readonly Wanted[] = [
  { id: 'all', noun: 'connections', limit: 1000 },
  { id: 'some', noun: 'connections', limit: 20, filter: { proto: 'tcp' }, everyMs: 100 },
  { id: 'by client', noun: 'connections', sort: '-client', offset: 30, limit: 40 },
  { id: 'by expiry', noun: 'connections', sort: 'expires', limit: 60, filter: { proto: 'tcp' }, everyMs: 100 },
  { id: 'by age of those that last', noun: 'connections', sort: 'age', offset: 10, limit: 30, filter: { minAge: '5' } },
  { id: 'from the middle on', noun: 'connections', offset: 50, limit: 100, filter: { proto: 'udp' } },
  { id: 'latest events', noun: 'events', sort: '-at', limit: 5 },
  { id: 'services', noun: 'services', limit: 1000 },
  { id: 'daemons', noun: 'daemons' },
  { id: 'vrrp', noun: 'vrrp' },
  { id: 'neighbors', noun: 'neighbors' },
  { id: 'groups', noun: 'groups' },
  { id: 'events', noun: 'events', limit: 1000 },
  { id: 'anomalies', noun: 'anomalies', limit: 1000 },
  { id: 'failovers', noun: 'failovers' },
  { id: 'capture', noun: 'capture' },
];

const frameAt = (message: readonly number[], atMicros: number) => ({ ...syncFrame(message, atMicros), interface: null, number: 1 });

/** Something new for the monitor, a little at a time. */
type Step = () => void;

async function recordedSteps(monitor: Monitor, name: string, steps: number): Promise<Step[]> {
  const frames: Parameters<ReturnType<typeof createPipeline>>[0][] = [];
  await readCapture(join(FIXTURES, 'captures', `${name}.pcap`), {
    frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }),
  });
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
  const each = Math.ceil(frames.length / steps);
  return Array.from({ length: steps }, (_, i) => () => {
    for (const frame of frames.slice(i * each, (i + 1) * each)) enter(frame);
  });
}

/** Sync messages a while apart, each with sessions that come, change and run out. */
function randomSteps(monitor: Monitor, seed: number, steps: number): Step[] {
  const below = random(seed);
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
  let atMicros = CROWD_START_MICROS;
  return Array.from({ length: steps }, () => () => {
    atMicros += below(3_000_000);
    const records = Array.from({ length: 1 + below(30) }, () => ({
      proto: [6, 17][below(2)],
      client: `10.1.${below(4)}.${below(200)}`,
      clientPort: 1024 + below(3),
      virtual: `10.2.0.${below(3)}`,
      destination: `10.3.0.${below(4)}`,
      state: below(2),
      timeout: 20 + below(200),
    }));
    enter(frameAt(messageV1(records.map(recordV1)), atMicros));
  });
}

/** The ways in which a connection ends. Those that leave the server in the dark are left behind by the client. */
const CUTS: readonly ((table: LiveTable, proxy: CuttingProxy, server: Up, below: (most: number) => number) => void)[] = [
  (table) => table.socket?.terminate(),
  (_, proxy, __, below) => proxy.cutAfter(1 + below(3000)),
  (_, __, server) => server.terminateAll(),
  (_, proxy) => proxy.fallSilent(),
  (table) => table.socket?.pause(),
];

const CUT_TIMES = 50;

interface Ordeal {
  readonly steps: readonly Step[];
  readonly server: Up;
  readonly seed: number;
  /** Whether each tenth cut is a restart of the server. */
  readonly restarts: boolean;
}

/** Plays the steps while the client is cut again and again. */
async function ordeal({ steps, server, seed, restarts }: Ordeal): Promise<LiveTable> {
  const below = random(seed);
  const proxy = await CuttingProxy.before(() => server.port);
  closers.push(() => proxy.close());
  const table = new LiveTable(WANTED);
  let step = 0;
  const playing = setInterval(() => {
    if (step < steps.length) steps[step++]();
    server.publish();
  }, 15);
  closers.push(() => clearInterval(playing));
  for (let cut = 0; cut < CUT_TIMES; cut++) {
    await table.connect(proxy.port);
    // At times long enough for an answer to everything, at times not.
    await sleep(below(150));
    if (restarts && cut % 10 === 9) await server.start();
    else CUTS[below(CUTS.length)](table, proxy, server, below);
    await sleep(below(40));
    table.socket?.on('error', () => undefined).terminate();
  }
  await table.connect(proxy.port);
  await until(() => step >= steps.length);
  clearInterval(playing);
  server.publish();
  await until(() => table.hasAll());
  await sleep(2 * QUICK.beatMs + TURN_MS + LOOK_MS);
  return table;
}

const SEEDS = [7, 1 + (Date.now() % 1_000_000)];

describe(`a client that is cut ${CUT_TIMES} times`, () => {
  const STEPS = 300;
  for (const restarts of [false, true]) {
    const where = restarts ? ', the server restarted meanwhile' : '';
    test.each(SEEDS)(`while random sync comes in${where} (seed %d)`, { timeout: 60_000 }, async (seed) => {
      const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
      const server = await new Up(monitor).start();
      const table = await ordeal({ steps: randomSteps(monitor, seed, STEPS), server, seed, restarts });
      for (const wanted of WANTED)
        expect([wanted.id, lasting(table.rows(wanted.id))]).toEqual([wanted.id, lasting(await server.rest(wanted))]);
      expect(table.held.get('all')?.total).toBe(monitor.sessions.live);
      expect(table.counts.resumed).toBeGreaterThan(100);
    });
  }

  test.each(['dr-v1-failover', 'split-brain'])('while the recording %s plays', { timeout: 60_000 }, async (name) => {
    const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
    const server = await new Up(monitor).start();
    const seed = SEEDS[1];
    const table = await ordeal({ steps: await recordedSteps(monitor, name, STEPS), server, seed, restarts: false });
    for (const wanted of WANTED)
      expect([seed, wanted.id, lasting(table.rows(wanted.id))]).toEqual([seed, wanted.id, lasting(await server.rest(wanted))]);
    expect(table.held.get('events')?.rows.size).toBeGreaterThan(0);
  });
});

describe('coming back', () => {
  const ONE: readonly Wanted[] = [{ id: 'c', noun: 'connections', limit: 1000 }];

  /** Connected, with a snapshot. */
  async function watching(server: Up, wanted = ONE): Promise<LiveTable> {
    const table = new LiveTable(wanted);
    await table.connect(server.port);
    await until(() => table.hasAll());
    closers.push(() => table.socket?.terminate());
    return table;
  }

  async function back(table: LiveTable, server: Up): Promise<void> {
    await table.connect(server.port);
    await until(() => table.hasAll());
  }

  test('in time brings one delta of exactly what was missed, of a row that changed often its last value', async () => {
    const monitor = crowd(200, 1);
    monitor.sessions.takeChanges();
    const server = await new Up(monitor).start();
    const table = await watching(server);
    table.socket?.terminate();
    for (let i = 0; i < 5; i++) {
      enterCrowd(monitor, 60, 2);
      server.publish();
      await sleep(20);
    }
    const before = new Map(table.held.get('c')?.rows);
    await back(table, server);
    expect(table.counts).toEqual({ snapshots: 1, deltas: 1, resumed: 1 });
    const expected = lasting(await server.rest(ONE[0]));
    expect(lasting(table.rows('c'))).toEqual(expected);
    const untouched = table.rows('c').filter((row) => before.get(row.id) === row);
    expect(untouched.length).toBeGreaterThan(50);
    expect(untouched.length).toBeLessThan(expected.length);
  });

  test('when nothing was missed says so', async () => {
    const server = await new Up(crowd(100, 1)).start();
    server.publish();
    const table = await watching(server);
    table.socket?.terminate();
    await back(table, server);
    expect(table.counts).toEqual({ snapshots: 1, deltas: 1, resumed: 1 });
  });

  test('before the server has noticed takes the subscription from the connection that is dead', async () => {
    const monitor = crowd(100, 1);
    const server = await new Up(monitor).start();
    const table = await watching(server);
    const dead = table.socket;
    const heard: unknown[] = [];
    dead?.on('message', (data) => heard.push(data));
    await back(table, server);
    enterCrowd(monitor, 50, 9);
    server.publish();
    await until(() => table.counts.deltas > 1);
    expect([heard.length, table.counts.resumed, table.counts.snapshots]).toEqual([0, 1, 1]);
    dead?.terminate();
    await sleep(30);
    enterCrowd(monitor, 50, 10);
    server.publish();
    await until(() => table.counts.deltas > 2);
  });

  /** @param spoil what is different from an honest return */
  async function answerTo(server: Up, table: LiveTable, spoil: object): Promise<LiveAnswer> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`);
    closers.push(() => socket.terminate());
    const answer = new Promise<LiveAnswer>((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    const since = { ...table.position('c'), ...spoil };
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', ...ONE[0], since })));
    return answer;
  }

  test.each([
    ['a guessed secret', { resume: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['no secret', { resume: '' }],
    ['the epoch of another run', { epoch: '9b3c1a86-0000-4000-8000-000000000000' }],
    ['a number that was not reached', { seq: 5 }],
    ['the largest number', { seq: 2 ** 48 }],
  ])('with %s is answered by a snapshot of its own, and the subscription stays with whose it is', async (_, spoil) => {
    const monitor = crowd(100, 1);
    const server = await new Up(monitor).start();
    const table = await watching(server);
    const answer = await answerTo(server, table, spoil);
    expect(answer.type).toBe('snapshot');
    expect(answer.type === 'snapshot' && answer.resume).not.toBe(table.position('c')?.resume);
    enterCrowd(monitor, 50, 9);
    server.publish();
    await until(() => table.counts.deltas === 1);
  });

  test('with another filter is answered by a snapshot', async () => {
    const server = await new Up(crowd(100, 1)).start();
    const table = await watching(server);
    const other = new LiveTable([{ id: 'c', noun: 'connections', limit: 1000, filter: { proto: 'udp' } }]);
    other.held.set('c', { ...(table.held.get('c') ?? expect.unreachable()) });
    await back(other, server);
    expect(other.counts).toEqual({ snapshots: 1, deltas: 0, resumed: 0 });
    expect(lasting(other.rows('c'))).toEqual(lasting(await server.rest({ ...ONE[0], filter: { proto: 'udp' } })));
  });

  test.each([
    ['after it was given up', 300, () => undefined],
    ['after a good-bye', 0, (table: LiveTable) => table.socket?.close(1000)],
  ])('%s is answered by a snapshot', async (_, waitMs, leave) => {
    const server = await new Up(crowd(100, 1), { ...QUICK, parkMs: 50 }).start();
    const table = await watching(server);
    leave(table);
    await sleep(30);
    table.socket?.terminate();
    await sleep(waitMs);
    await back(table, server);
    expect(table.counts).toEqual({ snapshots: 2, deltas: 0, resumed: 0 });
  });

  test('after more has left the window than is remembered is answered by a snapshot', async () => {
    const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
    const server = await new Up(monitor).start();
    const table = await watching(server);
    table.socket?.terminate();
    const other = await watching(server);
    const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
    // A thousand sessions that last for two seconds, ten times.
    for (let round = 0; round < 10; round++) {
      const atMicros = CROWD_START_MICROS + round * 5_000_000;
      monitor.advance(atMicros);
      for (let i = 0; i < 1000; i += 40) {
        const records = Array.from({ length: 40 }, (_, k) => recordV1({ client: `10.1.${round}.1`, clientPort: 1024 + i + k, timeout: 2 }));
        enter(frameAt(messageV1(records), atMicros));
      }
      server.publish();
      await sleep(TURN_MS);
    }
    await until(() => other.held.get('c')?.total === 1000);
    await back(table, server);
    expect(table.counts).toEqual({ snapshots: 2, deltas: 0, resumed: 0 });
    expect(lasting(table.rows('c'))).toEqual(lasting(await server.rest(ONE[0])));
    expect(other.counts.snapshots).toBe(1);
  });
});

test('the example of the docs, run as it stands, goes on where it was cut, and begins anew with another run of the server', async () => {
  const monitor = crowd(60, 3);
  const server = await new Up(monitor).start();
  const proxy = await CuttingProxy.before(() => server.port);
  closers.push(() => proxy.close());
  const example = spawn(process.execPath, [join(ROOT, 'docs', 'live-client.js'), `ws://127.0.0.1:${proxy.port}/api/v1/live`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closers.push(() => example.kill());
  let printed = '';
  example.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const lines = () => printed.split('\n').slice(0, -1);
  const held = () => lines().at(-1)?.split(' ')[2].split(',').sort();
  const hasAll = async () => {
    const ids = (await server.rest({ id: '', noun: 'connections', limit: 1000 })).map((row) => (row as { id: string }).id);
    return JSON.stringify(held()) === JSON.stringify(ids);
  };
  await until(hasAll);
  server.terminateAll();
  enterCrowd(monitor, 40, 4);
  server.publish();
  await until(hasAll);
  expect(lines().map((line) => line.split(' ')[0])).toEqual(['snapshot', 'delta']);
  await server.start();
  enterCrowd(monitor, 40, 5);
  await until(hasAll);
  expect(lines().at(-1)).toMatch(/^snapshot 0 /);
});
