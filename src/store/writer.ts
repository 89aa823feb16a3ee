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
    close();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function close(): void {
  const db = file?.db;
  file = null;
  try {
    db?.pragma('wal_checkpoint(truncate)');
    db?.close();
  } catch {
    // What could not be moved stays in the write-ahead log, which is as safe and is read by whoever opens the file next.
  }
}

parentPort?.on('message', (order: WriterOrder) => {
  if (order !== 'close') return parentPort?.postMessage(write(order));
  close();
  return parentPort?.close();
});
