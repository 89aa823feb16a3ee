/** Answers about other moments: the history's frames are read by a thread of its own, which answers as this server does. */
import type { Past, PastAnswer, PastRequest } from './contract/past.ts';
import { Refusal } from './contract/problem.ts';
import { timeText } from './contract/scalars.ts';
import type { Journal } from './history/journal.ts';
import type { PastOptions, PastOrder } from './past-thread.ts';
import { createRestingThread } from './resting-thread.ts';
import type { Monitor } from './state/monitor.ts';

const WAITING = { idleMs: 120_000, mostWaiting: 32, busy: 'as many questions about other moments as there may be wait already' };

export interface PastOwner extends Past {
  close(): Promise<void>;
}

export function createPast(journal: Journal, monitor: Monitor, options: PastOptions): PastOwner {
  const thread = createRestingThread<PastOrder, PastAnswer>(new URL('./past-thread.js', import.meta.url), options, WAITING);

  function refuseUnkept(atMicros: number): void {
    const { fromMicros, toMicros } = journal.status();
    const kept = fromMicros === null ? 'nothing is kept yet' : `kept is ${timeText(fromMicros)} to now`;
    // After a restart the files of the run before are there, even if nothing has been heard yet.
    const isKept = fromMicros !== null && atMicros >= fromMicros && atMicros <= Math.max(toMicros ?? 0, monitor.clock.nowMicros ?? 0);
    if (!isKept) throw new Refusal('not_kept', `the state at ${timeText(atMicros)} cannot be made again: ${kept}`);
  }

  return {
    async answer(atMicros: number, request: PastRequest, signal: AbortSignal) {
      refuseUnkept(atMicros);
      return thread.ask(async () => {
        await journal.flush();
        return { atMicros, files: journal.segmentsFor(atMicros), own: [...monitor.own], request };
      }, signal);
    },
    close: thread.end,
  };
}
