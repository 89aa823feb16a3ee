/** Answers about other moments: the history's frames are read by a thread of its own, which answers as this server does. */
import { createAskedThread } from './asked-thread.ts';
import type { Past, PastAnswer, PastRequest } from './contract/past.ts';
import { Refusal } from './contract/problem.ts';
import { timeText } from './contract/scalars.ts';
import type { Journal } from './history/journal.ts';
import type { PastOptions, PastOrder } from './past-thread.ts';
import type { Monitor } from './state/monitor.ts';

/** A state made again is kept for who asks next, then its memory is given back. */
const IDLE_MS = 120_000;
const MOST_WAITING = 32;

export interface PastOwner extends Past {
  close(): Promise<void>;
}

export function createPast(journal: Journal, monitor: Monitor, options: PastOptions): PastOwner {
  const thread = createAskedThread<PastOrder, PastAnswer>(new URL('./past-thread.js', import.meta.url), options);
  let idle: NodeJS.Timeout | null = null;
  let unanswered = 0;

  function restAfterUse(): void {
    if (idle) clearTimeout(idle);
    idle = setTimeout(() => void (unanswered === 0 && thread.end()), IDLE_MS).unref();
  }

  function refuseUnkept(atMicros: number): void {
    const { fromMicros, toMicros } = journal.status();
    const kept = fromMicros === null || toMicros === null ? 'nothing is kept yet' : `kept is ${timeText(fromMicros)} to now`;
    const isKept = fromMicros !== null && atMicros >= fromMicros && atMicros <= Math.max(toMicros ?? 0, monitor.clock.nowMicros ?? 0);
    if (!isKept) throw new Refusal('not_kept', `the state at ${timeText(atMicros)} cannot be made again: ${kept}`);
  }

  return {
    async answer(atMicros: number, request: PastRequest) {
      refuseUnkept(atMicros);
      if (unanswered >= MOST_WAITING) throw new Refusal('busy', 'as many questions about other moments as there may be wait already');
      unanswered++;
      try {
        await journal.flush();
        return await thread.ask({ atMicros, paths: journal.pathsFor(atMicros), own: [...monitor.own], request });
      } finally {
        unanswered--;
        restAfterUse();
      }
    },
    async close() {
      if (idle) clearTimeout(idle);
      await thread.end();
    },
  };
}
