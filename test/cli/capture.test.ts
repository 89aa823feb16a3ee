/** `lvscope capture EVENT-ID`: a capture on standard output that the program itself reads back to the same event. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIXTURES, LVSCOPE } from '../environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvscope-capture-'));
const RECORDING = join(FIXTURES, 'captures', 'split-brain.pcap');
let monitor: ChildProcess;
let url = '';

beforeAll(async () => {
  monitor = spawn(process.execPath, [LVSCOPE, 'run', '--read', RECORDING, '--data', folder, '--listen', '127.0.0.1:0']);
  let said = '';
  for (const stream of [monitor.stdout, monitor.stderr])
    stream?.on('data', (chunk) => {
      said += chunk;
    });
  while (!/at its end/.test(said) || url === '') {
    if (monitor.exitCode !== null) throw new Error(said);
    await new Promise((resolve) => setTimeout(resolve, 20));
    url = /lvscope: (http\S+)/.exec(said)?.[1] ?? '';
  }
});

afterAll(async () => {
  const ended = new Promise((resolve) => monitor.once('exit', resolve));
  monitor.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const lvscope = (...args: string[]) => spawnSync(process.execPath, [LVSCOPE, ...args], { timeout: 20_000, maxBuffer: 1 << 26 });

test('the capture of an event replays to that event', () => {
  const events = JSON.parse(String(lvscope('events', '--json', '--url', url).stdout)) as { id: string; kind: string; subject: object }[];
  const [event] = events.filter(({ kind }) => kind === 'vrrp.two_masters');
  const { stdout, stderr, status } = lvscope('capture', event.id, '--url', url);
  expect(status, String(stderr)).toBe(0);
  const file = join(folder, 'event.pcap');
  writeFileSync(file, stdout);
  const again = JSON.parse(String(lvscope('replay', file, '--show', 'events', '--json').stdout)) as typeof events;
  expect(again.map(({ kind, subject }) => ({ kind, subject }))).toContainEqual({ kind: event.kind, subject: event.subject });
});

test('an event that is not there', () => {
  const { stdout, stderr, status } = lvscope('capture', 'nosuch-0', '--url', url);
  expect(status).toBe(1);
  expect(String(stderr)).toMatch(/there is no event nosuch-0/);
  expect(stdout.length).toBe(0);
});

test('a terminal gets a hint and no octets', () => {
  // `script` gives the command a terminal of its own.
  const command = `${process.execPath} ${LVSCOPE} capture nosuch-0 --url ${url}`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', timeout: 20_000 });
  expect(status).toBe(2);
  expect(stdout).toMatch(/a capture is not written to a terminal[\s\S]*hint: write it to a file: lvscope capture nosuch-0 > event.pcap/);
});
