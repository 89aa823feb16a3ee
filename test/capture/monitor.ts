/** The tests' side of monitor-process.js. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BlindInterval, InterfaceStatus } from '../../src/capture/status.ts';
import { builtCapture } from './built.ts';
import { exited, until, type Wire } from './wire.ts';

export const SCRIPT = fileURLToPath(new URL('./monitor-process.js', import.meta.url));

export interface Frame {
  readonly number: number;
  readonly interface: string | null;
  readonly hex: string;
  readonly atMicros: number;
  readonly originalLength: number;
  readonly linkType: number;
}

export interface Failure {
  readonly name: string;
  readonly exitCode?: number;
  readonly message: string;
  readonly hint?: string;
}

export interface Heard {
  readonly frames: Frame[];
  readonly blind: BlindInterval[];
  readonly statuses: InterfaceStatus[];
  failure: Failure | null;
  ready: boolean;
  /** What `status()` said before the stop. */
  last: InterfaceStatus[] | null;
}

export interface MonitorProcess extends Heard {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

export const SYNC = { group: 0xe0000051, fromPort: 8848, toPort: 8911 };

export function monitorArguments(options: Record<string, unknown> = {}, built = builtCapture()): string[] {
  const defaults = { built, source: 'pcap', interfaces: ['mon0'], sync: [SYNC], join: true, snapLength: 9216, bufferMiB: 16 };
  return [SCRIPT, JSON.stringify({ ...defaults, ...options })];
}

/** Runs until it is ready or has failed. */
export async function startMonitor(wire: Wire, options: Record<string, unknown> = {}): Promise<MonitorProcess> {
  return listenTo(wire.onMonitor(process.execPath, ...monitorArguments(options)));
}

export async function listenTo(child: ChildProcess): Promise<MonitorProcess> {
  const heard: Heard = { frames: [], blind: [], statuses: [], failure: null, ready: false, last: null };
  if (!child.stdout) throw new Error('no standard output');
  let stderr = '';
  child.stderr?.on('data', (octets: Buffer) => {
    stderr += octets.toString();
  });
  createInterface(child.stdout).on('line', (line) => hear(heard, JSON.parse(line)));
  const monitor = Object.assign(heard, {
    child,
    async stop() {
      child.stdin?.write('stop\n');
      await exited(child);
    },
  });
  await until(`the monitor is ready ${stderr}`, () => heard.ready || heard.failure !== null || child.exitCode !== null);
  if (!heard.ready && !heard.failure) throw new Error(stderr);
  return monitor;
}

function hear(heard: Heard, { event, ...value }: { event: string } & Record<string, unknown>): void {
  if (event === 'frame') heard.frames.push(value as unknown as Frame);
  else if (event === 'status') heard.statuses.push(value as unknown as InterfaceStatus);
  else if (event === 'blind') heard.blind.push(value as unknown as BlindInterval);
  else if (event === 'failed') heard.failure = value as unknown as Failure;
  else if (event === 'ready') heard.ready = true;
  else if (event === 'stopped') heard.last = value.interfaces as InterfaceStatus[];
}
