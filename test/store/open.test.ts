/** Files that cannot be used: each is one sentence and one hint, and the file is left as it was. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needs, ROOT } from '../environment.ts';
import { contents, newMonitor, openStore, query, replay, scratch } from './harness.ts';

const NOBODY = 65_534;

/** An error of the compiled program, by its fields: its class is not the one that the tests import. */
function refusal(path: string): { name: string; message: string; hint: string; exitCode: number } {
  try {
    openStore({ path, sensor: 'lb' });
  } catch (error) {
    const { name, message, hint, exitCode } = error as { name: string; message: string; hint: string; exitCode: number };
    return { name, message, hint, exitCode };
  }
  throw new Error('the file was opened');
}

async function filled(path: string): Promise<void> {
  const store = openStore({ path, sensor: 'lb' });
  const monitor = newMonitor();
  await replay('nat-v0', monitor, store);
  await store.close(monitor);
}

function pragma(path: string, statement: string): void {
  const db = new Database(path);
  db.pragma(statement);
  db.close();
}

function octets(path: string): Buffer | null {
  return statSync(path).isFile() ? readFileSync(path) : null;
}

interface Bad {
  readonly what: string;
  readonly make: (path: string) => void | Promise<void>;
  readonly says: RegExp;
}

const BAD: readonly Bad[] = [
  { what: 'text', make: (path) => writeFileSync(path, 'connections,state\n'.repeat(1000)), says: /is no SQLite database/ },
  { what: 'zeros', make: (path) => writeFileSync(path, Buffer.alloc(16_384)), says: /is no SQLite database/ },
  {
    what: 'the database of another program',
    make: (path) => {
      const db = new Database(path);
      db.exec('create table dashboards (id integer)');
      db.close();
    },
    says: /is the database of another program/,
  },
  {
    what: 'one of another program that has an application_id',
    make: (path) => pragma(path, 'application_id = 1196444487'),
    says: /is the database of another program/,
  },
  {
    what: 'one of a newer version',
    make: async (path) => {
      await filled(path);
      pragma(path, 'user_version = 999');
    },
    says: /was written by a newer lvscope \(its tables are version 999/,
  },
  {
    what: 'a first page cut off',
    make: async (path) => {
      await filled(path);
      writeFileSync(path, readFileSync(path).subarray(0, 3000));
    },
    says: /is (damaged|no SQLite database)/,
  },
  {
    what: 'a schema overwritten',
    make: async (path) => {
      await filled(path);
      writeFileSync(path, readFileSync(path).fill(0xa5, 100, 4096));
    },
    says: /is damaged/,
  },
  { what: 'a directory', make: (path) => void mkdirSync(path), says: /cannot be opened/ },
];

test.each(BAD)('$what', async ({ make, says }) => {
  const path = join(scratch(), 'lvscope.db');
  await make(path);
  const before = octets(path);
  const refused = refusal(path);
  expect(octets(path)).toEqual(before);
  expect(refused.message).toMatch(says);
  expect(refused).toMatchObject({ name: 'OperatorError', exitCode: 1 });
  expect(refused.message).toContain(path);
  expect(refused.message).not.toContain('\n');
  expect(refused.hint.length).toBeGreaterThan(10);
});

test('a newer version leaves the tables alone, and may be opened again by that version', async () => {
  const path = join(scratch(), 'lvscope.db');
  await filled(path);
  const before = contents(path);
  const version = query<{ user_version: number }>(path, 'pragma user_version')[0].user_version;
  pragma(path, 'user_version = 999');
  refusal(path);
  pragma(path, `user_version = ${version}`);
  expect(contents(path)).toEqual(before);
});

test('no such directory', () => {
  const path = join(scratch(), 'none', 'lvscope.db');
  expect(refusal(path).message).toMatch(/^there is no directory /);
});

test('a second lvscope on the same file, until the first one ends', async () => {
  const path = join(scratch(), 'lvscope.db');
  const first = openStore({ path, sensor: 'lb' });
  expect(refusal(path).message).toMatch(/is locked by another program/);
  await first.close(newMonitor());
  await openStore({ path, sensor: 'lb' }).close(newMonitor());
});

describe.skipIf(needs('sqlite3'))('beside sqlite3', () => {
  test('locked by it, until it lets go', async () => {
    const path = join(scratch(), 'lvscope.db');
    await filled(path);
    const sqlite3 = spawn('sqlite3', [path], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void sqlite3.kill());
    sqlite3.stdin.write("begin immediate;\nselect 'locked';\n");
    await once(sqlite3.stdout, 'data');
    expect(refusal(path).message).toMatch(/is locked by another program/);
    sqlite3.stdin.end('rollback;\n');
    await once(sqlite3, 'exit');
    await openStore({ path, sensor: 'lb' }).close(newMonitor());
  });

  test('the file says whose it is and of which version, and the views are there', async () => {
    const path = join(scratch(), 'lvscope.db');
    await filled(path);
    const { stdout } = spawnSync('sqlite3', [path, 'pragma user_version; pragma application_id; select count(*) from connections'], {
      encoding: 'utf8',
    });
    const [version, application, connections] = stdout.trim().split('\n').map(Number);
    expect(version).toBeGreaterThanOrEqual(2);
    // The letters LVSC.
    expect(application).toBe(0x4c565343);
    expect(connections).toBeGreaterThan(0);
  });
});

/** Root may write anywhere, so another user tries; it must be able to read the program, which in a checkout under root's home it is not. */
function strangerIsKeptOut(): boolean {
  const keptOut = spawnSync('test', ['-r', join(ROOT, 'package.json')], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status !== 0;
  if (keptOut) process.stderr.write('skipped here: another user cannot read this checkout\n');
  return keptOut;
}

describe.skipIf(needs('root') || strangerIsKeptOut())('without the right', () => {
  const attempt = (path: string): string => {
    const code = `import('${join(ROOT, 'dist', 'src', 'store', 'store.js')}').then(({ openStore }) => openStore({ path: '${path}', sensor: 'lb' })).then(
      () => console.log('opened'), (e) => console.log(JSON.stringify([e.name, e.exitCode, e.message, e.hint])))`;
    const tried = spawnSync(process.execPath, ['-e', code], { uid: NOBODY, gid: NOBODY, cwd: '/', encoding: 'utf8', timeout: 20_000 });
    return tried.stdout.trim();
  };

  test.each([
    { what: 'to write the directory', folderMode: 0o755, fileMode: 0o644 },
    { what: 'to read the file', folderMode: 0o777, fileMode: 0o600 },
    { what: 'to write the file', folderMode: 0o777, fileMode: 0o444 },
    { what: 'to enter the directory', folderMode: 0o700, fileMode: 0o644 },
  ])('$what', async ({ folderMode, fileMode }) => {
    const folder = scratch();
    const path = join(folder, 'lvscope.db');
    const elsewhere = join(scratch(), 'lvscope.db');
    await filled(elsewhere);
    copyFileSync(elsewhere, path);
    chmodSync(path, fileMode);
    chmodSync(folder, folderMode);
    const [name, exitCode, message, hint] = JSON.parse(attempt(path)) as [string, number, string, string];
    expect([name, exitCode]).toEqual(['OperatorError', 1]);
    expect(message).toMatch(/cannot be (opened|written)|there is no directory/);
    expect(hint).toMatch(/right|create/);
  });
});
