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
const NAME = /^(\d{3})-.*\.sql$/;

interface Migration {
  readonly version: number;
  readonly file: URL;
}

/** The folder lies beside `src/` in the repository and beside `dist/` in the package. */
function folder(): URL {
  const places = ['../../migrations/', '../../../migrations/'].map((place) => new URL(place, import.meta.url));
  return places.find((place) => existsSync(place)) ?? places[0];
}

function migrations(): Migration[] {
  const from = folder();
  return readdirSync(from)
    .sort()
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match ? [{ version: Number(match[1]), file: new URL(name, from) }] : [];
    });
}

/**
 * Must be called within a transaction: then it is all or nothing, and no other program comes between.
 * @throws OperatorError when the database is another program's or a newer version's
 */
export function migrate(db: Database): void {
  const all = migrations();
  const version = db.pragma('user_version', { simple: true }) as number;
  refuseForeign(db);
  if (version > all.length) throw newer(db.name, version, all.length);
  for (const { file } of all.slice(version)) db.exec(readFileSync(file, 'utf8'));
  db.pragma(`user_version = ${all.length}`);
  db.pragma(`application_id = ${APPLICATION_ID}`);
}

function refuseForeign(db: Database): void {
  const owner = db.pragma('application_id', { simple: true }) as number;
  const isEmpty = db.prepare('select not exists (select 1 from sqlite_schema)').pluck().get() === 1;
  if (owner === APPLICATION_ID || (owner === 0 && isEmpty)) return;
  throw new OperatorError(EXIT.fault, `${db.name} is the database of another program`, 'choose another file or data directory');
}

function newer(name: string, version: number, known: number): OperatorError {
  return new OperatorError(
    EXIT.fault,
    `${name} was written by a newer lvscope (its tables are version ${version}, this one knows ${known})`,
    'run that version again, or let this one use another data directory',
  );
}
