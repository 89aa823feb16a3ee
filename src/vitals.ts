/** Whether all parts of a running monitor go on, and one line about it: what a supervisor wants to know. */
import type { CaptureStatus } from './contract/capture.ts';
import type { Monitor } from './state/monitor.ts';
import type { Store } from './store/store.ts';
import type { Vitals } from './systemd-notify.ts';

export interface VitalsOptions {
  readonly monitor: Monitor;
  readonly store: Store;
  /** Ticks of the main loop so far. */
  readonly ticks: () => number;
  readonly capture: () => readonly CaptureStatus[];
  /** Resolves when the server has answered. */
  readonly answers: () => Promise<unknown>;
}

const lost = ({ dropped }: CaptureStatus): number => Object.values(dropped).reduce<number>((sum, count) => sum + (count ?? 0), 0);

export function vitalsOf({ monitor, store, ticks, capture, answers }: VitalsOptions): Vitals {
  let ticksBefore = -1;
  return {
    status() {
      const captures = capture();
      const masters = monitor.routers.all.filter(({ state }) => state === 'master').length;
      const down = captures.filter(({ up }) => !up).map(({ id }) => `, ${id} down`);
      const drops = captures.reduce((sum, one) => sum + lost(one), 0);
      const { lastError } = store.status();
      return [
        `${monitor.sessions.live} sessions, ${masters} of ${monitor.routers.all.length} virtual routers with one master, ${drops} frames lost`,
        ...down,
        ...(lastError === null ? [] : [`, not stored: ${lastError}`]),
      ].join('');
    },
    /** A file that cannot be written is no reason to start anew: the writer says so and is asked again. */
    async stuck(mostSeconds) {
      const hasAnswered = await answers()
        .then(() => true)
        .catch(() => false);
      if (!hasAnswered) return 'the server fails a request of its own';
      const ticksNow = ticks();
      const hasTicked = ticksNow !== ticksBefore;
      ticksBefore = ticksNow;
      if (!hasTicked) return 'frames are not worked off';
      const { busySeconds } = store.status();
      return busySeconds > mostSeconds ? `the writer has not answered for ${busySeconds.toFixed(0)} s` : null;
    },
  };
}
