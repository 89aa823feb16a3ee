/** The thread that reads the history for the records of one session, one question after the other. */
import { workerData } from 'node:worker_threads';
import type { SyncChannel } from '../dissectors/dissector.ts';
import { answerQuestions } from './asked-thread.ts';
import type { FoundRecords, RecordsQuestion } from './contract/session-record.ts';
import type { HistorySegment } from './history/segments.ts';
import { findRecords } from './history/session-records.ts';

export interface RecordsOptions {
  readonly sync: readonly SyncChannel[];
}

export interface RecordsOrder {
  readonly question: RecordsQuestion;
  /** All files of the history, oldest first. */
  readonly files: readonly HistorySegment[];
}

const { sync } = workerData as RecordsOptions;

answerQuestions<RecordsOrder, FoundRecords>(({ question, files }, signal) => findRecords(question, files, sync, signal));
