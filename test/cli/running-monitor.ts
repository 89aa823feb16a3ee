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
  readonly url: string;
  stop(): Promise<void>;
}

/** @param listen a port that is free, for one that comes back where it was */
export async function startMonitor(recording: string, listen = '127.0.0.1:0'): Promise<RunningMonitor> {
  const data = mkdtempSync(join(tmpdir(), 'lvscope-monitor-'));
  const child = spawn(process.execPath, [LVSCOPE, 'run', '--read', recording, '--listen', listen, '--data', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const [, found] = /^lvscope: (http\S+)$/.exec(line) ?? [];
      if (found) resolve(found);
    });
    void exited.then(([code]) => reject(new Error(`lvscope run ended with ${code}`)));
  });
  for (;;) {
    const { items } = (await (await fetch(new URL('/api/v1/capture', url))).json()) as { items: { up: boolean }[] };
    if (items.every(({ up }) => !up)) break;
    await sleep(50);
  }
  return {
    url,
    async stop() {
      child.kill();
      await exited;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
