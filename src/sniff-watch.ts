/** Watches the capture and the clock for what falsifies everything else: lost frames, blindness, and time that jumps. */
import type { CaptureStatus } from './contract/capture.ts';
import type { Monitor } from './state/monitor.ts';
import { CLOCK_STEP, DROPS } from './state/rules/sniff.ts';

/** Slewing moves a clock by half a millisecond a second at most; this is a step. */
const STEP_MICROS = 2_000_000;
/** This program did not run for so long: frames that came meanwhile wait to be read. */
const STALL_MICROS = 1_000_000;
const SECOND = 1_000_000;

/** A moment on both clocks: the wall's, which may be set, and the steady one, which only goes on. Microseconds. */
export interface Moment {
  readonly wallMicros: number;
  readonly steadyMicros: number;
}

interface Lost {
  readonly kernel: number;
  readonly queue: number;
}

/** What to call before time is moved on, with what the captures count; the clocks only where frames come with the wall clock's time. */
export function createSniffWatch(monitor: Monitor): (captures: readonly CaptureStatus[], moment: Moment | null) => void {
  const known = new Map<string, Lost>();
  let before: Moment | null = null;

  function lookForDrops({ id, interface: name, dropped }: CaptureStatus, atMicros: number): void {
    const now = { kernel: dropped.kernel ?? 0, queue: dropped.queue ?? 0 };
    const was = known.get(id) ?? { kernel: 0, queue: 0 };
    known.set(id, now);
    const kernel = now.kernel - was.kernel;
    const queue = now.queue - was.queue;
    if (kernel <= 0 && queue <= 0) return;
    const text = `${kernel + queue} more frames were lost on ${id}: ${now.kernel} by the kernel and ${now.queue} by the queue since the start`;
    const subject = name === null ? {} : { interface: name };
    monitor.checks.raise(DROPS, { atMicros, subject, text, frames: [], details: now });
  }

  function lookAtClock(moment: Moment): void {
    const passed = before === null ? 0 : moment.steadyMicros - before.steadyMicros;
    const step = before === null ? 0 : moment.wallMicros - before.wallMicros - passed;
    before = moment;
    if (passed > STALL_MICROS || step > STEP_MICROS) monitor.unheard(null, moment.wallMicros);
    if (Math.abs(step) <= STEP_MICROS) return;
    const text = `the clock of this machine was set ${step > 0 ? 'forward' : 'back'} by ${(Math.abs(step) / SECOND).toFixed(1)} s, or the machine slept`;
    monitor.checks.raise(CLOCK_STEP, { atMicros: moment.wallMicros, subject: {}, text, frames: [] });
  }

  return (captures, moment) => {
    if (moment) {
      lookAtClock(moment);
      for (const { up, interface: name } of captures) if (!up && name !== null) monitor.unheard(name, moment.wallMicros);
    }
    const atMicros = moment?.wallMicros ?? monitor.clock.nowMicros;
    if (atMicros !== null) for (const capture of captures) lookForDrops(capture, atMicros);
  };
}
