/** Live windows anywhere in any order: what a client holds is what the list has there. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { Value } from 'typebox/value';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { CONNECTION_ORDERS, parseConnectionOrder } from '../../src/contract/connection-order.ts';
import { parseConnectionFilter } from '../../src/contract/connection-query.ts';
import { DeltaSchema, type LiveAnswer, SnapshotSchema } from '../../src/contract/live.ts';
import { ConnectionWindow } from '../../src/http/connection-window.ts';
import { LIVE_TIMING } from '../../src/http/live-hub.ts';
import { LookPace } from '../../src/http/look-pace.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { slotOf } from '../../src/state/session.ts';
import { crowd, enterCrowd } from '../contract/crowd.ts';
import { LiveTable, type Wanted } from './live-table.ts';
import { recorded } from './recorded.ts';
import { type Serving, serving } from './serving.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Up extends Serving {
  readonly port: number;
}

async function up(monitor: Monitor): Promise<Up> {
  const server = serving(monitor, {}, { ...LIVE_TIMING, againMs: 10, beatMs: 100, mostRequests: 10_000 });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  closers.push(() => server.app.close());
  return { ...server, port: typeof address === 'object' && address ? address.port : 0 };
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 20_000) throw new Error('waited in vain');
    await sleep(5);
  }
}

async function watching({ port }: Up, wanted: readonly Wanted[]): Promise<LiveTable> {
  const table = new LiveTable(wanted);
  await table.connect(port);
  closers.push(() => table.socket?.terminate());
  await until(() => table.hasAll());
  return table;
}

type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** The whole list in its order, by pages that follow cursors. */
async function paged({ app }: Up, { noun, filter = {}, sort }: Wanted): Promise<Row[]> {
  const all: Row[] = [];
  let cursor: string | null = null;
  do {
    const query: URLSearchParams = new URLSearchParams({ ...filter, limit: '1000', ...(sort === undefined ? {} : { sort }) });
    if (cursor !== null) query.set('cursor', cursor);
    const page = (await app.inject({ url: `/api/v1/${noun}?${query}` })).json<{ items: Row[]; nextCursor: string | null }>();
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

const held = (table: LiveTable, id = 'c') => ({ ids: ids(table.rows(id)), total: table.held.get(id)?.total });

describe('a window of connections', () => {
  const one = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
  const sorts = one(undefined, ...CONNECTION_ORDERS.flatMap((name) => [name, `-${name}`]));
  const filters = one({}, { proto: 'tcp' }, { q: 'family == ipv6 && age > 20' });

  test('is where it was asked for, whatever the order', { timeout: 60_000 }, async () => {
    const server = await up(crowd(3000, 4));
    const lists = new Map<string, Promise<Row[]>>();
    const listOf = (wanted: Wanted): Promise<Row[]> => {
      const key = JSON.stringify(wanted);
      const list = lists.get(key) ?? paged(server, wanted);
      lists.set(key, list);
      return list;
    };
    await fc.assert(
      fc.asyncProperty(sorts, filters, fc.nat(), fc.integer({ min: 1, max: 1000 }), async (sort, filter, from, limit) => {
        const list: Wanted = { id: 'c', noun: 'connections', filter, ...(sort ? { sort } : {}) };
        const whole = await listOf(list);
        const offset = from % (whole.length + 5);
        const table = await watching(server, [{ ...list, offset, limit }]);
        expect(held(table)).toEqual({ ids: ids(whole.slice(offset, offset + limit)), total: whole.length });
        table.socket?.close(1000);
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  test('follows what comes, changes and runs out, and ends as the list is', { timeout: 60_000 }, async () => {
    const monitor = crowd(3000, 9);
    const server = await up(monitor);
    const wanted: readonly Wanted[] = [
      { id: 'c', noun: 'connections', sort: '-client', offset: 700, limit: 200 },
      { id: 'd', noun: 'connections', sort: 'expires', offset: 40, limit: 30, filter: { proto: 'udp' } },
      { id: 'e', noun: 'connections', sort: 'age', limit: 100, filter: { maxAge: '120' } },
      { id: 'f', noun: 'connections', offset: 1000, limit: 300 },
      { id: 'g', noun: 'connections', sort: 'syncCount', offset: 500, limit: 100 },
    ];
    const table = await watching(server, wanted);
    for (let seed = 20; seed < 40; seed++) {
      enterCrowd(monitor, 200, seed);
      monitor.advance((monitor.clock.nowMicros ?? 0) + 20_000_000);
      server.publish();
      await sleep(60);
    }
    for (const want of wanted) {
      const whole = await paged(server, want);
      const rows = whole.slice(want.offset ?? 0).slice(0, want.limit);
      await until(() => held(table, want.id).ids.join() === ids(rows).join());
      expect([want.id, held(table, want.id).total]).toEqual([want.id, whole.length]);
      const lasting = (all: readonly object[]) => all.map((row) => ({ ...row, expiresInSeconds: null }));
      expect([want.id, lasting(table.rows(want.id))]).toEqual([want.id, lasting(rows)]);
    }
    expect(table.counts.snapshots).toBe(wanted.length);
    expect(table.counts.deltas).toBeGreaterThan(30);
  });
});

describe('between two looks at the table', () => {
  /** A window whose next look is far away until the returned function is called. */
  function rarely(monitor: Monitor, sort: string) {
    const { app, context } = serving(monitor);
    closers.push(() => app.close());
    const pace = new LookPace();
    const place = { offset: 0, limit: 500 };
    const window = new ConnectionWindow(context, { filter: parseConnectionFilter({}), order: parseConnectionOrder(sort), place, pace });
    monitor.sessions.takeChanges();
    window.next();
    const costly = {};
    pace.looked(costly, 1_000_000);
    const expected = async () => ids((await app.inject({ url: `/api/v1/connections?sort=${sort}&limit=500` })).json().items);
    const note = () => window.note(new Uint32Array(monitor.sessions.takeChanges()));
    return { window, expected, note, mayLook: () => pace.leave(costly) };
  }

  test('rows in the window are told, and stay where they are', async () => {
    const monitor = crowd(2000, 3);
    const { window, expected, note, mayLook } = rarely(monitor, '-syncCount');
    const before = window.ids();
    expect(before).toEqual(await expected());
    enterCrowd(monitor, 1000, 3);
    note();
    const { upsert, remove } = window.next();
    expect(upsert.size).toBeGreaterThan(5);
    expect(remove).toEqual([]);
    expect(window.ids()).toEqual(before);
    mayLook();
    await sleep(1050);
    window.next();
    expect(window.ids()).not.toEqual(before);
    expect(window.ids()).toEqual(await expected());
  });

  test('a session that has ended leaves, and so does one that is another by now', async () => {
    const monitor = crowd(1000, 6);
    const { window, expected, note, mayLook } = rarely(monitor, 'expires');
    const before = window.ids();
    monitor.advance((monitor.clock.nowMicros ?? 0) + 500_000_000);
    const left = monitor.sessions.live;
    enterCrowd(monitor, 400, 7);
    expect(monitor.sessions.live).toBeGreaterThan(left);
    note();
    const { remove } = window.next();
    expect(remove.length).toBeGreaterThan(0);
    expect(window.ids()).toEqual(before.filter((id) => !remove.includes(id)));
    expect(remove.filter((id) => slotOf(monitor.sessions, id) !== 0)).toEqual([]);
    expect(window.ids().filter((id) => slotOf(monitor.sessions, id) === 0)).toEqual([]);
    mayLook();
    await sleep(1050);
    window.next();
    expect(window.ids()).toEqual(await expected());
  });

  test('is the more time the more all windows cost: a twentieth of it, and never less than a second', () => {
    const pace = new LookPace();
    const [one, other] = [{}, {}];
    expect(pace.everyMs()).toBe(1000);
    pace.looked(one, 30);
    expect(pace.everyMs()).toBe(1000);
    pace.looked(one, 100);
    pace.looked(other, 150);
    expect(pace.everyMs()).toBe(5000);
    pace.looked(other, 50);
    expect(pace.everyMs()).toBe(3000);
    pace.leave(one);
    expect(pace.everyMs()).toBe(1000);
  });
});

test('messages with an order have the shape that is described', async () => {
  const monitor = crowd(300, 6);
  const server = await up(monitor);
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`);
  closers.push(() => socket.terminate());
  const answers: LiveAnswer[] = [];
  socket.on('message', (data) => answers.push(JSON.parse(String(data)) as LiveAnswer));
  socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 'c', noun: 'connections', offset: 3 })));
  await until(() => answers.length > 0);
  enterCrowd(monitor, 300, 6);
  server.publish();
  await until(() => answers.length > 1);
  expect([...Value.Errors(SnapshotSchema, answers[0])]).toEqual([]);
  expect([...Value.Errors(DeltaSchema, answers[1])]).toEqual([]);
  expect(answers[1]).toMatchObject({ type: 'delta', order: expect.any(Array) });
});

describe('other lists', () => {
  const wanted: readonly Wanted[] = [
    { id: 'events', noun: 'events', sort: '-at', limit: 7 },
    { id: 'events on', noun: 'events', sort: 'kind', offset: 3, limit: 5, filter: { severity: 'info' } },
    { id: 'events own', noun: 'events', offset: 2 },
    { id: 'neighbors', noun: 'neighbors', sort: '-address', offset: 1, limit: 3 },
    { id: 'vrrp', noun: 'vrrp', sort: 'vrid' },
    { id: 'services', noun: 'services', sort: 'virtual.address', limit: 2 },
    { id: 'daemons', noun: 'daemons', offset: 1 },
    { id: 'beyond', noun: 'anomalies', sort: 'kind', offset: 4_294_967_295 },
  ];

  test('are where REST has them', async () => {
    const server = await up(await recorded('dr-v1-failover'));
    const table = await watching(server, wanted);
    for (const want of wanted) {
      const whole = await paged(server, want);
      const rows = whole.slice(want.offset ?? 0).slice(0, want.limit ?? 100);
      expect([want.id, held(table, want.id)]).toEqual([want.id, { ids: ids(rows), total: whole.length }]);
    }
    expect(held(table, 'events').ids).toHaveLength(7);
  });
});

describe('what is refused', () => {
  test.each([
    [{ noun: 'connections', sort: 'colour' }, /sort=colour.*proto, expires, age/],
    [{ noun: 'connections', sort: '' }, /sort= .*proto, expires, age/],
    [{ noun: 'events', sort: '-frames' }, /sort=-frames.*id, at/],
    [{ noun: 'status', sort: 'id' }, /no parameter sort/],
    [{ noun: 'status', offset: 0 }, /no parameter offset/],
    [{ noun: 'connections', sort: 1 }, /sort/],
    [{ noun: 'connections', offset: -1 }, /offset/],
    [{ noun: 'connections', offset: 1.5 }, /offset/],
    [{ noun: 'connections', offset: 2 ** 32 }, /offset/],
    [{ noun: 'connections', offset: '5' }, /offset/],
    [{ noun: 'connections', filter: { sort: 'age' } }, /no parameter sort/],
    [{ noun: 'connections', filter: { offset: '1' } }, /no parameter offset/],
  ])('%j', async (request, detail) => {
    const server = await up(crowd(20, 1));
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`);
    closers.push(() => socket.terminate());
    const answer = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 'a', ...request })));
    expect(await answer).toMatchObject({ type: 'error', id: 'a', detail: expect.stringMatching(detail) });
  });
});
