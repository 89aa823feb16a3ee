/** Where frames come from while the monitor runs: live interfaces, a recording, standard input, or the looped demonstration. */
import type { SyncChannel } from '../dissectors/dissector.ts';
import type { CapturedFrame, CaptureFault } from './capture/captured-frame.ts';
import type { CaptureStatus } from './contract/capture.ts';
import { timeText } from './contract/scalars.ts';
import { startLiveSource } from './live-source.ts';
import type { Logger } from './log.ts';
import { play, playLooped } from './recording.ts';
import type { Monitor } from './state/monitor.ts';

export interface LiveOptions {
  readonly kind: 'live';
  /** Null: every interface that is up and no loopback. */
  readonly interfaces: readonly string[] | null;
  readonly join: boolean;
  readonly capture: 'pcap' | 'udp';
  /** The socket of the probe service that captures; without it probes are children of this process. */
  readonly from?: string | undefined;
}

export interface ReadOptions {
  readonly kind: 'read';
  /** A file, or `-` for standard input. */
  readonly path: string;
  /** Times as fast as recorded; null: as fast as it goes. */
  readonly speed: number | null;
}

export interface DemoOptions {
  readonly kind: 'demo';
  readonly path: string;
  readonly speed: number;
}

export type SourceOptions = LiveOptions | ReadOptions | DemoOptions;

export interface SourceUse {
  readonly sync: readonly SyncChannel[];
  readonly monitor: Monitor;
  readonly frame: (frame: CapturedFrame) => void;
  readonly log: Logger;
}

export interface Source {
  status(): CaptureStatus[];
  /** Rejects when the source cannot go on; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export function startSource(options: SourceOptions, use: SourceUse): Promise<Source> | Source {
  return options.kind === 'live' ? startLiveSource(options, use) : startRecording(options, use);
}

async function startRecording(options: ReadOptions | DemoOptions, use: SourceUse): Promise<Source> {
  const { path, speed } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const counted = { packets: 0, octets: 0, lastMicros: null as number | null, open: true };
  let firstFrame = () => {};
  const begun = new Promise<void>((resolve) => {
    firstFrame = resolve;
  });
  const frame = (captured: CapturedFrame) => {
    counted.packets++;
    counted.octets += captured.originalLength;
    counted.lastMicros = captured.atMicros;
    use.frame(captured);
    firstFrame();
  };
  const played =
    options.kind === 'demo'
      ? playLooped({ path, speed: options.speed, signal, frame })
      : play({ path, speed, signal, frame }).then((fault) => ended(fault, path, use.log));
  const over = played.finally(() => {
    counted.open = false;
  });
  const failed = new Promise<never>((_, reject) => {
    over.catch(reject);
  });
  // It may fail while nobody waits for it yet; whoever does is told all the same.
  failed.catch(() => undefined);
  // A file that cannot be read is told before the monitor says that it is up; standard input may stay silent for long.
  if (path !== '-') await Promise.race([begun, over]);
  return {
    failed,
    status: () => [recordingStatus(path, counted)],
    async stop() {
      stopping.abort();
      await over.catch(() => undefined);
    },
  };
}

function ended(fault: CaptureFault | null, path: string, log: Logger): void {
  if (fault) log.warn({ file: path, at: fault.at }, `the capture is cut at byte ${fault.at}: ${fault.text}`);
  else log.info({ file: path }, 'the capture is at its end; what it left is still served');
}

interface Counted {
  readonly packets: number;
  readonly octets: number;
  readonly lastMicros: number | null;
  readonly open: boolean;
}

function recordingStatus(path: string, counted: Counted): CaptureStatus {
  return {
    id: path,
    kind: path === '-' ? 'stdin' : 'file',
    interface: null,
    up: counted.open,
    packets: counted.packets,
    octets: counted.octets,
    dropped: { kernel: null, interface: null, queue: null },
    restarts: {},
    lastPacket: counted.lastMicros === null ? null : timeText(counted.lastMicros),
    since: null,
    blind: [],
    cannotSee: ['what the capturing program dropped: a recording does not say'],
  };
}
