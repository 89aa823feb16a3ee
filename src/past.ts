/** Answers about other moments: the history's frames are read by a thread of its own, which answers as this server does. */
import { Worker } from 'node:worker_threads';
import type { Past, PastAnswer, PastRequest } from './contract/past.ts';
import { Refusal } from './contract/problem.ts';
import { timeText } from './contract/scalars.ts';
import type { Journal } from './history/journal.ts';
import type { PastOptions, PastOrder, PastReply } from './past-thread.ts';
import type { Monitor } from './state/monitor.ts';

/** A state made again is kept for who asks next, then its memory is given back. */
const IDLE_MS = 120_000;
const MOST_WAITING = 32;

interface Waiting {
  readonly resolve: (answer: PastAnswer) => void;
  readonly reject: (error: Error) => void;
}

export interface PastOwner extends Past {
  close(): Promise<void>;
}

export function createPast(journal: Journal, monitor: Monitor, options: PastOptions): PastOwner {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let asked = 0;
  let unanswered = 0;

  function start(): Worker {
    const started = new Worker(new URL('./past-thread.js', import.meta.url), { workerData: options });
    started.unref();
    started.on('message', ({ id, ...reply }: PastReply) => {
      const who = waiting.get(id);
      waiting.delete(id);
      if ('answer' in reply) who?.resolve(reply.answer);
      else who?.reject(new Error(reply.error));
    });
    started.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
    started.on('exit', () => end(new Error('the thread that reads the history ended')));
    return started;
  }

  function end(error: Error): void {
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function ask(order: PastOrder): Promise<PastAnswer> {
    worker ??= start();
    worker.postMessage(order);
    return new Promise((resolve, reject) => waiting.set(order.id, { resolve, reject }));
  }

  function restAfterUse(): void {
    if (idle) clearTimeout(idle);
    idle = setTimeout(() => void (unanswered === 0 && worker?.terminate()), IDLE_MS).unref();
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
        return await ask({ id: asked++, atMicros, paths: journal.pathsFor(atMicros), own: [...monitor.own], request });
      } finally {
        unanswered--;
        restAfterUse();
      }
    },
    async close() {
      if (idle) clearTimeout(idle);
      await worker?.terminate();
    },
  };
}
