/** Every route on a real monitor: what it answers, in which formats, and what it refuses. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CaptureStatusSchema } from '../../src/contract/capture.ts';
import { type Connection, ConnectionSchema } from '../../src/contract/connection.ts';
import { DaemonSchema } from '../../src/contract/daemon.ts';
import { type Event, EventSchema } from '../../src/contract/event.ts';
import { parsePickedFields } from '../../src/contract/picked-fields.ts';
import { type Problem, ProblemSchema } from '../../src/contract/problem.ts';
import { listOf } from '../../src/contract/query.ts';
import { type Service, ServiceSchema } from '../../src/contract/service.ts';
import { shapeFields } from '../../src/contract/shape-fields.ts';
import { StatusSchema } from '../../src/contract/status.ts';
import { type VirtualRouter, VirtualRouterSchema } from '../../src/contract/vrrp.ts';
import type { App } from '../../src/http/context.ts';
import { csv } from '../../src/http/list-formats.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { crowd } from '../contract/crowd.ts';
import { looks, recorded } from './recorded.ts';
import { serving } from './serving.ts';

let app: App;
let monitor: Monitor;
const [look] = looks('nat-v0', 'ipvsadm -Lnc').filter(({ output }) => output.trim().split('\n').length > 4);

beforeAll(async () => {
  monitor = await recorded('nat-v0', look.t * 1e6);
  ({ app } = serving(monitor));
});
afterAll(() => app.close());

interface List<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
  readonly asOf: string;
}

async function list<Item>(url: string, from = app): Promise<List<Item>> {
  const answer = await from.inject({ url });
  expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([url, 200, 'application/json; charset=utf-8']);
  return answer.json<List<Item>>();
}

async function text(url: string, accept: string, from = app): Promise<string> {
  const answer = await from.inject({ url, headers: { accept } });
  expect([url, answer.statusCode]).toEqual([url, 200]);
  expect(answer.headers['content-type']).toContain(accept);
  return answer.body;
}

async function problem(url: string, headers: Record<string, string> = {}, from = app): Promise<Problem> {
  const answer = await from.inject({ url, headers });
  const body = answer.json<Problem>();
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect([...Value.Errors(ProblemSchema, body)]).toEqual([]);
  expect(body.status).toBe(answer.statusCode);
  expect(answer.body).not.toMatch(/node_modules|\.ts:|at Object/);
  return body;
}

/** Rows of `ipvsadm -Lnc` but for the seconds, sorted. */
const rowsOf = (output: string): string[] =>
  output
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.trim().split(/\s+/))
    .map(([proto, , ...rest]) => [proto, ...rest].join(' '))
    .sort();

const inIpvsadmWords = (c: Connection): string =>
  [c.proto.toUpperCase(), c.state, ...[c.client, c.virtual, c.destination].map((end) => `${end.address}:${end.port}`)].join(' ');

describe('connections', () => {
  test('are those that ipvsadm listed on the backup at that moment', async () => {
    const { items } = await list<Connection>('/api/v1/connections');
    expect(items.map(inIpvsadmWords).sort()).toEqual(rowsOf(look.output));
  });

  test('as text have the very lines of ipvsadm, seconds aside', async () => {
    const body = await text('/api/v1/connections', 'text/plain');
    expect(body.split('\n').slice(0, 2)).toEqual(
      look.output
        .split('\n')
        .slice(0, 2)
        .map((line) => line.trimEnd()),
    );
    expect(rowsOf(body)).toEqual(rowsOf(look.output));
    const layout = (output: string) =>
      output
        .trimEnd()
        .split('\n')
        .slice(2)
        .map((line) => line.replace(/\d\d:\d\d/, 'mm:ss').trimEnd())
        .sort();
    expect(layout(body)).toEqual(layout(look.output));
  });

  test('with persistentConn as text have its columns', async () => {
    const [, head] = (await text('/api/v1/connections?persistentConn=true', 'text/plain')).split('\n');
    expect(head).toMatch(/destination +pe name +pe_data$/);
  });

  test('as NDJSON are one object a line, the same as in JSON', async () => {
    const lines = (await text('/api/v1/connections', 'application/x-ndjson')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual((await list<Connection>('/api/v1/connections')).items);
  });

  test('as CSV have a heading and one line each', async () => {
    const [head, ...lines] = (await text('/api/v1/connections', 'text/csv')).trimEnd().split('\r\n');
    expect(head).toMatch(/^id,proto,family,client_address,client_port,virtual_address/);
    const { items } = await list<Connection>('/api/v1/connections');
    expect(lines.map((line) => line.split(',').slice(0, 5))).toEqual(
      items.map((c) => [c.id, c.proto, c.family, c.client.address, String(c.client.port)]),
    );
  });

  test('of a filter are only those', async () => {
    const { items } = await list<Connection>('/api/v1/connections?proto=udp');
    expect(items.map(inIpvsadmWords).sort()).toEqual(rowsOf(look.output).filter((row) => row.startsWith('UDP ')));
    expect((await text('/api/v1/connections?proto=udp', 'application/x-ndjson')).trimEnd().split('\n')).toHaveLength(items.length);
    expect((await list('/api/v1/connections?client=203.0.113.77')).items).toEqual([]);
  });

  test('one by its id', async () => {
    const { items } = await list<Connection>('/api/v1/connections');
    const answer = await app.inject({ url: `/api/v1/connections/${items[0].id}` });
    expect(answer.json()).toEqual(items[0]);
  });

  test('are never kept by a cache', async () => {
    expect((await app.inject({ url: '/api/v1/connections' })).headers['cache-control']).toBe('no-store');
  });
});

describe('pages', () => {
  test.each(['', '&sort=client', '&sort=-expires', '&proto=tcp&sort=age'])(
    'of a big table%s, one after the other, are the whole list once',
    async (query) => {
      const big = serving(crowd(4000, 3)).app;
      const ids: string[] = [];
      let cursor: string | null = null;
      do {
        const page: List<Connection> = await list(
          `/api/v1/connections?limit=700${query}${cursor === null ? '' : `&cursor=${cursor}`}`,
          big,
        );
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== null);
      const filter = query.includes('proto') ? '?proto=tcp' : '';
      const all = (await text(`/api/v1/connections${filter}`, 'application/x-ndjson', big)).trimEnd().split('\n');
      expect(new Set(ids)).toEqual(new Set(all.map((line) => (JSON.parse(line) as Connection).id)));
      expect(ids).toHaveLength(all.length);
      await big.close();
    },
  );

  test('have 100 rows unless asked otherwise; exports have all, or as many as asked for', async () => {
    const monitor = crowd(4000, 3);
    const big = serving(monitor).app;
    expect((await list('/api/v1/connections', big)).items).toHaveLength(100);
    expect((await text('/api/v1/connections', 'application/x-ndjson', big)).trimEnd().split('\n')).toHaveLength(monitor.sessions.live);
    expect((await text('/api/v1/connections?limit=1234', 'text/csv', big)).trimEnd().split('\r\n')).toHaveLength(1235);
    expect((await text('/api/v1/connections?limit=7&sort=client', 'application/x-ndjson', big)).trimEnd().split('\n')).toHaveLength(7);
    await big.close();
  });

  test('of events go through all of them, both ways', async () => {
    const { app: other } = serving(await recorded('split-brain'));
    const whole = (await list<Event>('/api/v1/events?limit=1000', other)).items;
    const first = await list<Event>('/api/v1/events?limit=2', other);
    const second = await list<Event>(`/api/v1/events?limit=2&cursor=${first.nextCursor}`, other);
    expect([...first.items, ...second.items]).toEqual(whole.slice(0, 4));
    const latest = await list<Event>('/api/v1/events?limit=1000&sort=-at', other);
    const byMoment = (a: Event, b: Event) => (a.at < b.at ? 1 : -1);
    expect(latest.items.map(({ at }) => at)).toEqual([...whole].sort(byMoment).map(({ at }) => at));
    expect(new Set(latest.items.map(({ id }) => id))).toEqual(new Set(whole.map(({ id }) => id)));
    expect(latest.nextCursor).toBeNull();
    await other.close();
  });
});

describe('services', () => {
  const [services] = looks('nat-v0', 'ipvsadm -Ln --exact').filter(({ t }) => t >= look.t - 1);

  test('count what ipvsadm counted', async () => {
    const then = serving(await recorded('nat-v0', services.t * 1e6)).app;
    const { items } = await list<Service>('/api/v1/services', then);
    const ours = items.flatMap((s) =>
      s.destinations.map((d) => [`${d.destination.address}:${d.destination.port}`, d.active, d.inactive].join(' ')),
    );
    const theirs = services.output
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([arrow, server]) => arrow === '->' && !server.startsWith('Remote'))
      .map((row) => [row[1], row[4], row[5]].join(' '));
    expect(ours.length).toBeGreaterThan(0);
    // The oracle also lists real servers without any session, which no packet tells of.
    expect(theirs).toEqual(expect.arrayContaining(ours));
    const asText = await text('/api/v1/services', 'text/plain', then);
    expect(asText).toMatch(/^Prot LocalAddress:Port Scheduler Flags$/m);
    for (const { destinations } of items)
      for (const d of destinations) expect(asText).toContain(`-> ${d.destination.address}:${d.destination.port}`);
    await then.close();
  });

  test('one by its id, and filtered by address and protocol', async () => {
    const { items } = await list<Service>('/api/v1/services');
    expect((await app.inject({ url: `/api/v1/services/${encodeURIComponent(items[0].id)}` })).json()).toEqual(items[0]);
    const of = await list<Service>(`/api/v1/services?proto=udp`);
    expect(of.items).toEqual(items.filter(({ proto }) => proto === 'udp'));
  });
});

describe('every answer has the shape that is written down', () => {
  const SHAPES: readonly (readonly [noun: string, schema: TSchema, recording: string])[] = [
    ['connections', ConnectionSchema, 'sip-pe-and-ftp'],
    ['services', ServiceSchema, 'persistence-fwmark'],
    ['daemons', DaemonSchema, 'active-active'],
    ['events', EventSchema, 'split-brain'],
    ['vrrp', VirtualRouterSchema, 'vrrp-zoo'],
    ['capture', CaptureStatusSchema, 'nat-v0'],
  ];

  test.each(SHAPES)('%s', async (noun, schema, recording) => {
    const [untilMicros] = looks(recording, 'ipvsadm -Lnc')
      .filter(({ output }) => output.trim().split('\n').length > 2)
      .map(({ t }) => t * 1e6);
    const other = serving(await recorded(recording, untilMicros)).app;
    const body = await list<{ readonly id: string }>(`/api/v1/${noun}`, other);
    expect([...Value.Errors(listOf(schema, noun), body)]).toEqual([]);
    expect(body.items.length).toBeGreaterThan(0);
    const one = await other.inject({ url: `/api/v1/${noun}/${encodeURIComponent(body.items[0].id)}` });
    expect([...Value.Errors(schema, one.json())]).toEqual([]);
    await other.close();
  });

  test('status', async () => {
    const answer = await app.inject({ url: '/api/v1/status' });
    expect([...Value.Errors(StatusSchema, answer.json())]).toEqual([]);
  });
});

test('vrrp names the master that keepalived was', async () => {
  // dr-v1-failover begins with lb1 (10.99.0.11) as master of VRID 51, as its keepalived log says.
  const before = serving(await recorded('dr-v1-failover', looks('dr-v1-failover', 'ipvsadm -Lnc')[0].t * 1e6)).app;
  const { items } = await list<VirtualRouter>('/api/v1/vrrp', before);
  expect(items.map(({ vrid, state, master }) => [vrid, state, master?.address])).toEqual([[51, 'master', '10.99.0.11']]);
  expect((await list('/api/v1/vrrp?vrid=52', before)).items).toEqual([]);
  await before.close();
});

describe('health', () => {
  test('healthy while it serves, ready when it is', async () => {
    let ready = false;
    const { app: other } = serving(monitor, { ready: () => ready });
    expect((await other.inject({ url: '/-/healthy' })).statusCode).toBe(200);
    expect((await other.inject({ url: '/-/ready' })).statusCode).toBe(503);
    ready = true;
    expect((await other.inject({ url: '/-/ready' })).statusCode).toBe(200);
    await other.close();
  });

  test('metrics come in the format that Prometheus reads', async () => {
    const answer = await app.inject({ url: '/metrics' });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toMatch(/^lvscope_connections\{proto="tcp",state="ESTABLISHED"\} \d+$/m);
  });
});

describe('the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-web-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('without a built one says where everything is, and all of that is there', async () => {
    const answer = await app.inject({ url: '/' });
    expect(answer.headers['content-type']).toContain('text/html');
    const links = [...answer.body.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
    expect(links.length).toBeGreaterThan(8);
    for (const href of links) expect([href, (await app.inject({ url: href })).statusCode]).toEqual([href, 200]);
  });

  test('is served from its folder, and nothing from outside it', async () => {
    mkdirSync(join(folder, 'web', 'assets'), { recursive: true });
    writeFileSync(join(folder, 'secret'), 'secret');
    writeFileSync(join(folder, 'web', 'index.html'), '<!doctype html><title>built</title>');
    writeFileSync(join(folder, 'web', 'assets', 'main.js'), 'export {};');
    const { app: other } = serving(monitor, { webRoot: join(folder, 'web') });
    expect((await other.inject({ url: '/' })).body).toContain('<title>built</title>');
    expect((await other.inject({ url: '/assets/main.js' })).headers['content-type']).toContain('javascript');
    for (const url of ['/../secret', '/%2e%2e/secret', '/assets/../../secret', '/assets/', '/web/index.html', '/.env'])
      expect([url, (await other.inject({ url })).statusCode]).toEqual([url, 404]);
    await other.close();
  });

  test('comes with headers that let it load its own files only', async () => {
    const { headers } = await app.inject({ url: '/' });
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe|upgrade-insecure-requests/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('refused with what was wrong and what would be right', () => {
  const bad: readonly (readonly [url: string, parameter: string, expected: RegExp])[] = [
    ['/api/v1/connections?state=UP', 'state', /ESTABLISHED/],
    ['/api/v1/connections?vip=10.0.0.1:99999', 'vip', /ADDRESS:PORT/],
    ['/api/v1/connections?limit=0', 'limit', /1 to 1000/],
    ['/api/v1/connections?limit=1001', 'limit', /1 to 1000/],
    ['/api/v1/connections?limit=ten', 'limit', /1 to 1000/],
    ['/api/v1/connections?limit=1&limit=2', 'limit', /1 to 1000/],
    ['/api/v1/connections?sort=port', 'sort', /expires, age, client/],
    ['/api/v1/connections?cursor=abc', 'cursor', /nextCursor/],
    ['/api/v1/connections?colour=red', 'colour', /proto, family, client, .*vip, .*limit, .*fields/],
    ['/api/v1/connections?persistentConn=yes', 'persistentConn', /true or false/],
    ['/api/v1/connections?__proto__=1', '__proto__', /proto, family/],
    ['/api/v1/services?state=UP', 'state', /id, proto, family/],
    ['/api/v1/services?family=inet', 'family', /ipv4, ipv6/],
    ['/api/v1/services?sort=destinations', 'sort', /id, proto, family, virtual.address/],
    ['/api/v1/daemons?role=boss', 'role', /sender, listener/],
    ['/api/v1/events?severity=bad', 'severity', /info, warning, critical/],
    ['/api/v1/events?sort=subject', 'sort', /id, at, kind, .*with a - before/],
    ['/api/v1/events?cursor=WyJ4Il0', 'cursor', /nextCursor/],
    ['/api/v1/vrrp?state=ok', 'state', /master, lost, two_masters/],
    ["/api/v1/events?severity=info'--", 'severity', /info, warning, critical/],
  ];

  test.each(bad)('%s', async (url, parameter, expected) => {
    const body = await problem(url);
    expect([body.status, body.code, body.parameter]).toEqual([400, 'bad_parameter', parameter]);
    expect(body.expected).toMatch(expected);
    expect(body.detail).toContain(parameter);
    expect(body.instance).toBe(url.split('?')[0]);
  });

  test.each([
    ['/api/v1/connections?cursor=abc', 'cursor'],
    ['/api/v1/connections?sort=client', 'sort'],
    ['/api/v1/connections?sort=client&limit=1001', 'limit'],
  ])('%s as a stream', async (url, parameter) => {
    expect((await problem(url, { accept: 'text/csv' })).parameter).toBe(parameter);
  });

  test.each([
    '/api/v1/nothing',
    '/api/v2/connections',
    '/nothing',
    '/api/v1/connections/none',
    '/api/v1/connections/1-1',
    '/api/v1/connections/%2e%2e',
    '/api/v1/events/none',
    '/api/v1/daemons/99',
    '/api/v1/live',
  ])('%s: not found', async (url) => {
    expect((await problem(url)).code).toBe('not_found');
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'] as const)('%s: nothing can be changed here', async (method) => {
    const answer = await app.inject({ method, url: '/api/v1/connections', payload: { a: 1 } });
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([404, 'not_found']);
  });

  test.each(['text/html', 'image/png', 'application/json;q=0', 'text/*;q=0, application/xml'])('Accept: %s', async (accept) => {
    const body = await problem('/api/v1/connections', { accept });
    expect([body.status, body.code]).toEqual([406, 'not_acceptable']);
    expect(body.detail).toContain('application/x-ndjson');
  });

  test.each([
    ['*/*', 'application/json'],
    ['text/*', 'text/plain'],
    ['text/csv;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['application/json;q=0.2, text/csv;q=0.9', 'text/csv'],
  ])('Accept: %s means %s', async (accept, type) => {
    expect((await app.inject({ url: '/api/v1/connections', headers: { accept } })).headers['content-type']).toContain(type);
  });

  test.each([
    ['json', 'application/json'],
    ['csv', 'text/csv'],
    ['ndjson', 'application/x-ndjson'],
    ['text', 'text/plain'],
  ])('format=%s means %s, whatever is accepted', async (format, type) => {
    const answer = await app.inject({ url: `/api/v1/connections?format=${format}&limit=3`, headers: { accept: 'text/html' } });
    expect(answer.headers['content-type']).toContain(type);
    const accepted = await app.inject({ url: '/api/v1/connections?limit=3', headers: { accept: type } });
    expect(answer.body.replace(/"asOf":"[^"]*"/, '')).toBe(accepted.body.replace(/"asOf":"[^"]*"/, ''));
  });

  test.each(['xml', 'text', 'CSV', ''])('a list that has no text says what it has in place of format=%s', async (format) => {
    const body = await problem(`/api/v1/daemons?format=${format}`);
    expect([body.status, body.parameter, body.expected]).toEqual([400, 'format', 'json, ndjson, csv']);
  });

  test('a fault of our own says nothing of where', async () => {
    const { app: other } = serving(monitor, {
      status() {
        throw new Error('secret detail');
      },
    });
    const body = await problem('/api/v1/status', {}, other);
    expect([body.status, body.code]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('secret');
    await other.close();
  });
});

describe('the Host that is asked for', () => {
  test.each(['localhost', 'localhost:9852', '127.0.0.1:9852', '[::1]:9852', 'LOCALHOST', 'lb-monitor.example:9852'])(
    '%s is answered',
    async (host) => {
      expect((await app.inject({ url: '/-/healthy', headers: { host } })).statusCode).toBe(200);
    },
  );

  test.each([
    'evil.example',
    'evil.example:9852',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1:9852@evil.example',
    'localhost:9852:1',
  ])('%s is not, whatever the path', async (host) => {
    for (const url of ['/', '/metrics', '/api/v1/connections', '/nothing']) {
      const body = await problem(url, { host });
      expect([body.status, body.code]).toEqual([421, 'host_refused']);
    }
  });
});

test('a stream whose reader goes away does no more work', async () => {
  const { app: big } = serving(crowd(20_000, 4));
  const address = await big.listen({ host: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve, reject) => {
    const asked = request(`${address}/api/v1/connections`, { headers: { accept: 'application/x-ndjson' } }, (answer) => {
      answer.once('data', () => {
        answer.destroy();
        resolve();
      });
    });
    asked.on('error', reject);
    asked.end();
  });
  expect((await fetch(`${address}/-/healthy`)).status).toBe(200);
  await big.close();
});

test('text from the wire is no formula in a spreadsheet', async () => {
  const { app: other } = serving(await recorded('sip-pe-and-ftp', looks('sip-pe-and-ftp', 'ipvsadm -Lnc')[0].t * 1e6));
  const { items } = await list<Connection>('/api/v1/connections', other);
  const known = shapeFields(ConnectionSchema);
  for (const data of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
    expect(csv(known, parsePickedFields(known, null)).part([{ ...items[0], persistenceEngine: { name: 'sip', data } }])).toContain(
      `'${data[0]}`,
    );
  }
  await other.close();
});
