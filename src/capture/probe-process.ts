/** One probe seen from the main process: starts it, reads its pcap stream and its messages, says how it ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CapturedFrame, FrameCounter } from './captured-frame.ts';
import { PcapStream } from './pcap-stream.ts';
import type { Dropped, ProbeFault, ProbeMessage, ProbeSettings } from './probe-messages.ts';

const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url));
/** Of what a crashing probe wrote to its standard error, the end is what tells. */
const STDERR_KEPT = 500;

export interface ProbeEnd {
  /** `killed`: by us or by anybody, without a word. */
  readonly fault: ProbeFault | 'killed';
  readonly text: string;
  /** When the probe knew all to be well for the last time; null when it could not say. */
  readonly goodMicros: number | null;
}

export interface ProbeListener {
  frame(frame: CapturedFrame): void;
  /** The interface is open: from now on nothing is missed. */
  open(atMicros: number): void;
  /** Once a second. Frames lost since this probe started. */
  stats(dropped: Dropped, atMicros: number): void;
  /** Any sign of life: octets or a message. */
  heard(): void;
  /** Exactly once, after the last frame. */
  end(end: ProbeEnd): void;
}

export interface ProbeProcess {
  readonly pid: number | undefined;
  /** The only way to close a capture: the addon's own may never finish. `end` follows. */
  kill(): void;
}

/** @param counter numbers the frames of all probes together */
export function startProbe(settings: ProbeSettings, counter: FrameCounter, listener: ProbeListener): ProbeProcess {
  const child = fork(PROBE, [JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  const { interface: name } = settings;
  readFrames(child, new PcapStream({ name: `the probe of ${name}`, interface: name, counter, frame: listener.frame }), listener);
  const ending = readEnding(child);
  child.on('message', (message: ProbeMessage) => {
    listener.heard();
    if (message.type === 'open') listener.open(message.atMicros);
    else if (message.type === 'stats') listener.stats(message.dropped, message.atMicros);
    else ending.told = { fault: message.fault, text: message.text, goodMicros: message.goodMicros };
  });
  child.once('close', () => listener.end(ending.told ?? ending.untold()));
  return { pid: child.pid, kill: () => child.kill('SIGKILL') };
}

function readFrames(child: ChildProcess, stream: PcapStream, listener: ProbeListener): void {
  child.stdout?.on('data', (chunk: Buffer) => {
    listener.heard();
    stream.push(chunk);
    // Our own probe writes no such thing: whatever this is, a new probe is the cure.
    if (stream.fault) child.kill('SIGKILL');
  });
}

interface Ending {
  told: ProbeEnd | null;
  untold(): ProbeEnd;
}

function readEnding(child: ChildProcess): Ending {
  let stderr = '';
  let failure: string | null = null;
  child.stderr?.on('data', (octets: Buffer) => {
    stderr = (stderr + octets.toString()).slice(-STDERR_KEPT);
  });
  child.on('error', (error) => {
    failure = error.message;
  });
  const lastLine = () => stderr.trim().split('\n').at(-1) || null;
  const status = () => (child.signalCode ? `by ${child.signalCode}` : `with exit code ${child.exitCode}`);
  return {
    told: null,
    untold: () => ({ fault: 'killed', text: failure ?? lastLine() ?? `the probe ended ${status()}`, goodMicros: null }),
  };
}
