/** A real terminal without a window: tmux on a socket of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Terminal {
  /** As it stands there, line by line. */
  screen(): string[];
  /** @param keys names that tmux knows (Enter, Tab, Escape), or characters */
  keys(...keys: string[]): void;
  resize(columns: number, rows: number): void;
  /** What the terminal itself says: `cursor_flag`, `alternate_on`. */
  is(variable: string): string;
  /** Resolves with the screen once it looks so. */
  until(looks: (screen: string) => boolean): Promise<string[]>;
  close(): void;
}

const PATIENCE_MS = 20_000;

/**
 * @param environment besides that of the tests
 * @param shell with its options
 */
export function openTerminal(
  name: string,
  columns: number,
  rows: number,
  environment: Readonly<Record<string, string>> = {},
  shell = 'sh',
): Terminal {
  const folder = mkdtempSync(join(tmpdir(), `lvscope-${name}-`));
  const env = { ...process.env, ...environment, TMUX: '', PS1: '$ ', ENV: '', LANG: 'C.UTF-8' };
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8', env });
  tmux('new-session', '-d', '-s', 'test', '-x', String(columns), '-y', String(rows), shell);
  const screen = () => tmux('capture-pane', '-p', '-t', 'test').split('\n').slice(0, -1);
  return {
    screen,
    keys: (...keys) => void tmux('send-keys', '-t', 'test', ...keys),
    resize: (width, height) => void tmux('resize-window', '-t', 'test', '-x', String(width), '-y', String(height)),
    is: (variable) => tmux('display-message', '-p', '-t', 'test', `#{${variable}}`).trim(),
    async until(looks) {
      const end = performance.now() + PATIENCE_MS;
      for (;;) {
        const lines = screen();
        if (looks(lines.join('\n'))) return lines;
        if (performance.now() > end) throw new Error(`the terminal never looked so:\n${lines.join('\n')}`);
        await sleep(100);
      }
    },
    close() {
      tmux('kill-server');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
