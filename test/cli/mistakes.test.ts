/** Mistakes and circumstances: one sentence, one hint, the documented exit code, never a stack trace. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FIXTURES, LVSCOPE, needs } from '../environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvscope-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const CAPTURE = join(FIXTURES, 'captures', 'nat-v0.pcap');
const data = ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0'];

function lvscope(args: readonly string[], options: { uid?: number; input?: string } = {}) {
  return spawnSync(process.execPath, [LVSCOPE, ...args], { encoding: 'utf8', timeout: 20_000, ...options });
}

function made(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** [what, arguments, exit code, what the sentence names] */
const MISTAKES: [string, string[], number, RegExp][] = [
  ['no command at all', ['nonsense'], 2, /unknown command 'nonsense'/],
  ['an unknown option', ['replay', CAPTURE, '--fast'], 2, /unknown option '--fast'/],
  ['a missing argument', ['replay'], 2, /missing required argument/],
  ['an unknown view', ['replay', CAPTURE, '--show', 'weather'], 2, /Allowed choices are connections/],
  ['a moment that is none', ['replay', CAPTURE, '--until', 'yesterday'], 2, /--until yesterday is no moment/],
  ['a group without a port', ['replay', CAPTURE, '--sync', '224.0.0.81'], 2, /--sync 224.0.0.81 is no group and port/],
  ['a group that is none', ['replay', CAPTURE, '--sync', '10.0.0.1:8848'], 2, /no multicast address/],
  ['ports the wrong way round', ['replay', CAPTURE, '--sync', '224.0.0.81:9000-8000'], 2, /no port or range/],
  ['no sessions at all', ['replay', CAPTURE, '--max-sessions', '0'], 2, /--max-sessions 0/],
  ['a speed of nothing', ['run', '--read', CAPTURE, '--speed', '0'], 2, /--speed 0/],
  ['a speed for a live interface', ['run', '--speed', '2'], 2, /--speed goes with --read/],
  ['file and interface at once', ['run', '--read', CAPTURE, '-i', 'lo'], 2, /exclude each other/],
  ['an address without a port', ['run', '--listen', 'localhost'], 2, /--listen localhost is no address and port/],
  ['an address for everybody', ['run', '--read', CAPTURE, ...data, '--listen', '0.0.0.0:0'], 2, /would show every client/],
  ['an id and a filter', ['vrrp', 'vrid=51', '--id', 'ipv4-51-0'], 2, /--id and filters exclude each other/],
  ['a user without a password', ['vrrp', '--user', 'ann'], 2, /--user has no password/],
  ['a token and a user', ['vrrp', '--user', 'ann:x', '--token-file', CAPTURE], 2, /cannot be used with option/],
  ['a file of no token', ['vrrp', '--token-file', CAPTURE], 2, /holds no token/],
  ['a token file that is not there', ['vrrp', '--token-file', join(folder, 'nosuch')], 4, /--token-file .* cannot be read/],
  ['past and future at once', ['vrrp', '--watch', '--at', '1795234186'], 2, /--watch and --at exclude each other/],
  ['a URL that is none', ['connections', '--url', 'somewhere'], 2, /--url somewhere is no URL/],
  ['no monitor there', ['services', '--url', 'http://127.0.0.1:1'], 1, /no monitor answers at http:\/\/127.0.0.1:1/],
  ['a file that is not there', ['replay', join(folder, 'nosuch.pcap')], 4, /nosuch.pcap: there is no such file/],
  ['a folder', ['replay', folder], 4, /cannot read/],
  ['a file that is no capture', ['replay', LVSCOPE], 4, /neither pcap nor pcapng/],
  ['a file that is not there, to run', ['run', '--read', join(folder, 'nosuch.pcap'), ...data], 4, /there is no such file/],
  [
    'a database that is none',
    ['replay', CAPTURE, '--db', made('text.db', 'no database, but long enough to be taken for one '.repeat(9))],
    1,
    /text.db/,
  ],
];

describe('told in one sentence and a hint', () => {
  test.each(MISTAKES)('%s', (_, args, code, sentence) => {
    const { status, stderr, stdout } = lvscope(args);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(code);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stderr).toMatch(/hint: |see lvscope --help/);
    expect(stdout).not.toMatch(/connections entries/);
  });

  test('an empty file, and a capture cut in its header', () => {
    expect(lvscope(['replay', made('empty.pcap', '')]).status).toBe(4);
    expect(lvscope(['replay', made('head.pcap', Buffer.from('d4c3b2a102000400', 'hex'))]).status).toBe(5);
  });

  test('a database of a newer version', () => {
    const path = join(folder, 'newer.db');
    expect(lvscope(['replay', CAPTURE, '--db', path]).status).toBe(0);
    const made = spawnSync(
      process.execPath,
      ['-e', `new (require('better-sqlite3'))(process.argv[1]).pragma('user_version = 999')`, path],
      { cwd: join(LVSCOPE, '..', '..') },
    );
    expect(made.status).toBe(0);
    const { status, stderr } = lvscope(['replay', CAPTURE, '--db', path]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/newer/);
  });

  test('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { status, stderr } = lvscope(['run', '--read', CAPTURE, '--data', join(folder, 'data'), '--listen', `127.0.0.1:${port}`]);
    server.close();
    expect(status).toBe(1);
    expect(stderr).toMatch(/another program listens at 127.0.0.1:\d+ already\nhint: /);
  });
});

test('a cut capture: what was read is printed, where it is cut is told, exit code 5', () => {
  const whole = lvscope(['replay', CAPTURE, '--show', 'daemons']);
  const { status, stdout, stderr } = lvscope(['replay', made('cut.pcap', readFileSync(CAPTURE).subarray(0, -7)), '--show', 'daemons']);
  expect(status).toBe(5);
  expect(stdout).toBe(whole.stdout);
  expect(stderr).toMatch(/cut.pcap is cut at byte \d+: /);
});

test('a reader that has enough (| head) is no fault', () => {
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `"$0" "$1" replay "$2" --show connections | head -n 1`, process.execPath, LVSCOPE, CAPTURE],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(stderr).toBe('');
});

describe.skipIf(needs('root', 'pcap'))('live capture', () => {
  test('an interface that is not there', () => {
    const { status, stderr } = lvscope(['run', '-i', 'nosuch0', ...data]);
    expect(status).toBe(4);
    expect(stderr).toMatch(/there is no interface nosuch0\nhint: There are: /);
  });

  test('no right to capture', () => {
    chmodSync(folder, 0o777);
    const { status, stderr } = lvscope(['run', '-i', 'lo', '--data', join(folder, 'nobody'), '--listen', '127.0.0.1:0'], { uid: 65534 });
    expect(stderr).toMatch(/no right to capture .*\nhint: .*--capture udp/);
    expect(status).toBe(3);
  });
});
