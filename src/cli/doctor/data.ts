/** The folder of database and history, and the port of the page: what `lvscope run` would meet. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DATABASE, type Listen } from '../../config.ts';
import { DEFAULT_HISTORY } from '../../contract/history.ts';
import { OperatorError } from '../../errors.ts';
import { explained, own } from '../../store/database-file.ts';
import { type Finding, found, type Kind } from './finding.ts';

const READY: Kind = {
  kind: 'data.ready',
  severity: 'ok',
  when: 'the data folder, or the folder in which it would be made, can be written and has room',
  meaning: 'Database and history can be kept there.',
  advice: [],
};

const UNWRITABLE: Kind = {
  kind: 'data.unwritable',
  severity: 'critical',
  when: 'this user may not write the data folder, or its database',
  meaning: '`lvscope run` does not start as this user with this folder.',
  advice: ['`chown` the folder to the user that runs lvscope (`install -d -o USER DIR` makes it), or name another one with --data'],
};

const LITTLE_ROOM: Kind = {
  kind: 'data.little_room',
  severity: 'warning',
  when: 'the disk of the data folder has less room than the history may take by default (1 GiB)',
  meaning: 'When it is full, capture and serving go on, but nothing more is kept.',
  advice: [
    'make room, name another folder with --data, or set a smaller bound (`history: {mebibytes: N}` in the configuration file), or --no-history',
  ],
};

const HELD: Kind = {
  kind: 'data.held',
  severity: 'info',
  when: 'another lvscope holds the database (DATABASE.lock)',
  meaning: 'A monitor runs here; a second one with the same folder would be refused.',
  advice: ['ask the one that runs: `lvscope status`; a second one needs its own --data and --listen'],
};

const FREE: Kind = {
  kind: 'page.free',
  severity: 'ok',
  when: 'page, API and metrics could be served at --listen',
  meaning: 'No other program listens there.',
  advice: [],
};

const TAKEN: Kind = {
  kind: 'page.taken',
  severity: 'warning',
  when: 'nothing can be served at --listen: another program listens there, or there is no such address, or no right',
  meaning: '`lvscope run` does not start with this address. Where lvscope runs here already, this is what to expect.',
  advice: ['`ss -ltnp` names the program; choose another with --listen'],
};

export const DATA_KINDS = [READY, UNWRITABLE, LITTLE_ROOM, HELD, FREE, TAKEN];

/** The folder itself, or the nearest one above it that exists. */
function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Null: nobody holds it. The lock is only tried where there is one, so that nothing is made. */
function holderFinding(database: string): Finding | null {
  if (!existsSync(`${database}.lock`)) return null;
  try {
    own(database).close();
    return null;
  } catch (error) {
    const meaning = explained(database, error);
    if (!(meaning instanceof OperatorError)) throw error;
    return / is locked /.test(meaning.message)
      ? found(HELD, `another lvscope runs with ${dirname(database)}`)
      : found(UNWRITABLE, meaning.message);
  }
}

/** @param folder as `--data` of `lvscope run` */
export function dataFindings(folder: string): Finding[] {
  const there = existing(folder);
  const which = there === folder ? folder : `${folder} (to be made in ${there})`;
  if (!mayWrite(there)) return [found(UNWRITABLE, `user ${process.getuid?.()} may not write ${which}`)];
  const holder = holderFinding(join(folder, DATABASE));
  if (holder) return [holder];
  const { bavail, bsize } = statfsSync(there);
  const octets = bavail * bsize;
  const text = `${which} can be written, ${(octets / 2 ** 30).toFixed(1)} GiB are free`;
  return [found(octets < DEFAULT_HISTORY.maxOctets ? LITTLE_ROOM : READY, text)];
}

/** Nothing is sent: the port is bound and given back. */
export function pageFinding({ host, port }: Listen): Promise<Finding> {
  const where = `${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ message }) => resolve(found(TAKEN, `cannot listen at ${where}: ${message}`)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(found(FREE, `${where} is free`))));
  });
}
