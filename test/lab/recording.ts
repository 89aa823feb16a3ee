/** tcpdump at a port of the switch. */
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.ts';
import { LAB_FOLDER, type Segment, signalTo } from './segment.ts';

const PCAP_HEADER = 24;
const MOST_START_MS = 20_000;
/** By default a frame takes 64 KiB of the kernel's 2 MiB, which are full with 32 of them. */
const ROOM = ['-s', '9216', '-B', '16384'];

export interface Recording {
  /** Grows while it goes on. */
  readonly file: string;
  readonly tcpdump: ChildProcess;
  /** What tcpdump has written to its terminal when it has ended. */
  readonly said: Promise<string>;
}

/**
 * Resolves when tcpdump listens.
 * @param port as the switch names it
 * @param options of tcpdump. Not its filter `inbound`: libpcap filters the first frames itself, and does not know their direction then.
 */
export async function record(segment: Segment, port: string, name: string, ...options: string[]): Promise<Recording> {
  const words = ['-i', port, '-U', '--immediate-mode', ...ROOM, '-Z', 'root', '-w', `${LAB_FOLDER}/${name}`, ...options];
  const tcpdump = segment.spawn(null, 'tcpdump', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const file = segment.path(name);
  const said = tcpdump.stderr ? text(tcpdump.stderr) : Promise.resolve('');
  const isBegun = async () => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= PCAP_HEADER;
  await eventually('tcpdump listens', isBegun, MOST_START_MS);
  return { file, tcpdump, said };
}

/** Ends it, unless it has ended with its port. @throws Error when it has missed a frame */
export async function endRecording({ file, tcpdump, said }: Recording): Promise<void> {
  if (tcpdump.exitCode === null) signalTo(tcpdump, 'SIGTERM');
  if (!/^0 packets dropped by kernel/m.test(await said)) throw new Error(`${file} has not all frames: ${await said}`);
}
