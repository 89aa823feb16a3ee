/** `npm run lab` as a user has it: what is typed happens, and however it ends, nothing of it stays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { needs, ROOT } from '../environment.ts';
import { eventually } from './eventually.ts';
import { LAB_NEEDS } from './lab.ts';
import { progress } from './progress.ts';

const MOST_MS = 60_000;
const say = progress('terminal');

/** Null: the process has gone meanwhile. */
function askProc<Answer>(ask: () => Answer): Answer | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
const pidNamespaceOf = (pid: string): string | null => askProc(() => readlinkSync(`/proc/${pid}/ns/pid`));
const childrenOf = (pid: string): string[] =>
  (askProc(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) ?? '').split(' ').filter((child) => child !== '');

/** Command lines of the processes in a namespace. */
const livingIn = (namespace: string): string[] =>
  pids()
    .filter((pid) => pidNamespaceOf(pid) === namespace)
    .map((pid) => askProc(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? pid);

/** The namespace that a lab keeps its processes in: that of its grandchildren, below `unshare` and `nsenter`. */
function namespaceOf(lab: ChildProcess): string {
  const own = pidNamespaceOf(`${process.pid}`);
  const found = childrenOf(`${lab.pid}`).flatMap(childrenOf).map(pidNamespaceOf);
  return found.find((namespace) => namespace !== null && namespace !== own) ?? 'none';
}

describe.skipIf(needs(...LAB_NEEDS))('npm run lab', () => {
  let lab: ChildProcess;
  let said = '';

  /** Starts it and waits until it has said something. */
  async function start(until: string): Promise<void> {
    said = '';
    lab = spawn(process.execPath, [join(ROOT, 'scripts', 'lab.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
    lab.stdout?.on('data', (text) => {
      said += text;
    });
    await heard(until);
  }

  const heard = (text: string) => eventually(`it says ${text}`, async () => said.includes(text), MOST_MS);

  async function typed(line: string, answer: string): Promise<void> {
    said = '';
    lab.stdin?.write(`${line}\n`);
    await heard(answer);
    say(`${line}: ${answer}`);
  }

  afterEach(() => lab.kill('SIGKILL'));

  test('does what is typed, and goes with Ctrl-C', async () => {
    await start('quit, too');
    const namespace = namespaceOf(lab);
    expect(livingIn(namespace).filter((words) => words.startsWith('linux.uml')).length).toBeGreaterThanOrEqual(2);
    const [url] = /http:\S+/.exec(said) ?? [''];
    expect((await fetch(url)).status).toBe(200);
    await typed('open 3', '3 opened');
    await typed('lb1 ipvsadm -Lnc | grep -c ESTABLISHED', '23\n');
    await typed('talk 2', '23 of 23 sessions');
    await typed('pull', 'the cable of lb1 is pulled');
    await typed('lb1 cat /sys/class/net/eth0/operstate', 'down');
    await typed('heal', 'mended');
    await typed('split', 'lb2 hears no adverts');
    await typed('lb2 iptables-legacy -S INPUT', '-p vrrp -j DROP');
    await typed('heal', 'mended');
    await typed('cl false; echo $?', '1');
    await typed('open many', 'a number is wanted');
    await typed('upset', 'none of these');
    const ended = once(lab, 'exit');
    lab.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(said).toContain('all gone');
    expect(livingIn(namespace)).toEqual([]);
  });

  test('killed, it leaves nothing behind', async () => {
    await start('keepalived starts on lb1');
    const namespace = namespaceOf(lab);
    expect(livingIn(namespace).length).toBeGreaterThan(5);
    lab.kill('SIGKILL');
    await eventually('all its processes are gone', async () => livingIn(namespace).length === 0, 5000);
  });
});
