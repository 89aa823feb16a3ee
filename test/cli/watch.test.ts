/** `--watch`: on a terminal in place, on a pipe what changed; a monitor that goes away and comes back; the end by a signal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followEvents } from '../../src/cli/follow.ts';
import { createOutput } from '../../src/cli/output.ts';
import { changedLines } from '../../src/cli/screen.ts';
import type { Event } from '../../src/contract/event.ts';
import { FIXTURES, LVSCOPE, needs } from '../environment.ts';
import { type RunningMonitor, startMonitor } from './running-monitor.ts';
import { openTerminal } from './terminal.ts';

const RECORDING = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');
let monitor: RunningMonitor;
beforeAll(async () => {
  monitor = await startMonitor(RECORDING);
}, 60_000);
afterAll(() => monitor.stop());

interface Started {
  readonly child: ChildProcess;
  said(): string;
  told(): string;
}

function start(...words: string[]): Started {
  const child = spawn(process.execPath, [LVSCOPE, ...words], {
    env: { ...process.env, LVSCOPE_URL: monitor.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, told] = ['', ''];
  child.stdout.on('data', (part) => (said += part));
  child.stderr.on('data', (part) => (told += part));
  return { child, said: () => said, told: () => told };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (holds()) return;
    await sleep(50);
  }
  throw new Error(`never: ${what}`);
}

async function stopped({ child }: Started, signal: NodeJS.Signals): Promise<unknown> {
  child.kill(signal);
  return (await once(child, 'exit'))[0];
}

async function rest<Item>(path: string): Promise<Item[]> {
  return ((await (await fetch(`${monitor.url}api/v1/${path}`)).json()) as { items: Item[] }).items;
}

describe('events on a pipe', () => {
  test('begin with the last ten, the oldest first, and end with Ctrl-C', async () => {
    const started = start('events', '--watch', '--json');
    await until(() => started.said().split('\n').length > 10, 'ten lines');
    const ids = started
      .said()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Event).id);
    const latest = await rest<Event>('events?sort=-at&limit=40');
    const from = latest.findIndex(({ id }) => id === ids.at(-1));
    expect(ids).toEqual(
      latest
        .slice(from, from + ids.length)
        .map(({ id }) => id)
        .reverse(),
    );
    expect(await stopped(started, 'SIGINT')).toBe(0);
  });

  test('of a wrong filter are refused at once', async () => {
    const started = start('events', '--watch', 'severity=grave');
    const [code] = await once(started.child, 'exit');
    expect(code).toBe(2);
    expect(started.told()).toMatch(/severity=grave is not accepted/);
  });

  test('come in their order, each once, also those that are dated back and those that come while many do', async () => {
    const event = (n: number): Event => ({ id: `e${n}`, at: new Date(n * 1000).toISOString() }) as Event;
    const log = [1, 2, 3].map(event);
    const printed: string[] = [];
    let looks = 0;
    async function latest(most: number): Promise<Event[]> {
      looks++;
      // Between the looks: one more; then one dated back; then more than one look asks for.
      if (looks === 2) log.push(event(10));
      if (looks === 3) log.push(event(5));
      if (looks === 4) log.push(...Array.from({ length: 150 }, (_, i) => event(100 + i)));
      if (looks === 6) process.emit('SIGTERM');
      return log.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, most);
    }
    await followEvents(latest, 2, async ({ id }) => void printed.push(id), createOutput());
    expect(printed).toEqual(['e2', 'e3', 'e10', 'e5', ...Array.from({ length: 150 }, (_, i) => `e${100 + i}`)]);
  }, 20_000);
});

describe('a list on a pipe', () => {
  test('is printed again only when it has changed, and by SIGTERM it ends without a fault', async () => {
    const started = start('daemons', 'role=sender', '--watch', '--fields', 'address,syncid');
    await until(() => started.said() !== '', 'a first look');
    await sleep(2500);
    expect(started.said()).toBe('address     syncid\n10.99.0.11  51\n10.99.0.12  51\n');
    expect(await stopped(started, 'SIGTERM')).toBe(0);
  });
});

test('a monitor that goes away is told once, and asked until it is back', async () => {
  const started = start('daemons', '--watch', '--fields', 'address');
  await until(() => started.said() !== '', 'a first look');
  const { host } = new URL(monitor.url);
  await monitor.stop();
  await until(() => started.told() !== '', 'told that it is away');
  await sleep(1500);
  expect(started.told()).toMatch(/^lvscope: no monitor answers at .*; asked again every second\n$/);
  monitor = await startMonitor(RECORDING, host);
  await until(() => started.told().includes('answers again'), 'told that it is back');
  expect(await stopped(started, 'SIGINT')).toBe(0);
}, 60_000);

test('with nobody there at the start it is no use waiting', async () => {
  const started = start('vrrp', '--watch', '--url', 'http://127.0.0.1:1');
  expect((await once(started.child, 'exit'))[0]).toBe(1);
  expect(started.told()).toMatch(/no monitor answers/);
});

describe.skipIf(needs('tmux'))('a list on a terminal', () => {
  test('is shown in place, cut to the screen, and leaves it as it was', async () => {
    const terminal = openTerminal('watch', 80, 12, { LVSCOPE_URL: monitor.url });
    try {
      terminal.keys(`clear; echo before; ${process.execPath} ${LVSCOPE} connections --watch; echo "exit code $?"`, 'Enter');
      const lines = await terminal.until((screen) => screen.includes('more lines'));
      expect(lines[0]).toBe('IPVS connection entries');
      expect(lines).toHaveLength(12);
      const left = (screen: readonly string[]) => /^TCP (\d\d):(\d\d) /.exec(screen[2])?.slice(1, 3).join(':');
      const first = left(lines);
      await terminal.until((screen) => left(screen.split('\n')) !== first);
      terminal.keys('C-c');
      const after = await terminal.until((screen) => screen.includes('exit code 0'));
      expect(after).toContain('before');
      expect([terminal.is('cursor_flag'), terminal.is('alternate_on')]).toEqual(['1', '0']);
    } finally {
      terminal.close();
    }
  }, 60_000);
});

describe('what is written to a screen', () => {
  const at = (row: number, text: string) => `\x1b[${row};1H${text}\x1b[0m\x1b[K`;
  const update = (text: string) => `\x1b[?2026h${text}\x1b[?2026l`;

  test.each([
    ['nothing when nothing changed', ['a', 'b'], ['a', 'b'], ''],
    ['the changed line only', ['a', 'b', 'c'], ['a', 'B', 'c'], update(at(2, 'B'))],
    ['an empty line where one was', ['a', 'b'], ['a'], update(at(2, ''))],
    ['nothing below the screen', ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'D'], ''],
  ])('%s', (_, before, after, written) => {
    expect(changedLines(before, after, 3)).toBe(written);
  });
});
