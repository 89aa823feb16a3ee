/** Who may not ask is refused, and the monitor loses nothing meanwhile: a recording comes in over standard input all the time. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Problem } from '../../src/contract/problem.ts';
import { type Status, statusOf } from '../../src/contract/status.ts';
import { FIXTURES } from '../environment.ts';
import { type Answer, ask, basic, bcrypt, bearer, type Guarded, guarded, raw } from './guarded.ts';
import { recorded } from './recorded.ts';

const TOKENS = { grafana: 'token-to-look', oncall: 'token-to-silence=' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const CONFIG = `
access:
  tokens:
    - {name: grafana, sha256: ${sha256(TOKENS.grafana)}}
    - {name: oncall, sha256: ${sha256(TOKENS.oncall)}, role: admin}
  roles: {alice: admin}
  anonymous: [health]
`;
const WEB = `
basic_auth_users:
  alice: ${bcrypt('wonder')}
  bob: ${bcrypt('builder')}
http_server_config:
  headers: {X-Frame-Options: sameorigin, Content-Security-Policy: ""}
`;

const RECORDING = readFileSync(join(FIXTURES, 'captures', 'random.pcap'));
const PIECE = 97;

let program: Guarded;
let feed: NodeJS.Timeout;
let sent = 0;

beforeAll(async () => {
  const starting = guarded({ 'web.yml': WEB, 'lvscope.yml': CONFIG }, '-');
  program = await starting;
  feed = setInterval(() => {
    program.child.stdin?.write(RECORDING.subarray(sent, sent + PIECE));
    sent = Math.min(sent + PIECE, RECORDING.length);
  }, 50);
});

afterAll(async () => {
  clearInterval(feed);
  await program.stop();
});

const ADMIN = { authorization: basic('alice', 'wonder') };
const get = (path: string, headers: Readonly<Record<string, string>> = ADMIN): Promise<Answer> => ask(program.url, { path, headers });
const codeOf = ({ status, text }: Answer): string => `${status} ${(JSON.parse(text) as Problem).code}`;
const SILENCE = JSON.stringify({ match: { vrid: 51 }, to: '2099-01-01T00:00:00Z', comment: 'a test' });
const write = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
  ask(program.url, {
    path: '/api/v1/silences',
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: SILENCE,
  });

describe('credentials', () => {
  it('are asked for, for everything but what is open', async () => {
    for (const path of [
      '/',
      '/metrics',
      '/api/v1/status',
      '/api/v1/connections',
      '/docs',
      '/nothing',
      '/-/ready/..',
      '/-/healthy/',
      '//-/healthy',
    ]) {
      const answer = await get(path, {});
      expect(codeOf(answer), path).toBe('401 unauthorized');
      expect(answer.headers['www-authenticate']).toBe('Basic realm="lvscope", charset="UTF-8", Bearer realm="lvscope"');
      expect(answer.text).not.toContain('<html');
    }
    expect((await get('/-/healthy', {})).status).toBe(200);
    expect((await get('/-/ready?x=1', {})).status).toBeLessThan(504);
    expect((await get('/-/ready?x=1', {})).status).not.toBe(401);
  });

  it.each([
    ['a user', ADMIN.authorization],
    ['a user of the role read', basic('bob', 'builder')],
    ['a token', bearer(TOKENS.grafana)],
    ['a scheme in capitals (RFC 9110 section 11.1)', ADMIN.authorization.replace('Basic', 'BASIC')],
  ])('let in %s', async (_, authorization) => {
    expect((await get('/api/v1/status', { authorization })).status).toBe(200);
  });

  it.each([
    ['a wrong password', basic('alice', 'builder')],
    ['an unknown user', basic('mallory', 'wonder')],
    ['no password', basic('alice', '')],
    ['no user', basic('', 'wonder')],
    ['no colon', `Basic ${Buffer.from('alice').toString('base64')}`],
    ['no base64', 'Basic %%%'],
    ['a hash for a password', basic('alice', bcrypt('wonder'))],
    ['the name of an object', basic('__proto__', 'x')],
    ['a wrong token', bearer('a token to loop')],
    ['the hash of a token', bearer(sha256(TOKENS.oncall))],
    ['no token', 'Bearer '],
    ['a scheme that nobody offered', 'Digest username="alice"'],
    ['1 kB of password', basic('alice', 'x'.repeat(1024))],
  ])('refuse %s', async (_, authorization) => {
    expect(codeOf(await get('/api/v1/status', { authorization }))).toBe('401 unauthorized');
  });

  it('of the role read change nothing', async () => {
    for (const authorization of [basic('bob', 'builder'), bearer(TOKENS.grafana)])
      expect(codeOf(await write({ authorization }))).toBe('403 forbidden');
    for (const authorization of [ADMIN.authorization, bearer(TOKENS.oncall)]) expect((await write({ authorization })).status).toBe(200);
  });

  it('are never written to the log', async () => {
    await get('/api/v1/status', { authorization: basic('alice', 'secret-typo') });
    await sleep(100);
    expect(program.log()).toContain('wrong credentials');
    expect(program.log()).not.toMatch(/secret-typo|c2VjcmV0|wonder|Basic/);
  });

  it('that guess are held up, and those that are known are not', async () => {
    const guesses = Array.from({ length: 40 }, (_, i) => get('/api/v1/status', { authorization: basic('alice', `guess ${i}`) }));
    const known = await get('/api/v1/status');
    const codes = (await Promise.all(guesses)).map(codeOf);
    expect(known.status).toBe(200);
    expect(new Set(codes)).toEqual(new Set(['401 unauthorized', '429 rate_limited']));
  });
});

/** Resolves with the status of the answer; 101: a live connection was opened. */
function upgrade(headers: Readonly<Record<string, string>>): Promise<number> {
  const socket = new WebSocket(`${program.url.replace('http', 'ws')}/api/v1/live`, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

describe('where requests come from and go to', () => {
  it.each(['evil.example', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.evil.example', 'lb.example:80:80', '[::1]:1]', 'a@localhost'])(
    'no answer for the host %j',
    async (host) => {
      const answer = await get('/api/v1/status', { ...ADMIN, host });
      expect(codeOf(answer)).toBe('421 host_refused');
    },
  );

  it('no answer for no host', async () => {
    const about = `Authorization: ${ADMIN.authorization}\r\nConnection: close\r\n\r\n`;
    expect(await raw(program.port, `GET /api/v1/status HTTP/1.1\r\nHost:\r\n${about}`)).toMatch(/^HTTP\/1\.1 421 /);
    expect(await raw(program.port, `GET /api/v1/status HTTP/1.1\r\n${about}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(program.port, `GET /api/v1/status HTTP/1.0\r\n${about}`)).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('an answer for a name that was allowed', async () => {
    expect((await get('/api/v1/status', { ...ADMIN, host: 'lb.example' })).status).toBe(200);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['no page', { origin: 'null' }],
    ['a browser that says only where from', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour of the site', { 'sec-fetch-site': 'same-site' }],
  ])('nothing written and no live connection for %s', async (_, headers) => {
    expect(codeOf(await write({ ...ADMIN, ...headers }))).toBe('403 origin_refused');
    expect(await upgrade({ ...ADMIN, ...headers })).toBe(403);
  });

  it.each([
    ['no browser', {}],
    ['our own page', { origin: 'http://lb.example', host: 'lb.example' }],
    ['our own page through a proxy that writes Host anew', { origin: 'https://lb.example' }],
  ])('both for %s', async (_, headers) => {
    expect((await write({ ...ADMIN, ...headers })).status).toBe(200);
    expect(await upgrade({ ...ADMIN, ...headers })).toBe(101);
  });

  it('no live connection without credentials', async () => {
    expect(await upgrade({})).toBe(401);
    expect(await upgrade({ authorization: bearer('wrong') })).toBe(401);
    expect(await upgrade({ authorization: bearer(TOKENS.grafana) })).toBe(101);
  });
});

describe('hostile requests', () => {
  const UP = [
    '..',
    '%2e%2e',
    '.%2e',
    '%2e.',
    '..%2f',
    '..%5c',
    '..\\',
    '%252e%252e',
    '..;',
    '..%00',
    '%c0%ae%c0%ae',
    Buffer.from('．．').toString('latin1'),
  ];
  it('find no file outside of the page, however the path is spelled', async () => {
    for (const up of UP)
      for (const start of ['', '/assets', '/docs', '/docs/static', '/api/v1/connections', '/api/v1/events']) {
        const path = `${start}/${`${up}/`.repeat(8)}etc/passwd`;
        const answer = await raw(
          program.port,
          `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${ADMIN.authorization}\r\nConnection: close\r\n\r\n`,
          2000,
        );
        expect(answer, path).toMatch(/^HTTP\/1\.1 4\d\d /);
        expect(answer, path).not.toContain('root:');
      }
  });

  it('say what they like in every parameter of every noun: a page, or a 400 that names it', async () => {
    interface Operation {
      readonly parameters?: readonly { readonly name: string; readonly in: string }[];
    }
    const { paths } = JSON.parse((await get('/api/v1/openapi.json')).text) as { paths: Record<string, { get?: Operation }> };
    const values = [
      "' OR 1=1 --",
      '1; DROP TABLE sessions',
      '"><script>alert(1)</script>',
      '\u0000',
      '\u202e\ud83d\ude00',
      '%',
      '(((((((((',
      '__proto__',
      'x'.repeat(4000),
      'a\r\nSet-Cookie: x=1',
    ];
    let asked = 0;
    for (const [path, { get: operation }] of Object.entries(paths)) {
      if (!operation || path.includes('{')) continue;
      for (const { name } of (operation.parameters ?? []).filter((parameter) => parameter.in === 'query'))
        for (const value of values) {
          const answer = await get(`${path}?${name}=${encodeURIComponent(value)}`);
          expect([200, 400, 404, 406], `${path} ${name}=${value.slice(0, 40)}`).toContain(answer.status);
          if (answer.status === 400) expect((JSON.parse(answer.text) as Problem).parameter).toBe(name);
          expect(answer.headers['set-cookie']).toBeUndefined();
          asked++;
        }
    }
    expect(asked).toBeGreaterThan(500);
  });

  it('cannot begin a header of their own', async () => {
    for (const path of [
      '/api/v1/events?limit=1&cursor=%0d%0aX-Evil:%201',
      '/api/v1/events?limit=1&kind=a%0d%0aX-Evil:%201',
      '/%0d%0aX-Evil:%201',
      '/docs%0d%0aX-Evil:1',
    ]) {
      const answer = await get(path);
      expect(answer.headers['x-evil'], path).toBeUndefined();
      expect(answer.status, path).toBeLessThan(500);
    }
  });

  it.each([
    [
      '10 MB of body',
      413,
      () =>
        ask(program.url, {
          path: '/api/v1/silences',
          method: 'POST',
          headers: { ...ADMIN, 'content-type': 'application/json' },
          body: `"${'x'.repeat(10_000_000)}"`,
        }),
    ],
    ['an address of 9 kB', 414, () => get(`/api/v1/events?q=${'x'.repeat(9000)}`)],
    ['100 kB of headers', 431, () => get('/api/v1/status', { ...ADMIN, 'x-large': 'x'.repeat(100_000) })],
    ['a method that is none here', 404, () => ask(program.url, { path: '/api/v1/status', method: 'PUT', headers: ADMIN })],
  ])('%s: %i', async (_, status, send) => {
    // The server may close before it has read all of it.
    const answer = await send().catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof answer === 'string' || answer === undefined) expect(['EPIPE', 'ECONNRESET']).toContain(answer);
    else expect(answer.status).toBe(status);
  });

  it('that are no HTTP, or two requests in one, are refused', async () => {
    const smuggled =
      'POST /api/v1/silences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n';
    expect(await raw(program.port, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(program.port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(program.port, 'GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('answers', () => {
  it('have the headers of the file, and ours beside', async () => {
    const { headers } = await get('/api/v1/status');
    expect(headers).toMatchObject({
      'x-frame-options': 'sameorigin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('geolocation=()'),
    });
    expect(headers['content-security-policy']).toBeUndefined();
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('10 000 connections that trickle', () => {
  const ALL = 10_000;
  const slow: Socket[] = [];
  afterAll(() => {
    for (const socket of slow) socket.destroy();
  });

  it('take bounded memory, and others are answered', async () => {
    const before = program.memory();
    const answered: number[] = [];
    let most = 0;
    for (let i = 0; i < ALL; i++) {
      const socket = connect(program.port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
      slow.push(socket);
      if (i % 250 !== 249) continue;
      await sleep(10);
      answered.push((await get('/-/healthy')).status);
      most = Math.max(most, program.memory());
    }
    expect(answered).toHaveLength(ALL / 250);
    expect(new Set(answered)).toEqual(new Set([200]));
    const metrics = (await get('/metrics')).text;
    const value = (series: string) => Number(new RegExp(`^${series} (\\d+)$`, 'm').exec(metrics)?.[1]);
    expect(value('lvscope_http_connections')).toBeLessThanOrEqual(1000);
    expect(value('lvscope_http_connections_dropped_total\\{reason="waiting"\\}')).toBeGreaterThanOrEqual(ALL - 1000);
    process.stderr.write(`10 000 slow connections: ${((most - before) / 2 ** 20).toFixed(0)} MiB more at most\n`);
    expect(most - before).toBeLessThan(150 * 2 ** 20);
  });
});

describe('the monitor meanwhile', () => {
  it('has read every frame and entered every record', async () => {
    clearInterval(feed);
    program.child.stdin?.end(RECORDING.subarray(sent));
    const expected = statusOf(await recorded('random'), 0);
    let status: Status | undefined;
    for (let i = 0; i < 100 && status?.frames !== expected.frames; i++, await sleep(50))
      status = JSON.parse((await get('/api/v1/status')).text) as Status;
    expect(status).toMatchObject({ frames: expected.frames, octets: expected.octets, faults: expected.faults });
    expect(status?.sessions).toMatchObject({ records: expected.sessions.records, created: expected.sessions.created });
    expect(expected.sessions.records).toBeGreaterThan(0);
    expect(sent).toBeGreaterThan(0);
  });
});
