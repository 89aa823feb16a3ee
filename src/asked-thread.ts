/** Threads that answer questions: the asking side, and the side that answers. */
import { parentPort, Worker } from 'node:worker_threads';

/** Without a question: who asked has left. */
type Asked<Question> = { readonly id: number } & ({ readonly question: Question } | { readonly left: true });

type Reply<Answer> = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: string });

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Rejects once who asked has left; never resolves. */
export function whenLeft(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('who asked has left')), { once: true }));
}

export interface AskedThread<Question, Answer> {
  /**
   * Starts the thread when there is none. Rejects when it could not answer, or ended.
   * @param signal aborted when the answer is not wanted any more; what the thread says then is still waited for
   */
  ask(question: Question, signal?: AbortSignal): Promise<Answer>;
  /** Ends the thread and gives its memory back; who still waits is told. The next question starts another. */
  end(): Promise<void>;
}

/**
 * Bounding how many wait is the asker's business.
 * @param file beside the compiled program, as in new URL('./NAME.js', import.meta.url)
 * @param workerData what the thread is started with
 */
export function createAskedThread<Question, Answer>(file: URL, workerData?: unknown): AskedThread<Question, Answer> {
  const waiting = new Map<number, Waiting<Answer>>();
  let worker: Worker | null = null;
  let asked = 0;

  function start(): Worker {
    const started = new Worker(file, { workerData });
    const ended = (error: Error): void => {
      // One that was told to end has a successor, perhaps.
      if (worker !== started) return;
      worker = null;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    started.unref();
    started.on('message', ({ id, ...reply }: Reply<Answer>) => {
      const who = waiting.get(id);
      waiting.delete(id);
      if ('answer' in reply) who?.resolve(reply.answer);
      else who?.reject(new Error(reply.error));
    });
    started.on('error', (error) => ended(error instanceof Error ? error : new Error(String(error))));
    started.on('exit', () => ended(new Error('the thread that was asked ended')));
    return started;
  }

  return {
    ask(question, signal) {
      const id = asked++;
      worker ??= start();
      const asking = worker;
      asking.postMessage({ id, question } satisfies Asked<Question>);
      signal?.addEventListener('abort', () => asking.postMessage({ id, left: true } satisfies Asked<Question>), { once: true });
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    async end() {
      const last = worker;
      worker = null;
      for (const { reject } of waiting.values()) reject(new Error('the thread that was asked ends'));
      waiting.clear();
      await last?.terminate();
    },
  };
}

/**
 * In the thread: answers questions one after the other.
 * @param answer its signal is aborted when who asked has left
 */
export function answerQuestions<Question, Answer>(answer: (question: Question, signal: AbortSignal) => Answer | Promise<Answer>): void {
  const unanswered = new Map<number, AbortController>();
  let turn = Promise.resolve();
  parentPort?.on('message', ({ id, ...asked }: Asked<Question>) => {
    if ('left' in asked) return unanswered.get(id)?.abort();
    const asker = new AbortController();
    unanswered.set(id, asker);
    turn = turn.then(async () => {
      try {
        parentPort?.postMessage({ id, answer: await answer(asked.question, asker.signal) } satisfies Reply<Answer>);
      } catch (error) {
        parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply<Answer>);
      }
      unanswered.delete(id);
    });
  });
}
