/** The gate for import rules must be able to fail: a planted violation of each rule is reported, and real files are really read. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './environment.ts';

/** [rule, file, what it must not import] */
const PLANTED: [string, string, string][] = [
  ['dissectors-are-pure', 'dissectors/a.ts', 'node:fs'],
  ['dissectors-are-pure', 'dissectors/b.ts', '../src/state/sessions.ts'],
  ['state-is-pure', 'src/state/a.ts', 'node:fs'],
  ['state-is-pure', 'src/state/b.ts', 'ipaddr.js'],
  ['contract-knows-state', 'src/contract/a.ts', 'node:fs'],
  ['capture-knows-frames', 'src/capture/a.ts', '../state/sessions.ts'],
  ['store-below-http', 'src/store/a.ts', '../http/x.ts'],
  ['http-below-cli', 'src/http/a.ts', '../store/x.ts'],
  ['metrics-below-http', 'src/metrics/a.ts', '../http/x.ts'],
  ['nothing-imports-the-program', 'src/cli/a.ts', '../main.ts'],
  ['web-takes-types-only', 'web/a.ts', '../src/state/sessions.ts'],
  ['no-other-program-is-run', 'src/http/b.ts', 'node:child_process'],
  ['pcap-only-in-src-capture', 'src/http/c.ts', 'pcap'],
  ['bettersqlite3-only-in-src-store', 'src/http/d.ts', 'better-sqlite3'],
  ['ws-only-in-src-http', 'src/cli/b.ts', 'ws'],
  ['fastify-only-in-src-http', 'src/metrics/b.ts', 'fastify'],
  ['promclient-only-in-src-metrics', 'src/http/e.ts', 'prom-client'],
  ['not-to-unresolvable', 'src/http/f.ts', './nowhere.ts'],
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
    const targets = ['src/state/sessions.ts', 'src/http/x.ts', 'src/store/x.ts', 'src/main.ts'];
    for (const file of targets) write(file, 'export const x = 1;\n');
    for (const [, file, to] of PLANTED) write(file, `import * as x from '${to}';\nexport const y = x;\n`);
    report = cruise(planted);
  });
  afterAll(() => rmSync(planted, { recursive: true }));

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(planted, file)), { recursive: true });
    writeFileSync(join(planted, file), text);
  }

  test.each(PLANTED)('%s is broken by %s importing %s', (rule, file) => {
    const broken = report.summary.violations.filter((violation) => violation.from === file).map((violation) => violation.rule.name);
    expect(broken).toContain(rule);
  });

  test('the project itself is read, file by file', () => {
    expect(cruise(ROOT).summary.totalCruised).toBeGreaterThan(60);
  });
});
