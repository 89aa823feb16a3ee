/**
 * The Grafana dashboards: their JSON by Grafana's own rules, and every query of every panel, variable and annotation asked of a real
 * Prometheus that scrapes lvscope over HTTP while a recorded failover of two real load balancers passes.
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { dashboards, textOf } from '../../scripts/grafana/dashboards.js';
import { readCapture } from '../../src/capture/file.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor } from '../../src/state/monitor.ts';
import { FIXTURES, needs, ROOT } from '../environment.ts';
import { type Serving, serving } from '../http/serving.ts';
import { type Prometheus, startPrometheus } from '../prometheus.ts';

const GRAFANA = join(ROOT, 'deploy', 'grafana');

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}
interface Dashboard {
  readonly uid: string;
  readonly id: null;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
  readonly links: readonly { readonly url?: string }[];
}

const folder = join(GRAFANA, 'dashboards');
const files = await readdir(folder);
const boards = files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard] as const);

/** Panels of Grafana itself: no plugin is to be installed. */
const OWN_PANELS = ['stat', 'timeseries', 'state-timeline', 'table', 'row'];

describe.each(boards)('%s', (file, board) => {
  test('is what scripts/grafana.js writes', () => {
    const made = dashboards.find(({ uid }) => `${uid}.json` === file);
    expect(made && textOf(made)).toBe(readFileSync(join(folder, file), 'utf8'));
  });

  test('can be provisioned: a stable uid, no id, a pinned schema, the data source a variable', () => {
    expect(board).toMatchObject({ uid: file.replace('.json', ''), id: null, schemaVersion: 39 });
    expect(board.templating.list.slice(0, 3).map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ]);
    for (const { targets } of board.panels)
      for (const { datasource } of targets ?? []) expect(datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
    expect(board.links.some(({ url }) => url?.includes('$instance'))).toBe(true);
  });

  test('has panels of Grafana itself, each with its own id, a title, a description and letters for its queries', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    for (const { type, title, description, targets } of board.panels) {
      expect(OWN_PANELS).toContain(type);
      expect(title).not.toBe('');
      if (type !== 'row') expect([title, description]).not.toEqual([title, undefined]);
      expect(targets?.map(({ refId }) => refId)).toEqual(targets?.map((_, i) => 'ABCDEFGH'[i]));
    }
  });

  test('leaves no panel outside the grid of 24 columns or over another', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect([title, taken.has(`${x} ${y}`)]).toEqual([title, false]);
          taken.add(`${x} ${y}`);
        }
    }
  });

  test('asks for rates over $__rate_interval only', () => {
    for (const { targets } of board.panels)
      for (const { expr } of targets ?? []) expect(expr.match(/\[(?!\$__rate_interval)[^\]]*\]/)).toBeNull();
  });
});

test('the provisioning files are YAML that names the folder of these dashboards', () => {
  const read = (path: string) => parse(readFileSync(join(GRAFANA, 'provisioning', path), 'utf8'));
  expect(read('dashboards/lvscope.yaml')).toMatchObject({
    apiVersion: 1,
    providers: [{ type: 'file', options: { path: expect.any(String) } }],
  });
  expect(read('datasources/lvscope.yaml')).toMatchObject({ apiVersion: 1, datasources: [{ type: 'prometheus' }] });
});

/** Not in this recording: it has no persistence, a director that sets DF (so its datagrams are not numbered), and no bad frame. */
const ABSENT = ['lvscope_connection_templates', 'lvscope_sync_lost_datagrams_total', 'lvscope_dissect_faults_total'];
const isAbsent = (expr: string): boolean => ABSENT.some((name) => expr.includes(name)) && !expr.includes('lvscope_connections_limit');

const STEP_MS = 100;

describe.skipIf(needs('prometheus'))('a real Prometheus', () => {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
  let over: Serving;
  let prometheus: Prometheus;
  let instance = '';

  /** Lets the recording pass over a few scrapes, so that there are rates. */
  async function play(): Promise<void> {
    const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true, keep: null });
    const frames: Parameters<typeof enter>[0][] = [];
    await readCapture(join(FIXTURES, 'captures', 'dr-v1-failover.pcap'), { frame: (frame) => frames.push(structuredClone(frame)) });
    const share = Math.ceil(frames.length / 20);
    for (let at = 0; at < frames.length; at += share) {
      for (const frame of frames.slice(at, at + share)) enter(frame);
      await sleep(STEP_MS);
    }
  }

  beforeAll(async () => {
    over = serving(monitor);
    await over.app.listen({ host: '127.0.0.1', port: 0 });
    instance = new URL(over.app.listeningOrigin).host;
    prometheus = await startPrometheus({
      config: {
        global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
        scrape_configs: [{ job_name: 'lvscope', static_configs: [{ targets: [instance] }] }],
      },
    });
    // Prometheus looks for targets every five seconds.
    while ((await prometheus.query('up')).length === 0) await sleep(STEP_MS);
    await play();
    await sleep(3 * STEP_MS);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await over?.app.close();
  });

  /** As Grafana puts variables in; the last of several values stands for all. */
  const filled = (query: string): string =>
    query
      .replaceAll('$__rate_interval', '10s')
      .replaceAll('$job', 'lvscope')
      .replaceAll('$instance', instance.replaceAll('.', '\\\\.'))
      .replace(/\$(vrid|service)\b/g, '.*');

  test('scrapes it in the format that it asks for first, OpenMetrics', async () => {
    expect(await prometheus.query('up')).toMatchObject([{ value: 1 }]);
    expect(over.context.counters.answers.get(200)).toBeGreaterThan(5);
  });

  test.each(boards.flatMap(([file, { panels }]) => panels.flatMap((p) => (p.targets ?? []).map((t) => [file, p.title, t.expr] as const))))(
    '%s, %s: %s',
    async (_, __, expr) => {
      const found = await prometheus.query(filled(expr));
      if (isAbsent(expr)) expect(found).toEqual([]);
      else expect(found).not.toEqual([]);
    },
  );

  test.each(
    boards.flatMap(([file, { templating }]) =>
      templating.list.flatMap((v) => (v.definition ? [[file, v.name, v.definition] as const] : [])),
    ),
  )('%s: the variable %s has values: %s', async (_, __, definition) => {
    const [, selector, label] = definition.match(/^label_values\((.+), (\w+)\)$/) ?? [];
    const values = await prometheus.api(`label/${label}/values`, { 'match[]': filled(selector) });
    expect(values).not.toEqual([]);
  });

  test.each(boards.flatMap(([file, { annotations }]) => annotations.list.flatMap(({ expr }) => (expr ? [[file, expr] as const] : []))))(
    '%s marks the change of master: %s',
    async (_, expr) => {
      const found = await prometheus.query(filled(expr));
      expect(found.map(({ labels }) => labels.vrid)).toContain('51');
    },
  );
});
