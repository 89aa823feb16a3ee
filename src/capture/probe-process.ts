/** One probe seen from the main process: starts it or asks for it, reads its frames and its messages, says how it ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CapturedFrame, FrameCounter } from './captured-frame.ts';
import { PcapStream } from './pcap-stream.ts';
import type { Dropped, ProbeFault, ProbeSettings } from './probe-messages.ts';
import { ProbeStream } from './probe-stream.ts';

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
  /** The only way to close a capture: the addon's own may never finish. `end` follows. */
  kill(): void;
}

/** @param counter numbers the frames of all probes together */
export type StartProbe = (settings: ProbeSettings, counter: FrameCounter, listener: ProbeListener) => ProbeProcess;

/** Its standard input is open for as long as it is wanted, its standard output is what `readProbe` reads. */
export function spawnProbe(settings: ProbeSettings) {
  return spawn(process.execPath, [PROBE, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A child of this process: it has our rights. */
export const ownProbe: StartProbe = (settings, counter, listener) => {
  const child = spawnProbe(settings);
  const kill = () => void child.kill('SIGKILL');
  const told = readProbe(child.stdout, kill, settings, counter, listener);
  const untold = readEnding(child);
  child.once('close', () => listener.end(told() ?? { fault: 'killed', text: untold(), goodMicros: null }));
  return { kill };
};

/** A probe for each connection to the socket of `lvscope probe`, which ends with it. */
export function probeBehind(socketPath: string): StartProbe {
  return (settings, counter, listener) => {
    const socket = connect(socketPath);
    const kill = () => void socket.destroy();
    const told = readProbe(socket, kill, settings, counter, listener);
    let untold = 'the probe service broke the connection off';
    socket.on('error', (error) => {
      untold = `the probe service cannot be reached: ${error.message}`;
    });
    socket.once('close', () => listener.end(told() ?? { fault: 'killed', text: untold, goodMicros: null }));
    socket.write(`${JSON.stringify(settings)}\n`);
    return { kill };
  };
}

/** Returns what tells how it ended, as far as the probe said so itself. */
function readProbe(
  from: Readable,
  kill: () => void,
  { interface: name }: ProbeSettings,
  counter: FrameCounter,
  listener: ProbeListener,
): () => ProbeEnd | null {
  let told: ProbeEnd | null = null;
  const pcap = new PcapStream({ name: `the probe of ${name}`, interface: name, counter, frame: listener.frame });
  const stream = new ProbeStream({
    pcap: (octets) => pcap.push(octets),
    message(message) {
      if (message.type === 'open') listener.open(message.atMicros);
      else if (message.type === 'stats') listener.stats(message.dropped, message.atMicros);
      else told = { fault: message.fault, text: message.text, goodMicros: message.goodMicros };
    },
  });
  from.on('data', (octets: Buffer) => {
    listener.heard();
    stream.push(octets);
    // Our own probe writes no such thing: whatever this is, a new probe is the cure.
    if (stream.broken || pcap.fault) kill();
    // libuv reads up to 32 pieces before it looks at anything else: in a flood, nobody would be answered for so long.
    from.pause();
    setImmediate(() => from.resume());
  });
  return () => told;
}

/** Returns what tells why it ended without a word. */
function readEnding(child: ChildProcess): () => string {
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
  return () => failure ?? lastLine() ?? `the probe ended ${status()}`;
}
