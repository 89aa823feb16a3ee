/** Threads that answer questions: the asking side, and the side that answers. */
import { parentPort, Worker } from 'node:worker_threads';

interface Asked<Question> {
  readonly id: number;
  readonly question: Question;
}

type Reply<Answer> = { readonly id: number } & ({ readonly answer: Answer } | { readonly error: string });

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export interface AskedThread<Question, Answer> {
  /** Starts the thread when there is none. Rejects when it could not answer, or ended. */
  ask(question: Question): Promise<Answer>;
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
    ask(question) {
      const id = asked++;
      worker ??= start();
      worker.postMessage({ id, question } satisfies Asked<Question>);
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

/** In the thread: answers questions one after the other. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void {
  let turn = Promise.resolve();
  parentPort?.on('message', ({ id, question }: Asked<Question>) => {
    turn = turn.then(async () => {
      try {
        parentPort?.postMessage({ id, answer: await answer(question) } satisfies Reply<Answer>);
      } catch (error) {
        parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply<Answer>);
      }
    });
  });
}
