/** `lvscope run --read -` as a child of the test, which is its wire. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame } from '../../dissectors/dissect.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { fileHeader, record } from '../../src/capture/pcap-writer.ts';
import { FIXTURES, LVSCOPE } from '../environment.ts';
import { printedUrl } from './demo.ts';

const ETHERNET = 1;

export interface FedMonitor {
  /** Without a slash at its end. */
  readonly url: string;
  feed(frames: readonly Frame[]): void;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** @param port 0: the system chooses */
export async function startFed(port = 0, ...options: string[]): Promise<FedMonitor> {
  const data = mkdtempSync(join(tmpdir(), 'lvscope-fed-'));
  const words = ['run', '--read', '-', '--listen', `127.0.0.1:${port}`, '--data', data, ...options];
  const child = spawn(process.execPath, [LVSCOPE, ...words], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  // Who is killed reads no more.
  child.stdin.on('error', () => undefined);
  child.stdin.write(fileHeader({ linkType: ETHERNET, snapLength: 65_535 }));
  const url = await printedUrl(child);
  return {
    url,
    feed(frames) {
      for (const frame of frames) child.stdin.write(record(frame));
    },
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export function framesOf(recording: string): Frame[] {
  const frames: Frame[] = [];
  const path = join(FIXTURES, 'captures', `${recording}.pcap`);
  new PcapStream({ name: path, frame: (frame) => frames.push({ ...frame, bytes: frame.bytes.slice() }) }).push(readFileSync(path));
  return frames;
}

/** As if the first of them, or another, were of this moment. */
export function shifted(frames: readonly Frame[], from: Frame = frames[0], toMillis = Date.now()): Frame[] {
  const micros = toMillis * 1000 - from.atMicros;
  return frames.map((frame) => ({ ...frame, atMicros: frame.atMicros + micros }));
}

/** The frames at their own pace from now on, until the signal. */
export async function play(monitor: FedMonitor, frames: readonly Frame[], signal: AbortSignal): Promise<void> {
  for (const frame of shifted(frames)) {
    const early = frame.atMicros / 1000 - Date.now();
    if (early > 0) await sleep(early, null, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    monitor.feed([frame]);
  }
}
