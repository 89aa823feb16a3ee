/** One interface under watch: keeps a probe running on it whenever the link is up, and writes down every interval without one. */
import type { MacAddress } from '../../dissectors/address.ts';
import { createBackOff } from './back-off.ts';
import type { CapturedFrame, FrameCounter } from './captured-frame.ts';
import { type NetworkInterface, nameOfIndex, readInterface, readLink } from './interfaces.ts';
import type { Dropped, ProbeSettings } from './probe-messages.ts';
import type { ProbeEnd, ProbeProcess, StartProbe } from './probe-process.ts';
import type { BlindInterval, InterfaceStatus } from './status.ts';

export interface WatchOptions {
  readonly name: string;
  readonly settings: (of: NetworkInterface) => ProbeSettings;
  readonly startProbe: StartProbe;
  readonly counter: FrameCounter;
  readonly notJoined: () => readonly string[];
}

export interface WatchListener {
  frame(frame: CapturedFrame): void;
  /** After every change, and once a second. */
  status(status: InterfaceStatus): void;
  /** At the end of the interval. */
  blind(interval: BlindInterval): void;
  /** How the first attempt went: null when the interface is open, or when there is nothing to open yet. */
  tried(end: ProbeEnd | null): void;
}

export interface WatchedInterface {
  /** To be called every `TICK_MS`: looks after probe and link. */
  tick(): void;
  status(): InterfaceStatus;
  /** Kills the probe; kept when it is gone. */
  stop(): Promise<void>;
}

export const TICK_MS = 100;
/** A living probe says something each second. Counted in ticks, so that our own stall is not taken for its silence. */
const SILENT_TICKS = 50;

const nothingDropped: Dropped = { kernel: 0, interface: 0, queue: 0 };
const nowMicros = () => Date.now() * 1000;

/** A probe and what is known of its run. */
interface Run {
  readonly probe: ProbeProcess;
  readonly index: number;
  silentTicks: number;
  /** When it opened the interface, by the monotonic clock; null before. */
  openedMs: number | null;
  /** When all was well for the last time. */
  goodMicros: number;
  dropped: Dropped;
  killedFor: string | null;
}

export function watchInterface(options: WatchOptions, listener: WatchListener): WatchedInterface {
  const { name } = options;
  const backOff = createBackOff();
  const counts = { packets: 0, octets: 0, lastPacketMicros: null as number | null };
  const state = { since: nowMicros(), problem: null as string | null, mac: null as MacAddress | null };
  let run: Run | null = null;
  /** The last one captured on: it may live on under another name. */
  let index: number | null = null;
  let starts = 0;
  let droppedBefore = nothingDropped;
  let blindness: Omit<BlindInterval, 'toMicros'> | null = null;
  let stopped: (() => void) | null = null;

  function frame(captured: CapturedFrame): void {
    counts.packets++;
    counts.octets += captured.originalLength;
    counts.lastPacketMicros = captured.atMicros;
    listener.frame(captured);
  }

  function status(): InterfaceStatus {
    const up = run !== null && run.openedMs !== null;
    const dropped = added(droppedBefore, run?.dropped ?? nothingDropped);
    const restarts = Math.max(0, starts - 1);
    return { interface: name, up, source: 'pcap', ...counts, dropped, restarts, ...state, notJoined: options.notJoined() };
  }

  function beBlind(reason: string, fromMicros: number): void {
    if (!blindness) state.since = fromMicros;
    blindness ??= { interface: name, fromMicros, reason };
    if (state.problem === reason) return;
    state.problem = reason;
    listener.status(status());
  }

  function seeAgain(atMicros: number): void {
    if (blindness) listener.blind({ ...blindness, toMicros: atMicros });
    blindness = null;
    state.since = atMicros;
    state.problem = null;
    listener.status(status());
  }

  function start(of: NetworkInterface): void {
    starts++;
    state.mac = of.mac;
    const probe = options.startProbe(options.settings(of), options.counter, {
      frame,
      open(atMicros) {
        started.openedMs = performance.now();
        started.goodMicros = atMicros;
        seeAgain(atMicros);
        listener.tried(null);
      },
      stats(dropped, atMicros) {
        started.dropped = dropped;
        started.goodMicros = atMicros;
        listener.status(status());
      },
      heard() {
        started.silentTicks = 0;
      },
      end: (end) => ended(started, end),
    });
    const started: Run = {
      probe,
      index: of.index,
      silentTicks: 0,
      openedMs: null,
      goodMicros: nowMicros(),
      dropped: nothingDropped,
      killedFor: null,
    };
    run = started;
    index = of.index;
  }

  function ended(was: Run, end: ProbeEnd): void {
    const nowMs = performance.now();
    run = null;
    droppedBefore = added(droppedBefore, was.dropped);
    stopped?.();
    if (stopped) return;
    backOff.failed(nowMs, was.openedMs === null ? 0 : nowMs - was.openedMs, end.fault === 'link');
    const goodMicros = end.goodMicros ?? Math.max(was.goodMicros, counts.lastPacketMicros ?? 0);
    const there = readLink(name)?.index === was.index;
    beBlind(there ? (was.killedFor ?? end.text) : absence(), goodMicros);
    listener.tried(end);
  }

  /** Why there is no interface of this name. */
  function absence(): string {
    const newName = index === null ? null : nameOfIndex(index);
    return newName === null || newName === name ? 'the interface is gone' : `the interface was renamed to ${newName}`;
  }

  function tryToStart(): void {
    const found = readInterface(name);
    if (found?.up) {
      if (backOff.ready(performance.now())) start(found);
      return;
    }
    beBlind(found ? 'the link is down' : absence(), nowMicros());
    listener.tried(null);
  }

  function endSilentProbe(silent: Run): void {
    if (silent.silentTicks++ < SILENT_TICKS) return;
    silent.killedFor = 'the probe fell silent';
    silent.probe.kill();
  }

  return {
    status,
    tick() {
      if (stopped) return;
      if (!run) tryToStart();
      else endSilentProbe(run);
    },
    async stop() {
      const gone = new Promise<void>((resolve) => {
        stopped = resolve;
      });
      if (blindness) listener.blind({ ...blindness, toMicros: nowMicros() });
      if (!run) return;
      run.probe.kill();
      await gone;
    },
  };
}

function added(a: Dropped, b: Dropped): Dropped {
  return { kernel: a.kernel + b.kernel, interface: a.interface + b.interface, queue: a.queue + b.queue };
}
