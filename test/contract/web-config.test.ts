/** What exporter-toolkit takes and refuses, asked of promtool: `check web-config` reads the file with the toolkit itself. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { readWebConfigFile } from '../../src/web-config.ts';
import { needs } from '../environment.ts';
import { certificate } from '../http/certificates.ts';

const lacks = needs('openssl', 'promtool');
/** Of "test", from the toolkit's documentation. */
const HASH = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG';
const TLS = 'tls_server_config:\n  cert_file: a.pem\n  key_file: a.key\n';

let folder = '';
beforeAll(() => {
  if (lacks) return;
  folder = mkdtempSync(join(tmpdir(), 'lvscope-web-config-'));
  const [one, other] = [certificate('a', { DNS: 'a' }), certificate('b', { DNS: 'b' })];
  for (const [name, text] of [
    ['a.pem', one.cert],
    ['a.key', one.key],
    ['b.pem', other.cert],
    ['junk.pem', 'no certificate\n'],
  ])
    writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function judged(text: string): { readonly ours: string; readonly theirs: string } {
  const path = join(folder, 'web.yml');
  writeFileSync(path, text);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'web-config', path], { encoding: 'utf8' });
  const theirs = status === 0 ? 'right' : `${stdout}${stderr}`;
  try {
    readWebConfigFile(path);
    return { ours: 'right', theirs };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ours: `${error.exitCode} ${error.message.replace(path, 'FILE')}`, theirs };
  }
}

describe.skipIf(lacks)('exporter-toolkit takes, and so do we', () => {
  it.each([
    ['an empty file', ''],
    ['users', `basic_auth_users:\n  alice: ${HASH}\n  bob: '${HASH}'\n`],
    ['sections without a value', 'basic_auth_users:\ntls_server_config:\nhttp_server_config:\n'],
    ['TLS', TLS],
    ['versions', `${TLS}  min_version: TLS12\n  max_version: TLS13\n`],
    [
      'suites',
      `${TLS}  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]\n  prefer_server_cipher_suites: false\n`,
    ],
    ['curves', `${TLS}  curve_preferences: [X25519, CurveP256, CurveP384, CurveP521]\n`],
    ['certificates of clients', `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: b.pem\n`],
    ['its older name of a type', `${TLS}  client_auth_type: RequireClientCert\n  client_ca_file: b.pem\n`],
    ['nobody asked', `${TLS}  client_auth_type: NoClientCert\n`],
    [
      'headers',
      'http_server_config:\n  http2: false\n  headers: {X-Frame-Options: deny, X-Content-Type-Options: nosniff, X-XSS-Protection: "0"}\n',
    ],
  ])('%s', (_, text) => {
    expect(judged(text)).toEqual({ ours: 'right', theirs: 'right' });
  });
});

describe.skipIf(lacks)('exporter-toolkit refuses, and so do we, with the line', () => {
  it.each([
    ['a key of its own', `basic_auth_users:\n  a: ${HASH}\nlvscope: {}\n`, /line 3: lvscope/],
    ['a key of TLS', `${TLS}  cert_files: a.pem\n`, /line 4: tls_server_config\.cert_files/],
    ['a password that is not hashed', 'basic_auth_users:\n  a: swordfish\n', /line 2: basic_auth_users\.a: is no bcrypt hash/],
    ['a user without a hash', 'basic_auth_users:\n  a:\n', /line 2: basic_auth_users\.a/],
    ['no key', 'tls_server_config:\n  cert_file: a.pem\n', /line 2: tls_server_config\.key_file/],
    ['no certificate', 'tls_server_config:\n  key_file: a.key\n', /line 2: tls_server_config\.cert_file/],
    ['no such file', 'tls_server_config:\n  cert_file: none.pem\n  key_file: a.key\n', /line 2: tls_server_config\.cert_file: ENOENT/],
    ['what is no certificate', 'tls_server_config:\n  cert_file: junk.pem\n  key_file: a.key\n', /line 2: tls_server_config\.cert_file/],
    ['another one’s key', 'tls_server_config:\n  cert_file: b.pem\n  key_file: a.key\n', /line 2: tls_server_config: .*go together/],
    ['a version', `${TLS}  min_version: TLS14\n`, /line 4: tls_server_config\.min_version.*TLS10, TLS11, TLS12, TLS13/],
    ['a suite', `${TLS}  cipher_suites:\n    - TLS_FOO\n`, /line 5: tls_server_config\.cipher_suites\.0/],
    ['a curve', `${TLS}  curve_preferences: [CurveP255]\n`, /line 4: tls_server_config\.curve_preferences\.0/],
    ['a type', `${TLS}  client_auth_type: Maybe\n`, /line 4: tls_server_config\.client_auth_type/],
    ['an authority and nobody asked', `${TLS}  client_ca_file: b.pem\n`, /tls_server_config\.client_auth_type: there is an authority/],
    ['a header that may not be set', 'http_server_config:\n  headers: {Server: x}\n', /line 2: http_server_config\.headers\.Server/],
    ['a value of one', 'http_server_config:\n  headers:\n    X-Frame-Options: maybe\n', /line 3: .*deny, sameorigin/],
    ['what is no boolean', 'http_server_config:\n  http2: perhaps\n', /line 2: http_server_config\.http2/],
    ['a list', '- 1\n', /line 1/],
    ['what is no YAML', 'a: [\n', /line \d/],
  ])('%s', (_, text, line) => {
    const { ours, theirs } = judged(text);
    expect(ours).toMatch(/^2 FILE: /);
    expect(ours).toMatch(line);
    expect(theirs).not.toBe('right');
  });
});

describe.skipIf(lacks)('besides', () => {
  it('all that is wrong is told at once', () => {
    expect(judged('basic_auth_users:\n  a: x\n  b: y\nrate_limit:\n  interval: soon\n').ours).toMatch(
      /line 2.*; line 3.*; line 5: rate_limit\.interval/,
    );
  });

  it('a password that is not hashed is not repeated', () => {
    expect(judged('basic_auth_users:\n  a: swordfish\n').ours).not.toContain('swordfish');
  });

  it.each([
    ['1s', 1000],
    ['1m30s', 90_000],
    ['1.5ms', 1.5],
    ['100us', 0.1],
  ])('rate_limit, which this promtool does not know yet: %s (Go, time.ParseDuration)', (interval, intervalMs) => {
    const path = join(folder, 'web.yml');
    writeFileSync(path, `rate_limit:\n  interval: ${interval}\n  burst: 3\n`);
    expect(readWebConfigFile(path).rateLimit).toEqual({ intervalMs, burst: 3 });
  });

  it('names are refused for who need not have a certificate (newer toolkit)', () => {
    const text = `${TLS}  client_auth_type: RequestClientCert\n  client_allowed_sans: [a]\n`;
    expect(judged(text).ours).toMatch(/line 5: tls_server_config\.client_allowed_sans/);
  });
});
