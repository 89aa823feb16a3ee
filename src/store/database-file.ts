/** The database file: how it is opened, who owns it, and what its errors mean to the operator. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { EXIT, OperatorError } from '../errors.ts';
import { refuseOthers } from './migrate.ts';

/** How long to wait for another program that holds the file. */
const BUSY_MILLIS = 1000;
/** Pages (4 KiB) in the write-ahead log before they move into the main file: larger is faster, until the log itself is. */
const CHECKPOINT_PAGES = 4096;
const MOST_LOG_OCTETS = 64 << 20;

/**
 * Readers never wait for the writer nor it for them (WAL); after a crash the file is whole, after a power cut it may lack the last commits.
 * @throws OperatorError when it is another program's or a newer version's, SqliteError as it comes
 */
export function openFile(path: string): Database.Database {
  const db = new Database(path, { timeout: BUSY_MILLIS });
  try {
    refuseOthers(db);
    db.pragma('journal_mode = wal');
    db.pragma('synchronous = normal');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${MOST_LOG_OCTETS}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Keeps a second lvscope off the file for as long as the returned connection is open: a lock on an empty database beside it,
 * which the system lifts when the process ends, however it ends.
 */
export function own(path: string): Database.Database {
  const lock = new Database(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

interface Meaning {
  readonly code: RegExp;
  readonly text: string;
  readonly hint: string;
}

const MEANINGS: readonly Meaning[] = [
  {
    code: /^SQLITE_NOTADB/,
    text: 'is no SQLite database',
    hint: 'move the file away, or choose another data directory',
  },
  {
    code: /^SQLITE_CORRUPT/,
    text: 'is damaged',
    hint: 'move it away and start again; "sqlite3 FILE .recover" saves what can be read of it',
  },
  {
    code: /^SQLITE_(BUSY|LOCKED)/,
    text: 'is locked by another program',
    hint: 'stop the other lvscope, or end the transaction in the sqlite3 that has it open',
  },
  {
    code: /^SQLITE_(READONLY|PERM|AUTH)/,
    text: 'cannot be written',
    hint: 'give the user that runs lvscope the right to write the file and its directory',
  },
  {
    code: /^SQLITE_CANTOPEN/,
    text: 'cannot be opened',
    hint: 'give the user that runs lvscope the right to read and write the file and its directory',
  },
  { code: /^SQLITE_FULL/, text: 'has no room to grow', hint: 'make room on the disk, or choose another data directory' },
  { code: /^SQLITE_/, text: 'cannot be used', hint: 'look at the disk and its file system; the system log may say more' },
];

/** One sentence and one hint for an error of SQLite; anything else is a mistake of ours and stays as it is. */
export function explained(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const meaning = MEANINGS.find(({ code }) => code.test(error.code));
  return meaning ? new OperatorError(EXIT.fault, `${path} ${meaning.text} (${error.message})`, meaning.hint) : error;
}

/** @throws OperatorError when the file's directory does not exist */
export function needDirectory(path: string): void {
  const directory = dirname(path);
  if (!existsSync(directory))
    throw new OperatorError(EXIT.fault, `there is no directory ${directory} for ${path}`, 'create it, or choose another');
}
