/** Completion asked for as people do: with the Tab key, in the shells themselves. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURES, LVSCOPE, needs } from '../../environment.ts';
import { type RunningMonitor, startMonitor } from '../running-monitor.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvscope-completion-'));
let monitor: RunningMonitor;
let environment: Record<string, string>;
beforeAll(async () => {
  monitor = await startMonitor(join(FIXTURES, 'captures', 'dr-v1-failover.pcap'));
  const program = join(folder, 'lvscope');
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${LVSCOPE} "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'recorded.pcap'), '');
  environment = { PATH: `${folder}:${process.env.PATH}`, LVSCOPE_URL: monitor.url, HOME: folder, TERM: 'screen' };
}, 60_000);
afterAll(async () => {
  await monitor.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What is typed, and how the line reads after Tab. */
const TYPED: [what: string, typed: string, line: string][] = [
  ['a command', 'lvscope connec', 'lvscope connections '],
  ['a command of a command', 'lvscope alert te', 'lvscope alert test '],
  ['an option', 'lvscope vrrp --fi', 'lvscope vrrp --fields '],
  ['a field, without a space after it', 'lvscope connections stat', 'lvscope connections state='],
  ['a value of a closed list', 'lvscope connections state=EST', 'lvscope connections state=ESTABLISHED '],
  ['one more value', 'lvscope connections state=CLOSE,TIME', 'lvscope connections state=CLOSE,TIME_WAIT '],
  ['a virtual service that the monitor knows', 'lvscope connections vip=10', 'lvscope connections vip=10.99.0.100:80 '],
  ['an id that the monitor knows', 'lvscope vrrp --id ipv4', 'lvscope vrrp --id ipv4-51-0 '],
  ['a choice', 'lvscope replay --show neigh', 'lvscope replay --show neighbors '],
  ['an interface', 'lvscope run -i l', 'lvscope run -i lo '],
  ['a file', 'lvscope replay recor', 'lvscope replay recorded.pcap '],
];

describe.each([
  ['bash', 'bash --norc --noprofile', 'eval "$(lvscope completion bash)"'],
  ['zsh', 'zsh -f', 'PS1=\'$ \'; autoload -U compinit; compinit -D -u; eval "$(lvscope completion zsh)"'],
] as const)('%s', (shell, command, setUp) => {
  describe.skipIf(needs('tmux', ...(shell === 'zsh' ? (['zsh'] as const) : [])))('with the Tab key', () => {
    let terminal: Terminal;
    beforeAll(async () => {
      terminal = openTerminal(shell, 120, 30, environment, command);
      terminal.keys(`cd ${folder}; ${setUp}; clear; echo re''ady`, 'Enter');
      await terminal.until((screen) => screen.includes('ready\n'));
    }, 60_000);
    afterAll(() => terminal.close());

    test.each(TYPED)('completes %s', async (_, typed, line) => {
      terminal.keys('C-u');
      terminal.keys('-l', typed);
      terminal.keys('Tab');
      // A letter shows where the line ends.
      await terminal.until(
        (screen) =>
          screen
            .trimEnd()
            .split('\n')
            .at(-1)
            ?.replace(/^[^ ]* /, '')
            .startsWith(line.trimEnd()) === true,
      );
      terminal.keys('-l', 'X');
      const screen = await terminal.until((text) => text.trimEnd().endsWith('X'));
      expect(
        screen
          .join('\n')
          .trimEnd()
          .split('\n')
          .at(-1)
          ?.replace(/^[^ ]* /, ''),
      ).toBe(`${line}X`);
    });
  });
});

describe.skipIf(needs('fish'))('fish', () => {
  /** Fish itself tells what it would offer. */
  function offered(typed: string): string[] {
    const script = `lvscope completion fish | source; complete -C ${JSON.stringify(typed)}`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t')[0]);
  }

  test.each(TYPED)('completes %s', (_, typed, line) => {
    const word = line.trimEnd().split(' ').at(-1);
    expect(offered(typed).filter((one) => one !== 'local' && !one.endsWith('/'))).toContain(word);
  });
});

test('a shell that is none', () => {
  const { status, stderr } = spawnSync(process.execPath, [LVSCOPE, 'completion', 'tcsh'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/Allowed choices are bash, zsh, fish/);
});
