/** What every list can do: some fields only, orders and pages, formats, tags, HEAD; and that it refuses what it cannot. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/contract/connection.ts';
import type { Neighbor } from '../../src/contract/neighbor.ts';
import type { Problem } from '../../src/contract/problem.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import type { App } from '../../src/http/context.ts';
import { crowd, enterCrowd } from '../contract/crowd.ts';
import { needs } from '../environment.ts';
import { looks, recorded } from './recorded.ts';
import { serving } from './serving.ts';

type Row = Readonly<Record<string, unknown>>;
type Answer = Awaited<ReturnType<App['inject']>>;
interface List<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total?: number;
}

const NOUNS = ['connections', 'services', 'daemons', 'vrrp', 'neighbors', 'groups', 'events', 'anomalies', 'failovers', 'capture'];

let app: App;
beforeAll(async () => {
  const [look] = looks('dr-v1-failover', 'ipvsadm -Lnc').filter(({ output }) => output.trim().split('\n').length > 4);
  ({ app } = serving(await recorded('dr-v1-failover', look.t * 1e6 + 60e6)));
});
afterAll(() => app.close());

async function list<Item = Row>(path: string, from = app): Promise<List<Item>> {
  const answer = await from.inject({ url: `/api/v1/${path}` });
  expect([path, answer.statusCode]).toEqual([path, 200]);
  return answer.json<List<Item>>();
}

async function text(path: string, accept: string): Promise<string> {
  const answer = await app.inject({ url: `/api/v1/${path}`, headers: { accept } });
  expect([path, answer.statusCode, answer.headers['content-type']?.toString().split(';')[0]]).toEqual([path, 200, accept]);
  return answer.body;
}

async function refused(url: string, accept = '*/*'): Promise<Problem> {
  const answer = await app.inject({ url, headers: { accept } });
  expect([url, answer.statusCode, answer.headers['content-type']?.toString().split(';')[0]]).toEqual([
    url,
    400,
    'application/problem+json',
  ]);
  return answer.json<Problem>();
}

const lines = (body: string): string[] => body.split('\n').filter((line) => line !== '');

describe.each(NOUNS)('%s', (noun) => {
  test('as NDJSON are what they are as JSON', async () => {
    const { items } = await list(`${noun}?limit=1000`);
    const given = lines(await text(noun, 'application/x-ndjson')).map((line) => JSON.parse(line) as Row);
    expect(given).toEqual(items);
    expect(lines(await text(`${noun}?limit=1`, 'application/x-ndjson')).length).toBe(Math.min(1, items.length));
  });

  test('in every order are all of them once, page by page', async () => {
    const openApi = (await app.inject({ url: '/api/v1/openapi.json' })).json();
    const parameters: { name: string; schema: { enum: string[] } }[] = openApi.paths[`/api/v1/${noun}`].get.parameters;
    const orders = parameters.find(({ name }) => name === 'sort')?.schema.enum ?? [];
    expect(orders.length).toBeGreaterThan(7);
    const ids = (items: readonly Row[]) => items.map(({ id }) => String(id));
    const all = ids((await list(`${noun}?limit=1000`)).items);
    for (const order of orders) {
      const paged: string[] = [];
      let cursor = '';
      do {
        const page = await list(`${noun}?sort=${order}&limit=${Math.max(1, Math.ceil(all.length / 3))}${cursor}`);
        paged.push(...ids(page.items));
        cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
      } while (cursor !== '');
      expect([order, paged]).toEqual([order, ids((await list(`${noun}?sort=${order}&limit=1000`)).items)]);
      expect([order, [...paged].sort()]).toEqual([order, [...all].sort()]);
    }
  });

  test('from an offset on are what pages have there, with how many there are in all', async () => {
    const openApi = (await app.inject({ url: '/api/v1/openapi.json' })).json();
    const parameters: { name: string; schema: { enum: string[] } }[] = openApi.paths[`/api/v1/${noun}`].get.parameters;
    const orders = parameters.find(({ name }) => name === 'sort')?.schema.enum ?? [];
    expect(parameters.map(({ name }) => name)).toContain('offset');
    for (const order of ['', ...orders.map((name) => `&sort=${name}`)]) {
      const all = (await list(`${noun}?limit=1000${order}`)).items.map(({ id }) => id);
      for (const offset of [0, 1, Math.floor(all.length / 2), all.length, 4_294_967_295]) {
        const page = await list(`${noun}?limit=3&fields=id&offset=${offset}${order}`);
        expect([order, offset, page]).toEqual([
          order,
          offset,
          { items: all.slice(offset, offset + 3).map((id) => ({ id })), nextCursor: null, total: all.length, asOf: expect.any(String) },
        ]);
      }
    }
    expect((await list(`${noun}?limit=1`)).total).toBeUndefined();
    const given = lines(await text(`${noun}?limit=2&offset=1`, 'application/x-ndjson')).map((line) => JSON.parse(line) as Row);
    expect(given).toEqual((await list(`${noun}?limit=1000`)).items.slice(1, 3));
  });

  test('have a tag which stays while they are the same', async () => {
    const url = `/api/v1/${noun}?limit=2`;
    const { headers } = await app.inject({ url });
    expect(headers.etag).toMatch(/^W\/"[\w-]{22}"$/);
    for (const tags of [String(headers.etag), String(headers.etag).slice(2), `"other", ${headers.etag}`, '*']) {
      const again = await app.inject({ url, headers: { 'if-none-match': tags } });
      expect([tags, again.statusCode, again.body, again.headers.etag]).toEqual([tags, 304, '', headers.etag]);
    }
    expect((await app.inject({ url, headers: { 'if-none-match': '"other"' } })).statusCode).toBe(200);
    expect((await app.inject({ url, headers: { accept: 'text/csv' } })).headers.etag).toBeUndefined();
    const { items } = await list(`${noun}?limit=1`);
    if (items.length === 0) return;
    const one = `/api/v1/${noun}/${encodeURIComponent(String(items[0].id))}`;
    const tag = String((await app.inject({ url: one })).headers.etag);
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect((await app.inject({ url: one, headers: { 'if-none-match': tag } })).statusCode).toBe(304);
  });

  test('answer HEAD as GET, without the body', async () => {
    for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
      const [get, head] = await Promise.all(
        (['GET', 'HEAD'] as const).map((method) => app.inject({ method, url: `/api/v1/${noun}`, headers: { accept } })),
      );
      expect([head.statusCode, head.body, head.headers['content-type'], head.headers.etag]).toEqual([
        get.statusCode,
        '',
        get.headers['content-type'],
        get.headers.etag,
      ]);
    }
  });

  test.each([
    ['colour=red', 'colour', /limit, cursor, offset, fields/],
    ['fields=id,colour', 'fields', /names of fields apart by commas: id, /],
    ['fields=', 'fields', /id/],
    ['sort=colour', 'sort', /- before it/],
    ['limit=0', 'limit', /1 to 1000/],
    ['offset=-1', 'offset', /0 to 4294967295/],
    ['offset=4294967296', 'offset', /0 to 4294967295/],
    ['offset=1.5', 'offset', /whole number/],
    ['offset=', 'offset', /whole number/],
    ['offset=0&cursor=WyJ4Il0', 'offset', /beside a cursor/],
    ['sort=-&offset=0', 'sort', /- before it/],
    ['cursor=abc', 'cursor', /nextCursor/],
    ['sort=id&cursor=WyJ4Il0', noun === 'connections' ? 'sort' : 'cursor', /nextCursor|- before it/],
    ['q=colour%3D%3Dred', 'q', /one of/],
  ])('with %s are refused', async (query, parameter, expected) => {
    const problem = await refused(`/api/v1/${noun}?${query}`);
    expect([problem.code, problem.parameter]).toEqual(['bad_parameter', parameter]);
    expect(problem.expected).toMatch(expected);
  });

  test.each([
    ['cursor=abc', 'cursor'],
    ['limit=x', 'limit'],
    ['offset=0', 'offset'],
    ['offset=x&limit=1', 'offset'],
    ['fields=colour', 'fields'],
    ['colour=red', 'colour'],
  ])('with %s are refused before a stream begins', async (query, parameter) => {
    for (const accept of ['text/csv', 'application/x-ndjson'])
      expect((await refused(`/api/v1/${noun}?${query}`, accept)).parameter).toBe(parameter);
  });
});

test('no route takes a parameter that it does not have', async () => {
  const openApi = (await app.inject({ url: '/api/v1/openapi.json' })).json();
  const paths = Object.keys(openApi.paths).filter((path) => 'get' in openApi.paths[path]);
  expect(paths.length).toBeGreaterThan(20);
  for (const path of paths) {
    const url = `${path.replace('{id}', 'x')}?colour=red`;
    const problem = await refused(url);
    expect([url, problem.code, problem.parameter, problem.value]).toEqual([url, 'bad_parameter', 'colour', 'red']);
  }
});

describe('fields', () => {
  test('are all that is given, of lists and of items', async () => {
    const { items } = await list<VirtualRouter>('vrrp');
    const picked = await list<VirtualRouter>('vrrp?fields=vrid,master.address,readiness');
    expect(picked.items).toEqual(
      items.map(({ vrid, master, readiness }) => ({ vrid, master: master && { address: master.address }, readiness })),
    );
    const one = await app.inject({ url: `/api/v1/vrrp/${items[0].id}?fields=vrid` });
    expect(one.json()).toEqual({ vrid: 51 });
    expect((await refused(`/api/v1/vrrp/${items[0].id}?fields=vrld`)).parameter).toBe('fields');
  });

  test('an object among them has all that is in it, however it is asked for besides', async () => {
    const { items } = await list<Connection>('connections?fields=client.address,client');
    const whole = (await list<Connection>('connections')).items;
    expect(items).toEqual(whole.map(({ client }) => ({ client })));
    expect(items.length).toBeGreaterThan(0);
  });

  test('are the columns of CSV, in the order in which they are asked for', async () => {
    const [head, ...rows] = (await text('connections?fields=state,client,persistenceEngine.name', 'text/csv')).split('\r\n');
    expect(head).toBe('state,client_address,client_port,persistence_engine_name');
    const { items } = await list<Connection>('connections?limit=1000');
    expect(rows.slice(0, -1)).toEqual(items.map(({ state, client }) => `${state},${client.address},${client.port},`));
  });

  test('have no place in the layout of ipvsadm', async () => {
    for (const noun of ['connections', 'services'])
      expect((await refused(`/api/v1/${noun}?fields=id`, 'text/plain')).parameter).toBe('fields');
  });
});

describe('orders', () => {
  test('by address go by its numbers', async () => {
    const { items } = await list<Neighbor>('neighbors?family=ipv4&sort=address&limit=1000');
    const numbers = items.map(({ address }) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
    expect(numbers.length).toBeGreaterThan(3);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test('have what says nothing at the end, and at the beginning when they are reversed', async () => {
    const { app: other } = serving(await recorded('vrrp-zoo'));
    const { items } = await list<VirtualRouter>('vrrp?sort=masterDownAt', other);
    await other.close();
    const saysNothing = items.map(({ masterDownAt }) => masterDownAt === null);
    expect(saysNothing).toEqual([...saysNothing].sort());
    const { items: daemons } = await list('daemons?sort=-syncid&limit=1000');
    expect(daemons.map(({ syncid }) => syncid === null)).toEqual(
      daemons.map(({ syncid }) => syncid === null).sort((a, b) => Number(b) - Number(a)),
    );
  });
});

test('Link leads from page to page through all that match', async () => {
  const all = (await list('neighbors?limit=1000&family=ipv4')).items;
  const found: unknown[] = [];
  const q = encodeURIComponent('!(interface == "what?")');
  let url: string | null = `/api/v1/neighbors?limit=2&family=ipv4&sort=-address&q=${q}`.replace('%3F', '?');
  while (url !== null) {
    const answer: Answer = await app.inject({ url });
    found.push(...answer.json<List<Row>>().items);
    url = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1] ?? null;
  }
  expect(found).toHaveLength(all.length);
  expect(new Set(found.map((item) => JSON.stringify(item)))).toEqual(new Set(all.map((item) => JSON.stringify(item))));
});

test('a tag is another when the table is', async () => {
  const monitor = crowd(1000, 5);
  const { app: other } = serving(monitor);
  const url = '/api/v1/connections?limit=1000';
  const { etag } = (await other.inject({ url })).headers;
  enterCrowd(monitor, 500, 6);
  expect((await other.inject({ url, headers: { 'if-none-match': String(etag) } })).statusCode).toBe(200);
  await other.close();
});

describe.skipIf(needs('sqlite3'))('CSV as sqlite3 reads it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-csv-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['events', 'id, severity, text', ({ id, severity, text }: Row) => [id, severity, text]],
    ['anomalies', 'id, meaning, advice', ({ id, meaning, advice }: Row) => [id, meaning, advice]],
    [
      'services',
      'id, virtual_address, json_array_length(destinations) as n',
      (row: Row) => [row.id, (row as { virtual: { address: string } }).virtual.address, (row.destinations as unknown[]).length],
    ],
  ] as const)('%s are those of JSON', async (noun, columns, expected) => {
    const file = join(folder, `${noun}.csv`);
    writeFileSync(file, await text(noun, 'text/csv'));
    const output = execFileSync('sqlite3', ['-json', ':memory:', `.import --csv ${file} t`, `select ${columns} from t`], {
      encoding: 'utf8',
    });
    const rows = (JSON.parse(output) as Row[]).map((row) => Object.values(row));
    const { items } = await list(`${noun}?limit=1000`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(items.map(expected));
  });
});
