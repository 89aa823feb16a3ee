/** Owns the writer thread; starts it with the first batch, and again should it ever end by itself. */
import { Worker } from 'node:worker_threads';
import { type Batch, transferable } from './batch.ts';
import type { WriterAnswer, WriterOptions, WriterOrder } from './writer.ts';

export class WriterThread {
  readonly #options: WriterOptions;
  #worker: Worker | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Never rejects. One batch at a time: call again only when the answer is there. */
  write(batch: Batch): Promise<WriterAnswer> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve) => {
      const ended = (): void => resolve({ error: 'the writer thread ended' });
      worker.once('exit', ended);
      worker.once('message', (answer: WriterAnswer) => {
        worker.off('exit', ended);
        resolve(answer);
      });
      worker.postMessage(batch satisfies WriterOrder, transferable(batch));
    });
  }

  /** Moves everything into the main file and ends the thread. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#worker) return resolve();
      this.#worker.once('exit', () => resolve());
      return this.#worker.postMessage('close' satisfies WriterOrder);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./writer.js', import.meta.url), { workerData: this.#options });
    // Without a listener an error in the thread would end the process; that it ended is told by `exit`.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.#worker = null;
    });
    return worker;
  }
}
