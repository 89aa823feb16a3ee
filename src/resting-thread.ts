/** A thread that few ask at once and that ends when nobody has for a while: its memory is given back. */
import { createAskedThread, whenLeft } from './asked-thread.ts';
import { Refusal } from './contract/problem.ts';

export interface RestingOptions {
  /** So long what it holds is kept for who asks next. */
  readonly idleMs: number;
  readonly mostWaiting: number;
  /** Why one more is refused. */
  readonly busy: string;
}

export interface RestingThread<Question, Answer> {
  /**
   * @param makeQuestion what it waits for counts as well
   * @param signal aborted when the answer is not wanted any more
   * @throws Refusal when too many wait already
   */
  ask(makeQuestion: () => Promise<Question>, signal?: AbortSignal): Promise<Answer>;
  end(): Promise<void>;
}

export function createRestingThread<Question, Answer>(
  file: URL,
  workerData: unknown,
  { idleMs, mostWaiting, busy }: RestingOptions,
): RestingThread<Question, Answer> {
  const thread = createAskedThread<Question, Answer>(file, workerData);
  let idle: NodeJS.Timeout | null = null;
  let unanswered = 0;

  function restAfterUse(): void {
    if (idle) clearTimeout(idle);
    idle = setTimeout(() => void (unanswered === 0 && thread.end()), idleMs).unref();
  }

  return {
    async ask(makeQuestion, signal) {
      if (unanswered >= mostWaiting) throw new Refusal('busy', busy);
      unanswered++;
      try {
        // Who has left makes room at once, whatever the thread is busy with.
        return await Promise.race([makeQuestion().then((question) => thread.ask(question, signal)), whenLeft(signal)]);
      } finally {
        unanswered--;
        restAfterUse();
      }
    },
    async end() {
      if (idle) clearTimeout(idle);
      await thread.end();
    },
  };
}
