/** The fuzzer on every run of the tests, for seconds; `npm run fuzz` is the same for longer. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { FIXTURES } from '../environment.ts';

const run = promisify(execFile);
const FUZZ = fileURLToPath(new URL('fuzz.js', import.meta.url));
const CORPUS = join(FIXTURES, 'fuzz-corpus');

/** What it said, and its exit status: 1 when it found something. */
async function fuzz(...words: string[]): Promise<{ said: string; status: number }> {
  const answer = await run(process.execPath, [FUZZ, ...words]).catch((error: { stdout: string; stderr: string; code: number }) => error);
  const said = 'stderr' in answer ? answer.stdout + answer.stderr : '';
  return { said, status: 'code' in answer ? answer.code : 0 };
}

test('what was kept and what was ever found runs without a finding', async () => {
  const { said, status } = await fuzz('--replay', ...readdirSync(CORPUS).map((name) => join(CORPUS, name)));
  expect({ said: said.replaceAll(/.*: all is well\n/g, ''), status }).toEqual({ said: '', status: 0 });
});

test.each([
  ['the same seed as ever', '10', ['--seed', '1']],
  ['a seed of today', '15', []],
])('nothing is found with %s', async (_, seconds, words) => {
  const { said, status } = await fuzz('--seconds', seconds, '--without-tcpdump', ...words);
  process.stdout.write(said);
  expect(status, said).toBe(0);
});

test('a missing bounds check, planted, is found and its input made small', async () => {
  const { said, status } = await fuzz('--planted-defect', '--seed', '1', '--kind', 'frames', '--without-tcpdump', '--seconds', '60');
  process.stdout.write(said);
  expect(status, said).toBe(1);
  expect(said).toMatch(/FOUND RangeError: Offset is outside the bounds of the DataView/);
  expect(said).toMatch(/npm run fuzz -- --replay test\/output\/fuzz\/frames-\w+\.pcap/);
});
