/** `lvscope demo` as a child of the test, and a real browser before it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { LVSCOPE } from '../environment.ts';
import { openChromium } from './chromium.js';

export interface Demo {
  readonly url: string;
  stop(): Promise<void>;
}

/** The address that a starting monitor prints. */
export async function printedUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the demo has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line);
    if (url) return url[0];
  }
  throw new Error('the demo ended without printing an address');
}

/** @param port 0: the system chooses */
export async function startDemo(port = 0): Promise<Demo> {
  const child = spawn(process.execPath, [LVSCOPE, 'demo', '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const url = await printedUrl(child);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function openBrowser(): Promise<Browser> {
  return openChromium();
}
