/** The program is killed with deliveries pending; another run delivers them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { FIXTURES, LVSCOPE } from '../environment.ts';
import { envelopes, sink, until } from './sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvscope-restart-'));
const config = join(folder, 'lvscope.yaml');
const running: ChildProcess[] = [];
afterAll(async () => {
  for (const program of running)
    if (program.exitCode === null && program.signalCode === null && program.kill('SIGKILL')) await once(program, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

function run(recording: string): ChildProcess {
  const read = join(FIXTURES, 'captures', `${recording}.pcap`);
  const words = ['run', '--read', read, '--data', folder, '--listen', '127.0.0.1:0', '--config', config];
  const program = spawn(process.execPath, [LVSCOPE, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(program);
  return program;
}

/** Ids of notifications that wait, as the database has them. */
function pending(): string[] {
  try {
    const db = new Database(join(folder, 'lvscope.db'), { readonly: true, fileMustExist: true });
    const bodies = db.prepare('select body from alert_deliveries order by rowid').pluck().all() as string[];
    db.close();
    return bodies.map((body) => (JSON.parse(body) as { notification: { id: string } }).notification.id);
  } catch {
    return [];
  }
}

test('what was pending when the program was killed arrives, in order and with its ids', async () => {
  const down = await sink();
  await down.close();
  writeFileSync(
    config,
    `alerts:
  receivers: [{name: hook, webhook: {url: '${down.url}'}}]
  rules: [{name: vrrp, match: {kind: vrrp.*}, receivers: [hook]}]
`,
  );
  const first = run('split-brain');
  await until('they are in the database', () => pending().length >= 5, 20_000);
  // The last of them has been written when two looks in a row agree.
  let ids: string[] = [];
  await until('all of them are', async () => {
    ids = pending();
    await new Promise((resolve) => setTimeout(resolve, 600));
    return pending().length === ids.length;
  });
  first.kill('SIGKILL');
  await once(first, 'exit');
  expect(pending()).toEqual(ids);

  const up = await sink(undefined, down.port);
  run('nat-v0');
  await until('they arrive', () => up.hooks.length >= ids.length, 20_000);
  expect(
    envelopes(up)
      .map(({ data }) => data.id)
      .slice(0, ids.length),
  ).toEqual(ids);
  await until('nothing waits any more', () => pending().length === 0);
}, 60_000);
