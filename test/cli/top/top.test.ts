/** `lvscope top` in a real terminal, against a monitor that has read a recording of real load balancers. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURES, LVSCOPE, needs } from '../../environment.ts';
import { type RunningMonitor, startMonitor } from '../running-monitor.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

const RECORDING = join(FIXTURES, 'captures', 'dr-v1-failover.pcap');

interface Lab {
  readonly looks: readonly { readonly host: string; readonly command: string; readonly output: string }[];
}

interface Row {
  readonly active: boolean;
  /** Client, virtual and destination. */
  readonly endpoints: string;
}

/** What the backup's own ipvsadm said last. */
function lastTable(): Row[] {
  const { looks } = JSON.parse(readFileSync(RECORDING.replace('.pcap', '.json'), 'utf8')) as Lab;
  const last = looks.findLast(({ host, command }) => host === 'lb2' && command === 'ipvsadm -Lnc');
  const rows = (last?.output ?? '').trim().split('\n').slice(2);
  return rows.map((line) => {
    const [, , state, ...endpoints] = line.trim().split(/\s+/);
    return { active: state === 'ESTABLISHED', endpoints: endpoints.join(' ') };
  });
}

describe.skipIf(needs('tmux'))('top in a terminal of 80 by 24', () => {
  let monitor: RunningMonitor;
  let terminal: Terminal;
  beforeAll(async () => {
    monitor = await startMonitor(RECORDING);
    terminal = openTerminal('top', 80, 24, { LVSCOPE_URL: monitor.url });
  }, 60_000);
  afterAll(async () => {
    terminal.close();
    await monitor.stop();
  });
  const start = async (...words: string[]) => {
    terminal.keys(`clear; ${process.execPath} ${LVSCOPE} top ${words.join(' ')}; echo "exit code $?"`, 'Enter');
    await terminal.until((screen) => screen.includes('[1 services]') && screen.includes('->'));
  };

  test('shows who is master, whether a failover keeps sessions, and the services with their shares', async () => {
    await start();
    const screen = terminal.screen();
    expect(screen).toHaveLength(24);
    expect(screen[0]).toMatch(new RegExp(`^lvscope {2}2026-11-21 .* ${lastTable().length} sessions`));
    expect(screen.find((line) => /^vrrp {2}51 /.test(line))).toMatch(/ipv4 +(master|lost) /);
    expect(screen.filter((line) => line.startsWith('sync  10.99.0.1'))).toHaveLength(2);
    const table = lastTable();
    const activeOf = (rows: readonly Row[]) => rows.filter(({ active }) => active).length;
    for (const server of ['10.99.0.21:80', '10.99.0.22:80']) {
      const rows = table.filter(({ endpoints }) => endpoints.endsWith(` ${server}`));
      const active = activeOf(rows);
      const share = `${((active / activeOf(table)) * 100).toFixed(1)}%`;
      const cells = screen
        .find((line) => line.includes(`-> ${server}`))
        ?.trim()
        .split(/\s+/);
      expect(cells).toEqual(['->', server, 'route', `${active}`, `${rows.length - active}`, expect.stringMatching(/^\d\.\d$/), share]);
    }
  });

  test('lists, sorts and filters the connections that ipvsadm listed', async () => {
    terminal.resize(100, 40);
    terminal.keys('2');
    await terminal.until((screen) => screen.includes('[2 connections]') && screen.includes('ESTABLISHED'));
    terminal.keys('/');
    await terminal.until((screen) => /^\/$/m.test(screen));
    terminal.keys('-l', 'state == ESTABLISHED && dest == 10.99.0.22:80');
    terminal.keys('Enter');
    const wanted = lastTable().flatMap(({ active, endpoints }) => (active && endpoints.endsWith(' 10.99.0.22:80') ? [endpoints] : []));
    const rowsOf = (screen: string) => screen.split('\n').filter((line) => line.startsWith('TCP '));
    const lines = await terminal.until((screen) => screen.includes('filter: state') && rowsOf(screen).length === wanted.length);
    const shown = rowsOf(lines.join('\n')).map((line) => line.split(/ +/).slice(4, 7).join(' '));
    expect(shown.sort()).toEqual(wanted.sort());

    // To the column of the source, the least first.
    terminal.keys('>', '>', '>');
    await terminal.until((screen) => {
      const ports = rowsOf(screen).map((line) => Number(/10\.99\.0\.2:(\d+)/.exec(line)?.[1]));
      return screen.includes('Source ^') && ports.length === wanted.length && ports.every((port, i) => i === 0 || ports[i - 1] <= port);
    });
  });

  test('says what is wrong with a filter, where it was typed', async () => {
    terminal.keys('/');
    terminal.keys('C-u');
    terminal.keys('-l', 'stat=ESTABLISHED');
    terminal.keys('Enter');
    const screen = await terminal.until((text) => text.includes('there is no parameter stat'));
    // The rows of before stay.
    expect(screen.filter((line) => line.startsWith('TCP ')).length).toBeGreaterThan(0);
    terminal.keys('Escape');
    await terminal.until((text) => !text.includes('there is no parameter'));
  });

  test('pauses, and follows the size of the terminal', async () => {
    terminal.keys('Space');
    await terminal.until((screen) => screen.includes('PAUSED'));
    terminal.resize(60, 16);
    const small = await terminal.until((screen) => screen.split('\n').length === 16 && screen.includes('q quit'));
    expect(Math.max(...small.map((line) => line.length))).toBeLessThanOrEqual(60);
    terminal.keys('Space');
    terminal.resize(80, 24);
    await terminal.until((screen) => !screen.includes('PAUSED') && screen.split('\n').length === 24);
  });

  /** As a shell needs it: the cursor to be seen, the first screen, echo and lines. */
  async function restored(code: RegExp): Promise<void> {
    await terminal.until((screen) => code.test(screen));
    expect([terminal.is('cursor_flag'), terminal.is('alternate_on')]).toEqual(['1', '0']);
    terminal.keys('clear; stty -a', 'Enter');
    const screen = await terminal.until((text) => text.includes('icanon'));
    expect(screen.join(' ')).toMatch(/ icanon .* echo /);
  }

  test('leaves the terminal as it was: by q', async () => {
    terminal.keys('q');
    await restored(/exit code 0/);
  });

  test.each([
    ['C-c', /exit code 0/],
    ['SIGTERM', /exit code 0/],
    ['SIGHUP', /exit code 0/],
  ])('by %s', async (how, code) => {
    await start();
    expect(terminal.is('alternate_on')).toBe('1');
    if (how === 'C-c') terminal.keys(how);
    else execFileSync('pkill', [`-${how}`, '-P', terminal.is('pane_pid')]);
    await restored(code);
  });

  test('a monitor that goes away is told, and what was known stays', async () => {
    await start();
    await monitor.stop();
    const screen = await terminal.until((text) => text.includes('no monitor answers'));
    expect(screen.some((line) => line.includes('-> 10.99.0.21:80'))).toBe(true);
    terminal.keys('q');
    await restored(/exit code 0/);
  });
});
