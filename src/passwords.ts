/** bcrypt in a thread of its own: a check takes a tenth of a second, which the thread that reads frames does not have. */
import { Worker } from 'node:worker_threads';
import type { PasswordAnswer, PasswordQuestion } from './password-thread.ts';

export interface Passwords {
  /** Whether the bcrypt hash is one of the password. */
  verify(password: string, hash: string): Promise<boolean>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** The thread starts with the first question. Bounding how many wait is the asker's business. */
export function createPasswords(): Passwords {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let asked = 0;

  function end(error: Error): void {
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  function start(): Worker {
    const started = new Worker(new URL('./password-thread.js', import.meta.url));
    started.unref();
    started.on('message', ({ id, isRight }: PasswordAnswer) => {
      waiting.get(id)?.resolve(isRight);
      waiting.delete(id);
    });
    started.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
    started.on('exit', () => end(new Error('the thread that checks passwords ended')));
    return started;
  }

  return {
    verify(password, hash) {
      const question: PasswordQuestion = { id: asked++, password, hash };
      worker ??= start();
      worker.postMessage(question);
      return new Promise((resolve, reject) => waiting.set(question.id, { resolve, reject }));
    },
    async close() {
      await worker?.terminate();
    },
  };
}
