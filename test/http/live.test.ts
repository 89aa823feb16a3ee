/** The live WebSocket, asked by real clients on a real port: what they hold is what the server has, or they are told. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import type { Connection } from '../../src/contract/connection.ts';
import type { Event } from '../../src/contract/event.ts';
import {
  type Delta,
  DeltaSchema,
  EVERY_MS,
  LIVE_LIMITS,
  LIVE_PROTOCOL,
  type LiveAnswer,
  type LiveError,
  LiveErrorSchema,
  type Snapshot,
  SnapshotSchema,
} from '../../src/contract/live.ts';
import type { Service } from '../../src/contract/service.ts';
import { LIVE_TIMING, type LiveTiming } from '../../src/http/live-hub.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { CROWD_START_MICROS, crowd, enterCrowd, random } from '../contract/crowd.ts';
import { watch } from '../watched.ts';
import { advert, HOST, LB2 } from '../wire-frames.ts';
import { looks, recorded } from './recorded.ts';
import { type Serving, serving } from './serving.ts';

/** A published change is told at once, or when the subscription's turn has come. */
const TURN_MS = EVERY_MS.least;
const QUICK: LiveTiming = { ...LIVE_TIMING, againMs: 10, beatMs: 40 };

interface Up extends Serving {
  readonly monitor: Monitor;
  readonly port: number;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function up(monitor: Monitor, timing = QUICK): Promise<Up> {
  const server = serving(monitor, {}, timing);
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  closers.push(() => server.app.close());
  return { ...server, monitor, port: typeof address === 'object' && address ? address.port : 0 };
}

/** A client that keeps rows as the protocol says, and fails when a message is out of order. */
class Client {
  readonly socket: WebSocket;
  readonly answers: LiveAnswer[] = [];
  readonly rows = new Map<string, Map<string, { readonly id: string }>>();
  readonly totals = new Map<string, number>();
  closed: { readonly code: number } | null = null;
  private readonly seqs = new Map<string, number>();

  constructor(port: number, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, { headers });
    this.socket.on('message', (data) => this.take(JSON.parse(String(data)) as LiveAnswer));
    this.socket.on('close', (code) => {
      this.closed = { code };
    });
    closers.push(() => this.socket.terminate());
  }

  async open(): Promise<this> {
    await once(this.socket, 'open');
    return this;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next answer from now on that the test is true for. */
  async answer<Answer extends LiveAnswer>(is: (answer: LiveAnswer) => answer is Answer, from = this.answers.length): Promise<Answer> {
    await until(() => this.answers.slice(from).some(is));
    const found = this.answers.slice(from).find(is);
    if (!found) throw new Error('no answer');
    return found;
  }

  ids(subscription: string): string[] {
    return [...(this.rows.get(subscription)?.keys() ?? [])].sort();
  }

  private take(answer: LiveAnswer): void {
    this.answers.push(answer);
    if (answer.type === 'error') return;
    const { id, seq } = answer;
    expect([id, seq]).toEqual([id, (this.seqs.get(id) ?? seq - 1) + 1]);
    if (answer.type === 'snapshot') this.rows.set(id, new Map());
    this.seqs.set(id, seq);
    this.totals.set(id, answer.total);
    const rows = this.rows.get(id);
    if (answer.type === 'delta') for (const gone of answer.remove) expect(rows?.delete(gone)).toBe(true);
    for (const item of (answer.type === 'snapshot' ? answer.items : answer.upsert) as { readonly id: string }[]) rows?.set(item.id, item);
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 20_000) throw new Error('waited in vain');
    await sleep(5);
  }
}

const isSnapshot = (answer: LiveAnswer): answer is Snapshot => answer.type === 'snapshot';
const isDelta = (answer: LiveAnswer): answer is Delta => answer.type === 'delta';
const isError = (answer: LiveAnswer): answer is LiveError => answer.type === 'error';
const subscribe = (noun: string, more: object = {}) => ({ type: 'subscribe', id: noun, noun, ...more });

/** What REST says, which is tested against ipvsadm and brute force. */
async function overRest<Item>(server: Up, path: string): Promise<Item[]> {
  const answer = await server.app.inject({ url: `/api/v1/${path}`, headers: { accept: 'application/x-ndjson, application/json;q=0.5' } });
  if (answer.headers['content-type'] === 'application/x-ndjson')
    return answer.body
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Item);
  return answer.json<{ items: Item[] }>().items;
}

describe('connections', () => {
  test('come as a snapshot with epoch, seq and total', async () => {
    const [{ t }] = looks('nat-v0', 'ipvsadm -Lnc').filter(({ output }) => output.trim().split('\n').length > 6);
    const server = await up(await recorded('nat-v0', t * 1e6));
    const client = await new Client(server.port).open();
    client.send(subscribe('connections', { limit: 3 }));
    const snapshot = await client.answer(isSnapshot, 0);
    expect([...Value.Errors(SnapshotSchema, snapshot)]).toEqual([]);
    expect([snapshot.id, snapshot.seq, snapshot.total]).toEqual(['connections', 0, server.monitor.sessions.live]);
    expect(snapshot.items).toEqual((await overRest<Connection>(server, 'connections')).slice(0, 3));
  });

  const FILTERS = [
    {},
    { proto: 'tcp' },
    { state: 'ESTABLISHED,CLOSE' },
    { client: '10.1.0.0/24', forward: 'masq,route' },
    { family: 'ipv6', template: 'false' },
    { proto: 'tcp,udp', q: 'client == 10.1.0.0/24 && !(state == ESTABLISHED) || syncCount > 1' },
  ];
  test.each(FILTERS.flatMap((filter) => [10, 1000].map((limit) => [JSON.stringify(filter), limit, filter] as const)))(
    'with %s, a window of %d rows, end up exactly as the server has them',
    async (_, limit, filter) => {
      const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
      const server = await up(monitor);
      const client = await new Client(server.port).open();
      client.send(subscribe('connections', { limit, filter }));
      await client.answer(isSnapshot, 0);
      const below = random(99);
      for (let step = 0; step < 12; step++) {
        if (below(3) > 0) enterCrowd(monitor, 300, step + 1);
        else monitor.advance((monitor.clock.nowMicros ?? CROWD_START_MICROS) + below(300) * 1_000_000);
        server.publish();
        if (below(2) === 0) await sleep(TURN_MS / 2);
      }
      const query = new URLSearchParams(filter as Record<string, string>);
      const expected = await overRest<Connection>(server, `connections?${query}`);
      await until(() => client.totals.get('connections') === expected.length);
      await sleep(3 * TURN_MS);
      expect(client.ids('connections')).toEqual(
        expected
          .slice(0, limit)
          .map(({ id }) => id)
          .sort(),
      );
      const lasting = ({ expiresInSeconds: _left, ...rest }: Connection) => rest;
      const held = [...(client.rows.get('connections')?.values() ?? [])] as unknown as Connection[];
      const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
      expect(held.map(lasting).sort(byId)).toEqual(expected.slice(0, limit).map(lasting).sort(byId));
    },
  );

  test('by age leave and come as they grow old, without a packet', async () => {
    const monitor = crowd(500, 21);
    const server = await up(monitor);
    const client = await new Client(server.port).open();
    client.send(subscribe('connections', { limit: 1000, filter: { maxAge: '100' } }));
    const { total } = await client.answer(isSnapshot, 0);
    expect(total).toBeGreaterThan(0);
    monitor.advance((monitor.clock.nowMicros ?? 0) + 60_000_000);
    await client.answer(isDelta);
    await until(() => (client.totals.get('connections') ?? 0) < total);
    expect(client.ids('connections')).toEqual((await overRest<Connection>(server, 'connections?maxAge=100')).map(({ id }) => id).sort());
  });

  test('are coalesced: many changes of one row are one row in a batch, and batches keep their distance', async () => {
    const monitor = createMonitor({ maxSessions: 1000, trackChanges: true });
    const server = await up(monitor);
    const client = await new Client(server.port).open();
    client.send(subscribe('connections', { limit: 1000, everyMs: 200 }));
    await client.answer(isSnapshot, 0);
    const began = performance.now();
    while (performance.now() - began < 700) {
      enterCrowd(monitor, 20, 5);
      server.publish();
      await sleep(5);
    }
    const deltas = client.answers.filter(isDelta);
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.length).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 200) + 1);
    for (const { upsert } of deltas) expect(new Set(upsert.map((row) => (row as Connection).id)).size).toBe(upsert.length);
  });

  test('stop when unsubscribed, and begin anew under the same id', async () => {
    const monitor = crowd(100, 2);
    monitor.sessions.takeChanges();
    const server = await up(monitor);
    const client = await new Client(server.port).open();
    client.send(subscribe('connections'));
    const first = await client.answer(isSnapshot, 0);
    client.send({ type: 'unsubscribe', id: 'connections' });
    await sleep(30);
    enterCrowd(monitor, 100, 3);
    server.publish();
    await sleep(3 * TURN_MS);
    expect(client.answers.filter(isDelta)).toEqual([]);
    client.send(
      subscribe('connections', { filter: { proto: 'udp' }, since: { epoch: first.epoch, seq: first.seq, resume: first.resume } }),
    );
    const second = await client.answer(isSnapshot, 1);
    expect([second.epoch, second.seq > first.seq]).toEqual([first.epoch, true]);
    expect(new Set(second.items.map((row) => (row as Connection).proto))).toEqual(new Set(['udp']));
  });
});

describe('other nouns', () => {
  // The best of three: other work on the machine is not what is measured.
  test('events come at once, only those asked for, and the window keeps the latest', { retry: 2 }, async () => {
    const monitor = createMonitor({ maxSessions: 1000, trackChanges: true });
    const server = await up(monitor, { ...LIVE_TIMING, beatMs: 60_000 });
    const client = await new Client(server.port).open();
    client.send(subscribe('events', { limit: 2, filter: { severity: 'critical' } }));
    expect((await client.answer(isSnapshot, 0)).items).toEqual([]);
    for (let i = 0; i < 5; i++) {
      const severity = i === 1 ? 'info' : 'critical';
      monitor.events.append({ atMicros: CROWD_START_MICROS + i, kind: 'vrrp.master_lost', severity, text: `number ${i}` });
      const told = performance.now();
      server.publish();
      if (severity === 'critical') {
        const delta = await client.answer(isDelta);
        expect(delta.upsert.map((event) => (event as Event).text)).toEqual([`number ${i}`]);
        expect(performance.now() - told).toBeLessThan(200);
      }
    }
    expect([...(client.rows.get('events')?.values() ?? [])].map((event) => (event as unknown as Event).text)).toEqual([
      'number 3',
      'number 4',
    ]);
    expect(client.totals.get('events')).toBe(4);
  });

  test('an event logged before the snapshot and told after it comes once', async () => {
    const monitor = createMonitor({ maxSessions: 1000, trackChanges: true });
    const server = await up(monitor);
    const client = await new Client(server.port).open();
    monitor.events.append({ atMicros: CROWD_START_MICROS, kind: 'sniff.gap', severity: 'info', text: 'early' });
    client.send(subscribe('events'));
    expect((await client.answer(isSnapshot, 0)).total).toBe(1);
    server.publish();
    await sleep(50);
    expect(client.answers.filter(isDelta)).toEqual([]);
  });

  test('services and status follow within a beat', async () => {
    const monitor = createMonitor({ maxSessions: 10_000, trackChanges: true });
    const server = await up(monitor);
    const client = await new Client(server.port).open();
    client.send(subscribe('services', { limit: 1000 }));
    client.send(subscribe('status'));
    await until(() => client.answers.filter(isSnapshot).length === 2);
    enterCrowd(monitor, 500, 6);
    await until(() => client.answers.filter(isDelta).length >= 2);
    const services = await overRest<Service>(server, 'services?limit=1000');
    await until(() => client.ids('services').length === services.length);
    expect([...(client.rows.get('services')?.values() ?? [])]).toEqual(expect.arrayContaining(services));
    const status = client.answers.filter(isDelta).find(({ id }) => id === 'status');
    expect(status?.upsert[0]).toMatchObject({ sessions: { live: monitor.sessions.live } });
    expect([...Value.Errors(DeltaSchema, status)]).toEqual([]);
  });
});

describe('what is made whole at each beat', () => {
  test.each(['vrrp', 'anomalies', 'failovers'] as const)('%s: the rows end up as REST has them', async (noun) => {
    const { monitor } = watch([]);
    const server = await up(monitor);
    const client = await new Client(server.port).open();
    client.send(subscribe(noun, { limit: 1000 }));
    const first = await client.answer(isSnapshot, 0);
    const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
    const before = Array.from({ length: 5 }, (_, i) => advert(i));
    const after = Array.from({ length: 5 }, (_, i) => advert(8 + i, { from: LB2 }));
    for (const [i, frame] of [...before, ...after, advert(13, { from: HOST, ttl: 64 })].entries())
      enter({ ...frame, number: i + 1, interface: 'eth0' });
    const wanted = await overRest<{ readonly id: string }>(server, `${noun}?limit=1000`);
    expect(wanted).not.toEqual(first.items);
    await expect.poll(() => client.ids(noun)).toEqual(wanted.map(({ id }) => id).sort());
    expect([...(client.rows.get(noun)?.values() ?? [])]).toEqual(expect.arrayContaining(wanted));
  });

  test('filtered as REST filters', async () => {
    const server = await up(watch([advert(0), advert(1), advert(2, { from: HOST, ttl: 64 })]).monitor);
    const client = await new Client(server.port).open();
    client.send(subscribe('anomalies', { filter: { kind: 'vrrp.ttl', check: 'raised' } }));
    const { items } = await client.answer(isSnapshot, 0);
    expect(items).toEqual(await overRest(server, 'anomalies?kind=vrrp.ttl&check=raised'));
    expect(items).toMatchObject([{ kind: 'vrrp.ttl', check: 'raised' }]);
    client.send(subscribe('failovers', { filter: { reason: 'boredom' } }));
    expect((await client.answer(isError)).detail).toMatch(/resigned/);
  });
});

describe('what is refused', () => {
  const bad: readonly (readonly [message: unknown, detail: RegExp, id: string | null])[] = [
    ['', /no JSON/, null],
    ['{"type":', /no JSON/, null],
    ['null', /subscribe or unsubscribe/, null],
    ['[]', /subscribe or unsubscribe/, null],
    [{ type: 'delete', id: 'a' }, /subscribe or unsubscribe/, 'a'],
    [{ type: 'subscribe' }, /required|must/, null],
    [{ type: 'subscribe', id: 'a', noun: 'passwords' }, /noun/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', limit: 0 }, /limit/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', limit: 1001 }, /limit/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', limit: '10' }, /limit/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', more: 1 }, /./, 'a'],
    [{ type: 'subscribe', id: '', noun: 'connections' }, /id/, null],
    [{ type: 'subscribe', id: 'x'.repeat(65), noun: 'connections' }, /id/, null],
    [{ type: 'subscribe', id: 'a', noun: 'connections', filter: { state: 1 } }, /filter/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', filter: { state: 'UP' } }, /state=UP.*ESTABLISHED/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', filter: { q: 'state == UP' } }, /q is not accepted: column 10.*ESTABLISHED/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'events', filter: { q: 'kind' } }, /column 5: it ends here/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', filter: { limit: '5' } }, /no parameter limit/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'events', filter: { severity: 'bad' } }, /severity=bad/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'services', filter: { x: '1' } }, /no parameter x/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'status', filter: { x: '1' } }, /no parameter x/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'groups', filter: { x: '1' } }, /no parameter x/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', everyMs: EVERY_MS.least - 1 }, /everyMs/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', everyMs: EVERY_MS.most + 1 }, /everyMs/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', since: { epoch: 'e', seq: 1 } }, /since/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', since: { epoch: 'e', seq: -1, resume: 'r' } }, /seq/, 'a'],
    [{ type: 'subscribe', id: 'a', noun: 'connections', since: { epoch: 'e', seq: 2 ** 53, resume: 'r' } }, /seq/, 'a'],
    [{ type: 'unsubscribe' }, /./, null],
  ];

  test('each mistake is answered, and the next request is served', async () => {
    const server = await up(crowd(50, 1));
    const client = await new Client(server.port).open();
    for (const [message, detail, id] of bad) {
      const from = client.answers.length;
      client.send(typeof message === 'string' ? message : JSON.stringify(message));
      const error = await client.answer(isError, from);
      expect([...Value.Errors(LiveErrorSchema, error)]).toEqual([]);
      expect([message, error.detail, error.id]).toEqual([message, expect.stringMatching(detail), id]);
    }
    client.send(subscribe('connections'));
    expect((await client.answer(isSnapshot)).total).toBe(server.monitor.sessions.live);
  });

  test('more than sixteen subscriptions', async () => {
    const server = await up(crowd(50, 1));
    const client = await new Client(server.port).open();
    for (let i = 0; i < 17; i++) client.send({ ...subscribe('status'), id: `s${i}` });
    expect((await client.answer(isError, 0)).detail).toMatch(/at most 16/);
  });

  test('more different subscriptions, of all clients, than there may be; the same ones are shared', async () => {
    const server = await up(crowd(50, 1));
    const each = LIVE_LIMITS.subscriptions;
    for (let n = 0; n <= LIVE_LIMITS.views; n += each) {
      const client = await new Client(server.port).open();
      for (let i = 0; i < each; i++) client.send({ ...subscribe('connections', { limit: 1 + n + i }), id: `s${i}` });
      await until(() => client.answers.length === each);
      const refused = client.answers.filter(isError);
      if (n < LIVE_LIMITS.views) expect(refused).toEqual([]);
      else {
        expect(refused.map(({ code }) => code)).toEqual(Array(each).fill('too_many_clients'));
        client.send(subscribe('connections', { limit: 1 }));
        await client.answer(isSnapshot, each);
      }
    }
  });

  test('more requests in a minute than there may be', async () => {
    const server = await up(crowd(50, 1), { ...QUICK, mostRequests: 20 });
    const client = await new Client(server.port).open();
    for (let i = 0; i < 25; i++) client.send({ type: 'unsubscribe', id: 'none' });
    await until(() => client.closed !== null);
    expect(client.closed?.code).toBe(1008);
  });

  test('a message of more than 64 kB', async () => {
    const server = await up(crowd(50, 1));
    const client = await new Client(server.port).open();
    client.send(' '.repeat(65_537));
    await until(() => client.closed !== null);
    // RFC 6455 section 7.4.1: 1009, message too big.
    expect(client.closed?.code).toBe(1009);
  });

  test.each([
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ host: 'evil.example' }, 421],
    [{ host: 'evil.example', origin: 'http://evil.example' }, 421],
  ])('an upgrade with %j', async (headers, status) => {
    const server = await up(crowd(50, 1));
    const client = new Client(server.port, headers as Record<string, string>);
    const [error] = (await once(client.socket, 'error')) as [Error];
    expect(error.message).toContain(String(status));
  });

  test.each([
    [[LIVE_PROTOCOL], LIVE_PROTOCOL],
    [['other', LIVE_PROTOCOL], LIVE_PROTOCOL],
    [[], ''],
  ])('but not one that offers the subprotocols %j', async (offered, chosen) => {
    const server = await up(crowd(50, 1));
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`, offered);
    closers.push(() => socket.terminate());
    await once(socket, 'open');
    expect([socket.protocol, socket.extensions]).toEqual([chosen, '']);
  });

  test('but not one from our own page', async () => {
    const server = await up(crowd(50, 1));
    const client = await new Client(server.port, { origin: `http://127.0.0.1:${server.port}` }).open();
    client.send(subscribe('status'));
    await client.answer(isSnapshot, 0);
  });
});

/** The same thousand sessions again and again: more than the sockets' own buffers take. */
async function flood({ monitor, publish }: Up): Promise<void> {
  for (let step = 0; step < 40; step++) {
    enterCrowd(monitor, 1500, 1);
    publish();
    await sleep(TURN_MS / 2);
  }
}

describe('clients that misbehave', () => {
  test('one that does not read is told in one piece what it missed when it reads again, and holds what the server has', async () => {
    const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
    const server = await up(monitor, { ...QUICK, mostBuffered: 20_000, slowMs: 60_000 });
    const client = await new Client(server.port).open();
    const other = await new Client(server.port).open();
    for (const one of [client, other]) one.send(subscribe('connections', { limit: 1000 }));
    await client.answer(isSnapshot, 0);
    client.socket.pause();
    await flood(server);
    client.socket.resume();
    await sleep(3 * TURN_MS);
    const expected = (await overRest<Connection>(server, 'connections')).slice(0, 1000);
    await until(() => client.totals.get('connections') === monitor.sessions.live);
    expect(client.ids('connections')).toEqual(expected.map(({ id }) => id).sort());
    expect(other.ids('connections')).toEqual(client.ids('connections'));
    expect(client.answers.filter(isDelta).length).toBeLessThan(other.answers.filter(isDelta).length);
  });

  test('one that does not read for too long is sent away with 4008', async () => {
    const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
    const server = await up(monitor, { ...QUICK, mostBuffered: 20_000, slowMs: 300 });
    const client = await new Client(server.port).open();
    client.send(subscribe('connections', { limit: 1000 }));
    await client.answer(isSnapshot, 0);
    client.socket.pause();
    await flood(server);
    client.socket.resume();
    await until(() => client.closed !== null);
    expect(client.closed?.code).toBe(4008);
    expect(server.context.counters.liveDropped.get('slow')).toBe(1);
  });

  test('one that answers no ping is gone after two', async () => {
    const server = await up(crowd(50, 1), { ...QUICK, pingMs: 50 });
    const dead = await rawClient(server.port);
    const alive = await new Client(server.port).open();
    await once(dead, 'close');
    expect(alive.closed).toBeNull();
    alive.send(subscribe('status'));
    await alive.answer(isSnapshot, 0);
  });

  test.each([
    ['a frame that is none', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a frame without a mask', Buffer.from([0x81, 0x02, 0x68, 0x69])],
    ['a reset', null],
  ])('%s harms nobody else', async (_, octets) => {
    const server = await up(crowd(50, 1));
    const broken = await rawClient(server.port);
    const client = await new Client(server.port).open();
    if (octets) {
      broken.write(octets);
      await once(broken, 'close');
    } else broken.resetAndDestroy();
    client.send(subscribe('status'));
    await client.answer(isSnapshot, 0);
  });
});

test('when the server stops, clients are told 1001, and the dead do not hold it up', async () => {
  const server = await up(crowd(50, 1), { ...QUICK, leaveMs: 100 });
  const client = await new Client(server.port).open();
  await rawClient(server.port);
  await server.app.close();
  await until(() => client.closed !== null);
  expect(client.closed?.code).toBe(1001);
});

/** A client that shakes hands and then does nothing: it answers no ping and no close. */
async function rawClient(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  socket.on('error', () => undefined);
  const lines = ['GET /api/v1/live HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Connection: Upgrade', 'Upgrade: websocket'];
  socket.write([...lines, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n'));
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(String(head)).toContain('101 Switching Protocols');
  socket.resume();
  return socket;
}
