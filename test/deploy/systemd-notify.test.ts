/** What the running program tells systemd, heard at a real socket of the kind systemd has, through the real `systemd-notify`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { createSystemdNotify } from '../../src/systemd-notify.ts';
import { exited, until } from '../capture/wire.ts';
import { FIXTURES, LVSCOPE, needs } from '../environment.ts';
import { freePort } from '../prometheus.ts';
import { holdWorker } from './inspected.ts';

const LISTENER = fileURLToPath(new URL('notify-socket.py', import.meta.url));
const RECORDING = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');
/** What systemd would allow between two signs of life. */
const WATCHDOG_MS = 1000;

interface Notice {
  /** Seconds since 1970. */
  readonly at: number;
  readonly READY?: string;
  readonly STATUS?: string;
  readonly WATCHDOG?: string;
  readonly STOPPING?: string;
}

const isStop = ({ STOPPING }: Notice) => STOPPING === '1';

describe.skipIf(needs('systemd', 'python3'))('under systemd', () => {
  let folder: string;
  let children: ChildProcess[];
  let heard: string;
  let said: string;
  const notices = (): Notice[] =>
    heard
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as Notice);
  /** Until nothing is said for as long as a watchdog would wait twice: what is on its way may still come. */
  async function silence(count: () => number): Promise<void> {
    for (let before = -1; before !== count(); await sleep(2 * WATCHDOG_MS)) before = count();
  }
  const beats = (): number => notices().filter(({ WATCHDOG }) => WATCHDOG === '1').length;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lvscope-notify-'));
    children = [];
    heard = '';
    said = '';
    const listener = spawn('python3', [LISTENER, join(folder, 'socket')]);
    children.push(listener);
    listener.stdout.on('data', (chunk) => {
      heard += chunk;
    });
    await until('the socket is there', () => heard.includes('listening'));
  });
  afterEach(async () => {
    for (const child of children) {
      child.kill('SIGKILL');
      await exited(child);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(environment: Record<string, string>, ...nodeOptions: string[]): Promise<ChildProcess> {
    const listen = ['--listen', `127.0.0.1:${await freePort()}`];
    const program = spawn(
      process.execPath,
      [...nodeOptions, LVSCOPE, 'run', '--read', RECORDING, '--speed', '1', '--data', folder, ...listen],
      {
        env: { ...process.env, NOTIFY_SOCKET: join(folder, 'socket'), ...environment },
      },
    );
    children.push(program);
    for (const stream of [program.stdout, program.stderr])
      stream.on('data', (chunk) => {
        said += chunk;
      });
    return program;
  }

  const WATCHED = { WATCHDOG_USEC: String(WATCHDOG_MS * 1000) };

  // The best of three: other work on the machine is not what is measured.
  test('it says when it is up, that it goes on, and that it stops', { retry: 2 }, async () => {
    const program = await start(WATCHED);
    await until('it is ready', () => notices().length > 0, 20_000);
    // Not before it serves.
    expect(said).toContain('lvscope: http://');
    expect(notices()[0]).toMatchObject({
      READY: '1',
      STATUS: expect.stringMatching(/^0 sessions, 0 of \d virtual routers with one master, 0 frames lost$/),
    });
    await until('a beat', () => beats() >= 4);
    const times = notices().flatMap(({ at, WATCHDOG }) => (WATCHDOG === '1' ? [at * 1000] : []));
    // At half of what is allowed (sd_watchdog_enabled(3)).
    expect((times[3] - times[0]) / 3).toBeLessThan(0.75 * WATCHDOG_MS);
    program.kill('SIGTERM');
    await exited(program);
    expect(program.exitCode, said).toBe(0);
    await until('it says that it stops', () => notices().some(isStop));
    const after = notices().slice(notices().findIndex(isStop));
    expect(after.filter(({ WATCHDOG }) => WATCHDOG === '1')).toEqual([]);
  });

  test.each([
    ['there is none', { WATCHDOG_USEC: '' }],
    ['it is meant for another process', { ...WATCHED, WATCHDOG_PID: '1' }],
  ])('it feeds no watchdog where %s', async (_, environment) => {
    await start(environment);
    await until('it is ready', () => notices().some(({ READY }) => READY === '1'), 20_000);
    await sleep(2 * WATCHDOG_MS);
    expect(beats()).toBe(0);
  });

  test('it is silent while its loop stands still', async () => {
    const program = await start(WATCHED);
    await until('a beat', () => beats() > 0, 20_000);
    program.kill('SIGSTOP');
    await silence(() => notices().length);
    const before = notices().length;
    program.kill('SIGCONT');
    await until('it goes on', () => notices().length > before);
  });

  test('it says so, and feeds the watchdog no more, when the writer stands still', async () => {
    await start(WATCHED, '--inspect=127.0.0.1:0');
    await until('a beat', () => beats() > 0, 20_000);
    const inspector = /Debugger listening on (ws:\S+)/.exec(said)?.[1] ?? '';
    const letGo = await holdWorker(inspector);
    const isStuck = ({ STATUS }: Notice) => STATUS?.startsWith('stuck: the writer has not answered for') === true;
    await until('it says that the writer is stuck', () => notices().some(isStuck));
    await silence(beats);
    const before = beats();
    letGo();
    await until('it goes on', () => beats() > before);
  });

  test('it says so, and feeds the watchdog no more, when the server does not answer', async () => {
    const environment = { ...process.env, ...WATCHED, NOTIFY_SOCKET: join(folder, 'socket') };
    const systemd = createSystemdNotify(createLog(), environment);
    let answers = true;
    systemd.ready({ status: () => 'well', stuck: () => (answers ? Promise.resolve(null) : new Promise<null>(() => {})) });
    await until('a beat', () => beats() > 0);
    answers = false;
    await until('it says so', () => notices().some(({ STATUS }) => STATUS === 'stuck: the server does not answer'));
    await silence(beats);
    systemd.stopping();
    await until('it says that it stops', () => notices().some(isStop));
  });

  test('where there is no systemd-notify it says so and runs', async () => {
    const program = await start({ ...WATCHED, PATH: folder });
    await until('it serves', () => said.includes('lvscope: http://'), 20_000);
    await until('it says so', () => said.includes('systemd cannot be told how the program fares'));
    expect(program.exitCode).toBeNull();
  });
});
