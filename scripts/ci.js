/** What CI runs: the suite with the Node that is there, then with Node 24; each tells its counts, the last line is their sum. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const RUNS = ['test', 'test:node24'];
const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

/** @returns passed, failed, skipped; a run that fails without counting a failure has one. */
async function countsOf(script) {
  const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let counts = [0, 0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`);
    counts = COUNTS.exec(line)?.slice(1).map(Number) ?? counts;
  }
  const [code] = await exited;
  const [passed, failed, skipped] = counts;
  return [passed, code === 0 ? failed : Math.max(1, failed), skipped];
}

const sum = [0, 0, 0];
const lines = [];
for (const script of RUNS) {
  const [passed, failed, skipped] = await countsOf(script);
  lines.push(`npm run ${script}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  for (const [i, count] of [passed, failed, skipped].entries()) sum[i] += count;
}
process.stdout.write(`\n${lines.join('')}${sum[0]} passed, ${sum[1]} failed, ${sum[2]} skipped\n`);
process.exitCode = sum[1] === 0 ? 0 : 1;
