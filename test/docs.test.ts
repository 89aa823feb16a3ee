/** The pages of docs/ that are made from the code, and whether the code has a rule for all that the plan names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doctorPage } from '../scripts/docs-doctor.js';
import { filtersPage } from '../scripts/docs-filters.js';
import { livePage } from '../scripts/docs-live.js';
import { anomaliesPage, eventsPage } from '../scripts/docs-text.js';
import { DOCTOR_KINDS } from '../src/cli/doctor/kinds.ts';
import { EXPRESSION_BOUNDS } from '../src/contract/expression.ts';
import { FILTERED_NOUNS, fieldsOf } from '../src/contract/filter-fields.ts';
import * as live from '../src/contract/live.ts';
import { LIVE_TIMING } from '../src/http/live-hub.ts';
import { STATE_EVENT_KINDS } from '../src/state/events.ts';
import { RULES } from '../src/state/rules/all.ts';
import { needs, PROTOCOL_FACTS, ROOT } from './environment.ts';

const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');

test('docs/filters.md is what npm run docs writes', () => {
  expect(page('filters.md')).toBe(filtersPage(FILTERED_NOUNS, fieldsOf, EXPRESSION_BOUNDS));
});

test('docs/anomalies.md is what npm run docs writes', () => {
  expect(page('anomalies.md')).toBe(anomaliesPage(RULES));
});

test('docs/events.md is what npm run docs writes', () => {
  expect(page('events.md')).toBe(eventsPage(RULES, STATE_EVENT_KINDS));
});

test('docs/doctor.md is what npm run docs writes, and names each finding once', () => {
  expect(page('doctor.md')).toBe(doctorPage(DOCTOR_KINDS));
  const titles = page('doctor.md')
    .split('\n')
    .filter((line) => line.startsWith('#'));
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.join()).not.toContain('undefined');
});

test('docs/live.md is what npm run docs writes', () => {
  expect(page('live.md')).toBe(livePage(live, LIVE_TIMING, page('live-client.js')));
});

describe('a page', () => {
  const rows = anomaliesPage(RULES)
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  test('has one row for each rule, with no cell empty', () => {
    expect(rows.map((row) => row.split('`')[1]).sort()).toEqual(RULES.map(({ kind }) => kind).sort());
    for (const row of rows) {
      const cells = row.split(/(?<!\\)\|/).slice(1, -1);
      expect([row, cells.length, cells.filter((cell) => cell.trim() === '')]).toEqual([row, 7, []]);
    }
  });

  test('says of each event of the state when it happens', () => {
    for (const kind of STATE_EVENT_KINDS) expect(eventsPage(RULES, STATE_EVENT_KINDS)).toMatch(new RegExp(`^\\| \`${kind}\` \\| \\w`, 'm'));
  });
});

test('no two rules have one name', () => {
  const kinds = RULES.map(({ kind }) => kind);
  expect(kinds.filter((kind, i) => kinds.indexOf(kind) !== i)).toEqual([]);
});

/** Names as the first column writes them: `area.name / .name / _ending / name`. */
function expand(cell: string): string[] {
  const [first, ...rest] = cell.split(' / ').map((name) => name.trim());
  const area = first.slice(0, first.indexOf('.'));
  const stem = first.slice(0, first.indexOf('_'));
  return [first, ...rest.map((name) => (name.startsWith('_') ? `${stem}${name}` : `${area}.${name.replace(/^\./, '')}`))];
}

describe.skipIf(needs('shared-docs'))('the table of protocol facts', () => {
  test('is covered: each of its anomalies is a rule here, or an event of the state', () => {
    const [, section] = readFileSync(PROTOCOL_FACTS, 'utf8').split(/^## 4\. .*$/m);
    const cells = section.split(/^## /m)[0].matchAll(/^\| ((?:ipvs|vrrp|arp|igmp|sniff)\.[^|]+?) \|/gm);
    const named = [...cells].flatMap(([, cell]) => expand(cell));
    expect(named.length).toBeGreaterThan(90);
    const known = new Set<string>([...STATE_EVENT_KINDS, ...RULES.map(({ kind }) => kind)]);
    expect(named.filter((kind) => !known.has(kind))).toEqual([]);
  });
});
