/** What `npm test` runs once the machine is set up: every stage with its time, then one closing line that counts. */
import { spawnSync } from 'node:child_process';
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

function stage([name, program, args]) {
  process.stdout.write(`\n== ${name}\n`);
  const started = Date.now();
  const ok = spawnSync(join(BIN, program), args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
  process.stdout.write(`== ${name}: ${ok ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
  return ok;
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

const stagesPassed = STAGES.map(stage);
rmSync(REPORT, { force: true });
mkdirSync(dirname(REPORT), { recursive: true });
const vitestPassed = stage(['tests', 'vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`]]);
const counts = vitestCounts();
const passed = counts.passed + stagesPassed.filter(Boolean).length;
const failed = Math.max(counts.failed, vitestPassed ? 0 : 1) + stagesPassed.filter((ok) => !ok).length;
process.stdout.write(`\n${passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
