/** TLS, client certificates and what is read again, with openssl as the other end and a real Prometheus as the client. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { needs } from '../environment.ts';
import { startPrometheus } from '../prometheus.ts';
import { certificate, type Pair } from './certificates.ts';
import { type Answer, ask, basic, bcrypt, type Guarded, guarded } from './guarded.ts';

const lacks = needs('openssl');
const NOBODY: Pair = { cert: '', key: '' };
const make = (...parameters: Parameters<typeof certificate>): Pair => (lacks ? NOBODY : certificate(...parameters));
const AUTHORITY = make('authority', { DNS: 'authority' });
const OTHER_AUTHORITY = make('other', { DNS: 'other' });
const LOCAL = { DNS: 'localhost', IP: '127.0.0.1' };
const SERVER = make('server', LOCAL, AUTHORITY);
const RENEWED = make('renewed', LOCAL, AUTHORITY);
const CLIENT = make('client', { DNS: 'prometheus.example', IP: '192.0.2.7' }, AUTHORITY);
const STRANGER = make('client', { DNS: 'prometheus.example' }, OTHER_AUTHORITY);
/** Its one name has the text of two, of which the second would be let in. */
const SLY = make('client', { DNS: 'a, DNS:prometheus.example, DNS:b' }, AUTHORITY);

const FILES = { 'server.pem': SERVER.cert, 'server.key': SERVER.key, 'ca.pem': AUTHORITY.cert };
const TLS = 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n';

let program: Guarded | undefined;
afterEach(async () => {
  await program?.stop();
  program = undefined;
});

async function start(web: string, files: Readonly<Record<string, string>> = {}): Promise<Guarded> {
  program = await guarded({ ...FILES, ...files, 'web.yml': web });
  return program;
}

const get = ({ url }: Guarded, pair: Partial<Pair> = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(url, { path: '/api/v1/status', ca: AUTHORITY.cert, ...pair, headers });

async function until(condition: () => boolean | Promise<boolean>, mostMs = 20_000): Promise<void> {
  for (const end = Date.now() + mostMs; Date.now() < end && !(await condition()); ) await sleep(50);
}

/** Whether openssl comes to an agreement, and on what. */
function handshake({ port }: Guarded, ...options: string[]): string {
  const { stdout } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...options], { input: '', encoding: 'utf8' });
  return /^(?:New|Reused), (.*), Cipher is (.*)$/m.exec(stdout)?.slice(1, 3).join(' ') ?? stdout;
}

describe.skipIf(lacks)('TLS', () => {
  it('is spoken, HTTP is not, and browsers are told to keep to it', async () => {
    const served = await start(TLS);
    expect(served.url).toMatch(/^https:/);
    const { status, headers } = await get(served);
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=86400']);
    await expect(ask(served.url.replace('https', 'http'))).rejects.toThrow();
  });

  it('is 1.2 or 1.3 unless the file says otherwise', async () => {
    const served = await start(TLS);
    expect(handshake(served, '-tls1_2')).toMatch(/^TLSv1\.2 ECDHE-/);
    expect(handshake(served, '-tls1_3')).toMatch(/^TLSv1\.3 TLS_/);
    for (const old of ['-tls1', '-tls1_1']) expect(handshake(served, old, '-cipher', 'ALL:@SECLEVEL=0')).toMatch(/^\(NONE\) \(NONE\)/);
  });

  it('keeps to the versions, suites and curves of the file', async () => {
    const served = await start(
      `${TLS}  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  curve_preferences: [CurveP384]\n`,
    );
    expect(handshake(served)).toBe('TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384');
    expect(handshake(served, '-tls1_3')).toMatch(/^\(NONE\)/);
    expect(handshake(served, '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256')).toMatch(/NONE/);
    expect(handshake(served, '-curves', 'P-256')).toMatch(/NONE/);
  });

  it('takes certificate and key from the file itself too', async () => {
    const inline = JSON.stringify({ tls_server_config: { cert: SERVER.cert, key: SERVER.key } });
    expect((await get(await start(inline))).status).toBe(200);
  });

  it('closes handshakes that stand still when it stops, and is done at once', async () => {
    const served = await start(TLS);
    const idle = Array.from({ length: 200 }, () => connect(served.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    expect((await get(served)).status).toBe(200);
    const began = performance.now();
    served.child.kill('SIGTERM');
    await once(served.child, 'exit');
    expect(performance.now() - began).toBeLessThan(5000);
    for (const socket of idle) socket.destroy();
  });
});

describe.skipIf(lacks)('client certificates', () => {
  const asking = (type: string, more = '') => `${TLS}  client_auth_type: ${type}\n  client_ca_file: ca.pem\n${more}`;
  const passes = async (served: Guarded, pair: Partial<Pair>) =>
    get(served, pair).then(
      ({ status }) => status === 200,
      () => false,
    );

  it.each([
    ['RequestClientCert', [true, true, true]],
    ['RequireAnyClientCert', [false, true, true]],
    ['VerifyClientCertIfGiven', [true, true, false]],
    ['RequireAndVerifyClientCert', [false, true, false]],
  ])('%s lets pass none, one of the authority, one of another: %j', async (type, expected) => {
    const served = await start(asking(type));
    expect([await passes(served, {}), await passes(served, CLIENT), await passes(served, STRANGER)]).toEqual(expected);
  });

  it('may have to have one of the names', async () => {
    const sans = (name: string) => asking('RequireAndVerifyClientCert', `  client_allowed_sans: [${name}]\n`);
    const served = await start(sans('prometheus.example'));
    expect([await passes(served, CLIENT), await passes(served, SLY), await passes(served, STRANGER)]).toEqual([true, false, false]);
    writeFileSync(join(served.folder, 'web.yml'), sans('192.0.2.7, other.example'));
    await until(() => /read again/.test(served.log()));
    expect(await passes(served, CLIENT)).toBe(true);
    writeFileSync(join(served.folder, 'web.yml'), sans('other.example'));
    await until(async () => !(await passes(served, CLIENT)));
    expect(await passes(served, CLIENT)).toBe(false);
  });

  it('are asked for again in every connection: no session is taken up', async () => {
    const served = await start(asking('RequireAndVerifyClientCert'));
    const options = { host: '127.0.0.1', port: served.port, ca: AUTHORITY.cert, ...CLIENT } as const;
    const first: TLSSocket = connectTls(options);
    let session: Buffer | undefined;
    first.on('session', (ticket: Buffer) => (session = ticket));
    first.on('error', () => {});
    first.write('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    first.resume();
    await once(first, 'close');
    const second = connectTls({ ...options, ...(session ? { session } : {}) });
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });
});

describe.skipIf(lacks)('what is read again', () => {
  const issuedTo = async ({ port }: Guarded): Promise<string> => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: AUTHORITY.cert });
    await once(socket, 'secureConnect');
    const { subject }: PeerCertificate = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  const failures = async (served: Guarded, headers: Readonly<Record<string, string>>): Promise<string> => {
    const { text } = await ask(served.url, { path: '/metrics', ca: AUTHORITY.cert, headers });
    const value = (name: string) => new RegExp(`^lvscope_access_reload_${name} (\\d+)$`, 'm').exec(text)?.[1];
    return `${value('successful')} ${Number(value('failures_total')) > 0}`;
  };
  const users = (name: string) => `${TLS}basic_auth_users:\n  ${name}: ${bcrypt('pass')}\n`;
  const alice = { authorization: basic('alice', 'pass') };
  const bob = { authorization: basic('bob', 'pass') };

  it('certificates, and users with their live connections; what is wrong changes nothing and is told', async () => {
    const served = await start(users('alice'));
    const change = (name: string, text: string) => writeFileSync(join(served.folder, name), text);
    const live = new WebSocket(`${served.url.replace('http', 'ws')}/api/v1/live`, { headers: alice, ca: AUTHORITY.cert });
    await once(live, 'open');
    const closed = once(live, 'close');
    expect(await issuedTo(served)).toBe('server');

    change('server.pem', RENEWED.cert);
    await until(() => /do not go together/.test(served.log()));
    expect([await issuedTo(served), (await get(served, {}, alice)).status, await failures(served, alice)]).toEqual([
      'server',
      200,
      '0 true',
    ]);

    change('server.key', RENEWED.key);
    await until(async () => (await issuedTo(served)) === 'renewed');
    expect([await issuedTo(served), await failures(served, alice)]).toEqual(['renewed', '1 true']);

    change('web.yml', `${users('bob')}nonsense: 1\n`);
    await until(() => /nonsense/.test(served.log()));
    expect(served.log()).toMatch(/web\.yml: line 6: nonsense/);
    expect([(await get(served, {}, alice)).status, (await get(served, {}, bob)).status]).toEqual([200, 401]);

    change('web.yml', users('bob'));
    await until(async () => (await get(served, {}, bob)).status === 200);
    expect([(await get(served, {}, alice)).status, (await get(served, {}, bob)).status]).toEqual([401, 200]);
    expect((await closed)[0]).toBe(1012);

    change('web.yml', '');
    await until(() => /cannot be switched/.test(served.log()));
    expect(served.log()).toMatch(/cannot be switched on or off/);
    expect((await get(served, {}, alice)).status).toBe(401);
  }, 30_000);
});

describe.skipIf(needs('openssl', 'prometheus'))('a real Prometheus', () => {
  let stop: (() => Promise<void>) | undefined;
  afterAll(() => stop?.());

  it('scrapes with basic_auth and TLS, by its own configuration', async () => {
    const served = await start(`${TLS}basic_auth_users:\n  prometheus: ${bcrypt('scrape')}\n`);
    const job = (name: string, password: string) => ({
      job_name: name,
      scheme: 'https',
      basic_auth: { username: 'prometheus', password },
      tls_config: { ca_file: join(served.folder, 'ca.pem') },
      static_configs: [{ targets: [`127.0.0.1:${served.port}`] }],
    });
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [job('right', 'scrape'), job('wrong', 'guess')],
    };
    const prometheus = await startPrometheus({ config });
    stop = () => prometheus.stop();
    const up = async () => Object.fromEntries((await prometheus.query('up')).map(({ labels, value }) => [labels.job, value]));
    await until(async () => (await up()).right === 1 && (await up()).wrong === 0, 30_000);
    expect(await up()).toEqual({ right: 1, wrong: 0 });
  }, 60_000);
});
