/** The writer thread: gets batches, writes them, says how it went. It opens the file with the first batch and after an error anew. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { Batch } from './batch.ts';
import { openFile } from './database-file.ts';
import { createWriteBatch, type WriteBatch } from './write-batch.ts';

export interface WriterOptions {
  readonly path: string;
  readonly sensorId: number;
}

/** `close`: move everything into the main file and end. */
export type WriterOrder = Batch | 'close';
export type WriterAnswer = { readonly rows: number } | { readonly error: string };

const { path, sensorId } = workerData as WriterOptions;
let file: { readonly db: Database; readonly write: WriteBatch } | null = null;

function open(): { readonly db: Database; readonly write: WriteBatch } {
  const db = openFile(path);
  return { db, write: createWriteBatch(db, sensorId) };
}

function write(batch: Batch): WriterAnswer {
  try {
    file ??= open();
    return { rows: file.write(batch) };
  } catch (error) {
    letGo();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function letGo(): void {
  file?.db.close();
  file = null;
}

function close(): void {
  try {
    file?.db.pragma('wal_checkpoint(truncate)');
    letGo();
  } catch {
    // What could not be moved stays in the write-ahead log, which is as safe and is read by whoever opens the file next.
  }
  parentPort?.close();
}

parentPort?.on('message', (order: WriterOrder) => {
  if (order === 'close') close();
  else parentPort?.postMessage(write(order));
});
