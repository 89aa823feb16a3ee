/** What `npm test` runs once the machine is set up: every stage with its time, then one closing line that counts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
const REPORT = join(ROOT, 'test', 'output', 'vitest.json');

const STAGES = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']],
  ['types of the page', 'tsc', ['-p', 'web/tsconfig.json', '--noEmit']],
  ['types of the tests', 'tsc', ['-p', 'test/tsconfig.json', '--noEmit']],
  ['import rules', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'bin', 'dissectors', 'src', 'web', 'test']],
  ['dead code', 'knip', []],
];

const head = (name) => process.stdout.write(`\n== ${name}\n`);
const close = (name, ok, started) =>
  process.stdout.write(`== ${name}: ${ok ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);

function run(program, args, output) {
  return spawn(join(BIN, program), args, { cwd: ROOT, stdio: ['ignore', output, output] });
}

/** What it says is told once it has ended, since two run at once. */
async function quietStage([name, program, args]) {
  const started = Date.now();
  const child = run(program, args, 'pipe');
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (octets) => said.push(octets));
  const [code] = await once(child, 'close');
  head(name);
  process.stdout.write(Buffer.concat(said));
  close(name, code === 0, started);
  return code === 0;
}

/** Two at a time, one a core. */
async function quietStages() {
  const queue = [...STAGES];
  const passed = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) passed.push(await quietStage(next));
  };
  await Promise.all([worker(), worker()]);
  return passed;
}

async function tests() {
  head('tests');
  const started = Date.now();
  const [code] = await once(
    run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`], 'inherit'),
    'exit',
  );
  close('tests', code === 0, started);
  return code === 0;
}

/** vitest's own counts; a run that ended before it could write them has failed. */
function vitestCounts() {
  if (!existsSync(REPORT)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const stagesPassed = await quietStages();
rmSync(REPORT, { force: true });
mkdirSync(dirname(REPORT), { recursive: true });
const vitestPassed = await tests();
const counts = vitestCounts();
const passed = counts.passed + stagesPassed.filter(Boolean).length;
const failed = Math.max(counts.failed, vitestPassed ? 0 : 1) + stagesPassed.filter((ok) => !ok).length;
process.stdout.write(`\n${passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
