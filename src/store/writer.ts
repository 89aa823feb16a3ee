/**
 * The writer thread: gets batches, writes them, says how it went. It opens the file with the first batch and after an error anew;
 * should somebody have removed it meanwhile, it makes another one.
 */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { Batch } from './batch.ts';
import { openFile } from './database-file.ts';
import { prepare } from './prepare.ts';
import { createWriteBatch, type WriteBatch } from './write-batch.ts';

export interface WriterOptions {
  readonly path: string;
  /** The sensor's name. */
  readonly sensor: string;
}

/** `close`: move everything into the main file and end. */
export type WriterOrder = Batch | 'close';
/** `gone`: what was written before is not at the path any more. */
export type WriterAnswer = { readonly rows: number } | { readonly error: string; readonly gone?: true };

interface OpenFile {
  readonly db: Database;
  readonly write: WriteBatch;
  readonly inode: number | undefined;
}

const { path, sensor } = workerData as WriterOptions;
let file: OpenFile | null = null;

const inodeNow = (): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

function open(): OpenFile {
  const db = openFile(path);
  try {
    return { db, write: createWriteBatch(db, prepare(db, sensor)), inode: inodeNow() };
  } catch (error) {
    db.close();
    throw error;
  }
}

function write(batch: Batch): WriterAnswer {
  try {
    // SQLite would go on with a file that has no name any more, and nobody would ever read it.
    if (file && inodeNow() !== file.inode) {
      letGo();
      return { error: `${path} was removed`, gone: true };
    }
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
