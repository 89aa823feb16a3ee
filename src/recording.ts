/** Recordings played back: at the pace they were made at, or faster; once, or looped and shifted to now. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CapturedFrame, CaptureFault } from './capture/captured-frame.ts';
import { readCapture } from './capture/file.ts';

/** Shorter waits are not worth a timer. */
const LEAST_WAIT_MS = 2;
const MICROS = 1000;

type Pace = (atMicros: number) => Promise<void> | undefined;

/** Holds a frame back until `speed` times as much time has gone by as lies between it and the first one. */
function paceOf(speed: number, signal: AbortSignal): Pace {
  let first: { readonly atMicros: number; readonly wallMs: number } | null = null;
  return (atMicros) => {
    first ??= { atMicros, wallMs: Date.now() };
    const wait = first.wallMs + (atMicros - first.atMicros) / MICROS / speed - Date.now();
    return wait < LEAST_WAIT_MS ? undefined : sleep(wait, undefined, { signal }).catch(() => undefined);
  };
}

export interface PlayOptions {
  readonly path: string;
  /** Times as fast as recorded; null: as fast as it goes. */
  readonly speed: number | null;
  readonly signal: AbortSignal;
  readonly frame: (frame: CapturedFrame) => void;
}

export function play({ path, speed, signal, frame }: PlayOptions): Promise<CaptureFault | null> {
  return readCapture(path, { frame, signal, ...(speed === null ? {} : { pace: paceOf(speed, signal) }) });
}

/** Pause between the end of a recording and its next round. */
const ROUND_PAUSE_MICROS = 1_000_000;

/** Again and again until stopped, each round shifted so that its first frame is now. */
export async function playLooped(options: PlayOptions & { readonly speed: number }): Promise<void> {
  const { path, speed, signal, frame } = options;
  const counter = { frames: 0 };
  let startMicros = Date.now() * MICROS;
  while (!signal.aborted) {
    const from = startMicros;
    let shift: number | null = null;
    const shifted = (f: CapturedFrame) => {
      shift ??= from - f.atMicros;
      const atMicros = f.atMicros + shift;
      startMicros = atMicros + ROUND_PAUSE_MICROS;
      frame({ ...f, atMicros });
    };
    const fault = await readCapture(path, { frame: shifted, signal, pace: paceOf(speed, signal), counter });
    if (fault) throw new Error(`the recording ${path} is damaged at byte ${fault.at}: ${fault.text}`);
    await sleep(ROUND_PAUSE_MICROS / MICROS / speed, undefined, { signal }).catch(() => undefined);
  }
}
