/** The commands as clients of a monitor that asks who they are, over TLS with a certificate authority of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LVSCOPE } from '../environment.ts';
import { ask, bcrypt, type Guarded, guarded } from '../http/guarded.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvscope-client-'));
const TOKEN = 'k3-Zq7.token~of/the+test=';
let monitor: Guarded;

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

beforeAll(async () => {
  // An authority, and a certificate of it for the address that is asked.
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=authority of a test',
  );
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=monitor');
  writeFileSync(join(folder, 'server.ext'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'server.ext',
  );
  const sha256 = createHash('sha256').update(TOKEN).digest('hex');
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
  monitor = await guarded({
    'server.pem': readFileSync(join(folder, 'server.pem'), 'utf8'),
    'server.key': readFileSync(join(folder, 'server.key'), 'utf8'),
    'web.yml': `tls_server_config: {cert_file: server.pem, key_file: server.key}\nbasic_auth_users: {ann: "${bcrypt('pass:word')}"}\nrate_limit: {interval: 60s, burst: 12}\n`,
    'lvscope.yml': `access:\n  tokens:\n    - {name: test, sha256: ${sha256}}\n`,
  });
}, 60_000);
afterAll(async () => {
  await monitor.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function lvscope(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, LVSCOPE_URL: monitor.url, ...environment };
  const child = spawn(process.execPath, [LVSCOPE, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

const CA = () => ['--ca', join(folder, 'ca.pem')];

describe('is let in', () => {
  test.each([
    ['with a token in a file', () => ['--token-file', join(folder, 'token')], {}],
    ['with a token of the environment', () => [], { LVSCOPE_TOKEN: TOKEN }],
    ['as a user', () => ['--user', 'ann:pass:word'], {}],
    ['as a user in the URL', () => ['--url', monitor.url.replace('//', '//ann:pass%3Aword@')], {}],
  ])('%s', async (_, words, environment) => {
    const { code, stdout, stderr } = await lvscope(['status', '--json', ...CA(), ...words()], environment);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('frames');
  });
});

describe('is told in one sentence', () => {
  test.each([
    ['without credentials', CA, 3, /\nhint: say who asks with --token-file FILE, LVSCOPE_TOKEN or --user NAME:PASSWORD\n$/],
    ['with a wrong password', () => [...CA(), '--user', 'ann:password'], 3, /\nhint: say who asks /],
    [
      'of an authority that nobody knows',
      () => ['--user', 'ann:pass:word'],
      1,
      /unable to verify.*\nhint: name the certificate authority with --ca FILE/,
    ],
    ['of http where https is spoken', () => ['--url', monitor.url.replace('https', 'http')], 1, /\nhint: .*http or https/],
  ])('%s', async (_, words, exit, expected) => {
    const { code, stdout, stderr } = await lvscope(['vrrp', ...words()]);
    expect(stderr).toMatch(expected);
    expect(stderr.split('\n')).toHaveLength(3);
    expect(stderr).not.toContain('pass');
    expect([code, stdout]).toEqual([exit, '']);
  });

  test('that it asks too often', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => fetchStatus()));
    expect(all).toContain(429);
    const { code, stderr } = await lvscope(['vrrp', ...CA(), '--token-file', join(folder, 'token')]);
    expect(stderr).toMatch(/\nhint: ask less often/);
    expect(code).toBe(1);
  });
});

async function fetchStatus(): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await ask(`${monitor.url}/api/v1/status`, { headers, ca: readFileSync(join(folder, 'ca.pem')) })).status;
}
