/** The rules for Prometheus: promtool runs their tests, and what they and the runbooks name is there. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RULES } from '../../src/state/rules/all.ts';
import { needs, ROOT } from '../environment.ts';
import { recorded } from '../http/recorded.ts';
import { serving } from '../http/serving.ts';

const FOLDER = join(ROOT, 'deploy', 'prometheus');
const TESTS = join(FOLDER, 'tests');

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}
interface RuleFile {
  readonly groups: readonly { readonly rules: readonly (Alert | { readonly record: string; readonly expr: string })[] }[];
}
interface TestFile {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}

const read = (path: string): unknown => parse(readFileSync(path, 'utf8'));
const rules = (read(join(FOLDER, 'lvscope.rules.yml')) as RuleFile).groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule) => 'alert' in rule);
const cases = readdirSync(TESTS).flatMap((file) => (read(join(TESTS, file)) as TestFile).tests.flatMap((one) => one.alert_rule_test));

function promtool(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: FOLDER, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe.skipIf(needs('promtool'))('promtool', () => {
  test.each([
    ['the rules', ['check', 'rules', '--lint=all', '--lint-fatal', 'lvscope.rules.yml']],
    ['the example configuration', ['check', 'config', 'prometheus.yml']],
    // Whether password and certificate are there is left out.
    ['the example with TLS', ['check', 'config', '--syntax-only', 'prometheus-tls.yml']],
    ['the tests of the rules', ['test', 'rules', ...readdirSync(TESTS).map((file) => join(TESTS, file))]],
  ])('accepts %s', (_, args) => {
    const { status, said } = promtool(...args);
    expect(status, said).toBe(0);
  });
});

test.each(alerts)('$alert is well formed', ({ alert, labels, annotations }) => {
  expect(alert).toMatch(/^Lvscope([A-Z][a-z]+)+$/);
  expect(['critical', 'warning', 'info']).toContain(labels.severity);
  expect(annotations.summary).toMatch(/^\S.*\.$/);
  // Mostly static, so that notifications can be grouped by it.
  expect(annotations.summary).not.toContain('{{');
  expect(annotations.description).toContain('{{');
});

test.each(alerts)('$alert has a test in which it fires and one in which it does not', ({ alert }) => {
  const fires = cases.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0);
  expect(new Set(fires)).toEqual(new Set([true, false]));
});

test('no test is about an alert that there is not', () => {
  const known = new Set(alerts.map(({ alert }) => alert));
  expect(cases.filter(({ alertname }) => !known.has(alertname))).toEqual([]);
});

test('every alert has its section in the runbooks, and the runbooks tell of no other', () => {
  const headings = [...readFileSync(join(ROOT, 'docs', 'runbooks.md'), 'utf8').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(headings.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  for (const { alert, annotations } of alerts) expect(annotations.runbook_url).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
});

test('every metric that a rule names is one of lvscope', async () => {
  const { app } = serving(await recorded('dr-v1-failover'));
  const text = (await app.inject('/metrics')).body;
  const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const named = rules.flatMap(({ expr }) => expr.match(/\blvscope_\w+(?!\w*:)/g) ?? []);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('every kind that a rule names is one that lasts', () => {
  const lasting = new Set<string>(RULES.filter(({ form }) => form !== 'notice').map(({ kind }) => kind));
  const named = rules.flatMap(({ expr }) => [...expr.matchAll(/kind[!=~]+"([^"]+)"/g)].flatMap(([, kinds]) => kinds.split('|')));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((kind) => !lasting.has(kind))).toEqual([]);
});

/** Two alerts for one thing would be two pages, none would be none. */
test('of what is critical, each kind is told by exactly one alert', () => {
  const elsewhere =
    alerts
      .find(({ alert }) => alert === 'LvscopeCriticalAnomaly')
      ?.expr.match(/kind!~"([^"]+)"/)?.[1]
      .split('|') ?? [];
  const conflicts =
    alerts
      .find(({ alert }) => alert === 'LvscopeVipConflict')
      ?.expr.match(/kind=~"([^"]+)"/)?.[1]
      .split('|') ?? [];
  expect(elsewhere.sort()).toEqual([...conflicts, 'vrrp.master_lost', 'vrrp.two_masters'].sort());
});
