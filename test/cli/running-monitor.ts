/** `lvscope run` on a recording, as a process of its own that has read it to the end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LVSCOPE } from '../environment.ts';

export interface RunningMonitor {
  /** With a slash at its end. */
  readonly url: string;
  /** Its data folder, gone with `stop`. */
  readonly data: string;
  /** All that it has written. */
  log(): string;
  /** Ends it and leaves its data. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

/** @param listen a port that is free, for one that comes back where it was */
export async function startMonitor(recording: string, listen = '127.0.0.1:0', ...options: string[]): Promise<RunningMonitor> {
  const data = mkdtempSync(join(tmpdir(), 'lvscope-monitor-'));
  const words = ['run', '--read', recording, '--listen', listen, '--data', data, ...options];
  const child = spawn(process.execPath, [LVSCOPE, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const [, found] = /^lvscope: (http\S+)$/.exec(line) ?? [];
      if (found) resolve(found);
    });
    void exited.then(([code]) => reject(new Error(`lvscope run ended with ${code}: ${log}`)));
  });
  for (;;) {
    const { items } = (await (await fetch(new URL('/api/v1/capture', url))).json()) as { items: { up: boolean }[] };
    if (items.length > 0 && items.every(({ up }) => !up)) break;
    await sleep(50);
  }
  const end = async () => {
    child.kill();
    await exited;
  };
  return {
    url,
    data,
    log: () => log,
    end,
    async stop() {
      await end();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
