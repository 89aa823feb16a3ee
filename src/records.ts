/** The sync records of one session, read out of the history by a thread of its own. */
import type { FindRecords, FoundRecords } from './contract/session-record.ts';
import type { Journal } from './history/journal.ts';
import type { RecordsOptions, RecordsOrder } from './records-thread.ts';
import { createRestingThread } from './resting-thread.ts';

/** Each may read the whole history. */
const WAITING = { idleMs: 30_000, mostWaiting: 8, busy: "as many questions about sessions' records as there may be wait already" };

export interface RecordsOwner {
  readonly find: FindRecords;
  close(): Promise<void>;
}

export function createRecords(journal: Journal, options: RecordsOptions): RecordsOwner {
  const thread = createRestingThread<RecordsOrder, FoundRecords>(new URL('./records-thread.js', import.meta.url), options, WAITING);
  return {
    find(question, signal) {
      return thread.ask(async () => {
        await journal.flush();
        return { question, files: journal.segments };
      }, signal);
    },
    close: thread.end,
  };
}
