/**
 * Brings a database to the shape that this version writes: `migrations/NNN-name.sql`, forward only, one transaction each,
 * counted in `PRAGMA user_version`. Not umzug: it is asynchronous, keeps its list in a table or file of its own (two places
 * that can disagree after a crash), and what it adds (undo, programs as migrations) is what we do not want.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { EXIT, OperatorError } from '../errors.ts';

/** `PRAGMA application_id` of our files: "LVSC". */
const APPLICATION_ID = 0x4c565343;
const NAME = /^\d{3}-.*\.sql$/;

/** The folder lies beside `src/` in the repository and beside `dist/` in the package. */
function folder(): URL {
  const places = ['../../migrations/', '../../../migrations/'].map((place) => new URL(place, import.meta.url));
  return places.find((place) => existsSync(place)) ?? places[0];
}

/** In order: the first takes a file of version 0 to version 1, and so on. */
function migrations(): URL[] {
  const from = folder();
  const names = readdirSync(from).filter((name) => NAME.test(name));
  return names.sort().map((name) => new URL(name, from));
}

/**
 * Looks without touching: another program's file must stay as it is.
 * @throws OperatorError when the database is another program's or a newer version's
 */
export function refuseOthers(db: Database): void {
  const owner = db.pragma('application_id', { simple: true });
  const isEmpty = db.prepare('select not exists (select 1 from sqlite_schema)').pluck().get() === 1;
  if (owner !== APPLICATION_ID && !(owner === 0 && isEmpty))
    throw new OperatorError(EXIT.fault, `${db.name} is the database of another program`, 'choose another file or data directory');
  const known = migrations().length;
  if (versionOf(db) > known) throw newer(db.name, versionOf(db), known);
}

/** Must be called within a transaction: then it is all or nothing, and no other program comes between. */
export function migrate(db: Database): void {
  const all = migrations();
  for (const file of all.slice(versionOf(db))) db.exec(readFileSync(file, 'utf8'));
  db.pragma(`user_version = ${all.length}`);
  db.pragma(`application_id = ${APPLICATION_ID}`);
}

function versionOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function newer(name: string, version: number, known: number): OperatorError {
  return new OperatorError(
    EXIT.fault,
    `${name} was written by a newer lvscope (its tables are version ${version}, this one knows ${known})`,
    'run that version again, or let this one use another data directory',
  );
}
