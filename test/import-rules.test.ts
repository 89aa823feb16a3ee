/** The gate for import rules must be able to fail: a planted violation of each rule is reported, and real files are really read. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './environment.ts';

/** What the planted files import. */
const TARGETS = ['src/errors.ts', 'src/main.ts', 'src/live-source.ts', 'test/x.ts'].concat(
  ['dissectors', 'src/state', 'src/store', 'src/contract', 'src/capture', 'src/http', 'src/metrics'].map((folder) => `${folder}/x.ts`),
);

/** [rule, file, what it must not import] */
const PLANTED: [string, string, string][] = [
  ['dissectors-are-pure', 'dissectors/a.ts', 'node:fs'],
  ['dissectors-are-pure', 'dissectors/b.ts', '../src/state/x.ts'],
  ['dissectors-are-pure', 'dissectors/c.ts', 'ipaddr.js'],
  ['state-is-pure', 'src/state/a.ts', 'node:fs'],
  ['state-is-pure', 'src/state/b.ts', 'ipaddr.js'],
  ['state-is-pure', 'src/state/c.ts', '../contract/x.ts'],
  ['contract-knows-state', 'src/contract/a.ts', 'node:fs'],
  ['contract-knows-state', 'src/contract/b.ts', '../store/x.ts'],
  ['capture-knows-frames', 'src/capture/a.ts', '../state/x.ts'],
  ['history-keeps-frames', 'src/history/a.ts', '../http/x.ts'],
  ['store-knows-state', 'src/store/a.ts', '../http/x.ts'],
  ['store-knows-state', 'src/store/b.ts', '../live-source.ts'],
  ['http-knows-contract', 'src/http/a.ts', '../store/x.ts'],
  ['http-knows-contract', 'src/http/b.ts', '../live-source.ts'],
  ['metrics-know-state', 'src/metrics/a.ts', '../http/x.ts'],
  ['alerts-know-state', 'src/alerts/a.ts', '../store/x.ts'],
  ['standardwebhooks-only-in-alerts', 'src/http/j.ts', 'standardwebhooks'],
  ['commands-know-no-routes', 'src/cli/a.ts', '../http/x.ts'],
  ['nothing-imports-the-program', 'src/cli/b.ts', '../main.ts'],
  ['nothing-imports-tests', 'src/state/d.ts', '../../test/x.ts'],
  ['web-takes-types-only', 'web/a.ts', '../src/contract/x.ts'],
  ['web-knows-contract', 'web/b.ts', '../src/state/x.ts'],
  ['no-other-program-is-run', 'src/http/c.ts', 'node:child_process'],
  ['no-other-program-is-run', 'src/systemd.ts', 'node:child_process'],
  ['require-only-in-capture', 'src/store/c.ts', 'node:module'],
  ['pcap-only-in-capture', 'src/http/d.ts', 'pcap'],
  ['better-sqlite3-only-in-store', 'src/http/e.ts', 'better-sqlite3'],
  ['fastify-only-in-http', 'src/metrics/b.ts', 'fastify'],
  ['fastify-only-in-http', 'src/cli/c.ts', '@fastify/static'],
  ['ws-only-in-http', 'src/cli/d.ts', 'ws'],
  ['bcryptjs-only-in-its-thread', 'src/http/bc.ts', 'bcryptjs'],
  ['prom-client-only-in-metrics', 'src/http/f.ts', 'prom-client'],
  ['typebox-only-in-contract-and-http', 'src/cli/e.ts', 'typebox'],
  ['commander-only-in-cli', 'src/http/g.ts', 'commander'],
  ['cli-progress-only-in-cli', 'src/http/h.ts', 'cli-progress'],
  // A cycle is reported once, at the file that comes first by name.
  ['no-circular', 'src/state/circle.ts', './round.ts'],
  ['not-to-unresolvable', 'src/http/i.ts', './nowhere.ts'],
];

/** [file, what it imports]: allowed, so that a rule that forbids everything is found out too. */
const ALLOWED: [string, string][] = [
  ['dissectors/ok.ts', './x.ts'],
  ['src/state/ok.ts', '../../dissectors/x.ts'],
  ['src/contract/ok.ts', 'typebox'],
  ['src/capture/ok.ts', 'node:child_process'],
  ['src/systemd-notify.ts', 'node:child_process'],
  ['src/history/ok.ts', '../capture/x.ts'],
  ['src/store/ok.ts', 'better-sqlite3'],
  ['src/http/ok.ts', 'fastify'],
  ['src/metrics/ok.ts', 'prom-client'],
  ['src/cli/ok.ts', 'commander'],
  ['src/alerts/ok.ts', 'standardwebhooks'],
];

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

function cruise(folder: string): Report {
  const depcruise = join(ROOT, 'node_modules', '.bin', 'depcruise');
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'dissectors', 'src', 'web'];
  const { stdout } = spawnSync(depcruise, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Report;
}

describe('import rules', () => {
  const planted = mkdtempSync(join(tmpdir(), 'lvscope-rules-'));
  let report: Report;

  beforeAll(() => {
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) cpSync(join(ROOT, name), join(planted, name));
    symlinkSync(join(ROOT, 'node_modules'), join(planted, 'node_modules'));
    for (const file of TARGETS) write(file, 'export const x = 1;\n');
    for (const [, file, to] of PLANTED) write(file, imports(to));
    for (const [file, to] of ALLOWED) write(file, imports(to));
    write('src/state/round.ts', imports('./circle.ts'));
    write('src/state/type-circle.ts', "import type { B } from './type-circle-back.ts';\nexport type A = B[];\n");
    write('src/state/type-circle-back.ts', "import type { A } from './type-circle.ts';\nexport type B = { a: A };\n");
    write('web/types.ts', "import type { x } from '../src/contract/x.ts';\nexport type X = typeof x;\n");
    report = cruise(planted);
  });
  afterAll(() => rmSync(planted, { recursive: true }));

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(planted, file)), { recursive: true });
    writeFileSync(join(planted, file), text);
  }

  const imports = (to: string): string => `import * as x from '${to}';\nexport const y = x;\n`;

  function brokenBy(file: string): string[] {
    return report.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);
  }

  test.each(PLANTED)('%s is broken by %s importing %s', (rule, file) => {
    expect(brokenBy(file)).toContain(rule);
  });

  test.each(ALLOWED)('%s may import %s', (file) => {
    expect(brokenBy(file)).toEqual([]);
  });

  test.each(['src/state/type-circle.ts', 'web/types.ts'])('%s imports types only and may', (file) => {
    expect(brokenBy(file)).toEqual([]);
  });

  test('every rule has its violation here', () => {
    const { forbidden } = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };
    const planted = new Set(PLANTED.map(([rule]) => rule));
    expect(forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });

  test('the project itself is read, file by file', () => {
    expect(cruise(ROOT).summary.totalCruised).toBeGreaterThan(60);
  });
});
