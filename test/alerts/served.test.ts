/** Alerts, receivers and silences over REST, on the command line and as metrics. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addAlert } from '../../src/cli/alert.ts';
import { addSilence } from '../../src/cli/silence.ts';
import type { Alert, Receiver } from '../../src/contract/alert.ts';
import type { Silence } from '../../src/contract/silence.ts';
import { EXIT } from '../../src/errors.ts';
import type { App } from '../../src/http/context.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import { serving } from '../http/serving.ts';
import { playing } from './playing.ts';
import { sink } from './sink.ts';

const RULES = `
receivers: [{name: nobody, webhook: {url: 'http://127.0.0.1:9/secret-path'}}]
rules: [{name: vrrp, match: {kind: [vrrp.*, arp.*]}, receivers: [nobody]}]
silences: [{match: {vrid: 9}, from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z', comment: ever}]
maintenance: [{name: night, days: [mon], from: '01:00', to: '02:00', timeZone: UTC}]`;

let app: App;
let url: string;
let metrics: string;
beforeAll(async () => {
  process.stdout.setMaxListeners(100);
  const { monitor, alerts, recording } = playing(RULES);
  recording('vrrp-zoo');
  ({ app } = serving(monitor, { alerts }));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  const nowMicros = () => monitor.clock.nowMicros ?? 0;
  const all = createMetrics({ monitor, nowMicros, capture: () => [], store: () => null, sensor: 'lab', version: '0.0.0', alerts });
  metrics = await all.render('text/plain');
});
afterAll(() => app.close());

const list = async <Item>(path: string): Promise<Item[]> => (await app.inject(`/api/v1/${path}`)).json<{ items: Item[] }>().items;

async function lvscope(...words: string[]): Promise<string> {
  const program = new Command().exitOverride();
  addSilence(program);
  addAlert(program);
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((part) => written.push(String(part)) > 0);
  try {
    await program.parseAsync(['node', 'lvscope', ...words]);
  } finally {
    write.mockRestore();
  }
  return written.join('');
}

test('alerts: those that burn first; receivers: how far the telling is, without addresses', async () => {
  const alerts = await list<Alert>('alerts?limit=1000');
  expect(alerts.length).toBeGreaterThan(3);
  const firing = alerts.filter(({ state }) => state === 'firing');
  expect(firing.length).toBeGreaterThan(0);
  expect(alerts.slice(0, firing.length)).toEqual(firing);
  expect(await list('alerts?state=firing&limit=1000')).toEqual(firing);
  expect((await app.inject(`/api/v1/alerts/${alerts[0].id}`)).json()).toEqual(alerts[0]);
  const [receiver] = await list<Receiver>('receivers');
  expect(receiver).toMatchObject({ id: 'nobody', kind: 'webhook', delivered: 0 });
  expect(receiver.waiting).toBeGreaterThan(3);
  expect(JSON.stringify([alerts, receiver])).not.toContain('secret-path');
  expect(metrics).toContain(`lvscope_alerts_active ${firing.length}\n`);
  expect(metrics).toMatch(/^lvscope_alerts_queue_length\{receiver="nobody"\} [1-9]/m);
  expect(metrics).toContain('lvscope_alerts_notifications_total{receiver="nobody"} 0\n');
  expect(metrics).toContain('lvscope_alerts_suppressed_total{cause="silence"} 0\n');
});

describe('silences', () => {
  const post = (body: unknown) => app.inject({ method: 'POST', url: '/api/v1/silences', payload: body as object });

  test('are set, listed and ended', async () => {
    const set = await post({ match: { vrid: 51 }, for: '2h', comment: 'update' });
    expect(set.statusCode).toBe(200);
    const silence = set.json<Silence>();
    expect(silence).toMatchObject({ match: { vrid: [51] }, origin: 'api', active: true, comment: 'update' });
    expect(Date.parse(silence.to ?? '') - Date.parse(silence.from ?? '')).toBe(7_200_000);
    expect(await list<Silence>('silences')).toMatchObject([
      { id: silence.id },
      { id: 'file-1', origin: 'silence', active: true },
      { id: 'maintenance-night', origin: 'maintenance', from: null },
    ]);
    expect((await app.inject({ method: 'DELETE', url: `/api/v1/silences/${silence.id}` })).statusCode).toBe(200);
    expect(await list('silences')).toHaveLength(2);
    expect((await app.inject({ method: 'DELETE', url: `/api/v1/silences/${silence.id}` })).statusCode).toBe(404);
    expect((await app.inject({ method: 'DELETE', url: '/api/v1/silences/file-1' })).json()).toMatchObject({
      status: 409,
      code: 'fixed_silence',
    });
  });

  test.each([
    [{}, /match.*comment/],
    [{ match: { vrid: 0, kind: 'nothing' }, for: '2h', comment: 'x' }, /nothing is no kind.*vrid.*>= 1/],
    [{ match: {}, comment: 'x' }, /either to .* or for/],
    [{ match: {}, for: '2h', to: '2030-01-01T00:00:00Z', comment: 'x' }, /either to .* or for/],
    [{ match: {}, for: 'long', comment: 'x' }, /either to .* or for/],
    [{ match: {}, from: '2030-01-02T00:00:00Z', to: '2030-01-01T00:00:00Z', comment: 'x' }, /it ends before it begins/],
    [{ match: {}, for: '2h', comment: 'x', more: 1 }, /more is no key/],
  ])('%j is refused', async (body, detail) => {
    const answer = await post(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ detail: string }>().detail).toMatch(detail);
  });

  test('on the command line', async () => {
    const id = (await lvscope('silence', 'add', 'vrid=51,52', 'kind=vrrp.*', '--for', '90s', '--comment', 'by hand', '--url', url)).trim();
    const listed = await lvscope('silence', 'list', '--url', url);
    expect(listed).toContain(`${id}  active  `);
    expect(listed).toContain('vrid=51,52 kind=vrrp.*  # by hand');
    expect(listed.trimEnd().split('\n')).toHaveLength(3);
    expect(await lvscope('silence', 'end', id, '--url', url)).toBe('');
    expect(JSON.parse(await lvscope('silence', 'list', '--json', '--url', url))).toHaveLength(2);
    await expect(lvscope('silence', 'end', 'file-1', '--url', url)).rejects.toThrow(/stands in the configuration file/);
    await expect(lvscope('silence', 'add', 'vrid', '--for', '1h', '--comment', 'x', '--url', url)).rejects.toThrow(/vrid is no filter/);
  });
});

describe('alert test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscope-alert-test-'));
  afterAll(() => {
    process.exitCode = undefined;
    rmSync(folder, { recursive: true });
  });

  test('tells of each receiver whether it can be reached', async () => {
    const up = await sink();
    const path = join(folder, 'lvscope.yaml');
    writeFileSync(
      path,
      `alerts:
  receivers: [{name: up, webhook: {url: '${up.url}'}}, {name: down, slack: {url: 'http://127.0.0.1:9/x'}}]
  rules: []
`,
    );
    expect(await lvscope('alert', 'test', '--config', path)).toBe('up (webhook): ok\ndown (slack): HTTP is not spoken at that port\n');
    expect(process.exitCode).toBe(EXIT.fault);
    process.exitCode = undefined;
    expect(await lvscope('alert', 'test', '--config', path, '--receiver', 'up')).toBe('up (webhook): ok\n');
    expect(process.exitCode).toBeUndefined();
    expect(up.hooks.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual(['alert.test', 'alert.test']);
    await expect(lvscope('alert', 'test', '--config', path, '--receiver', 'nobody')).rejects.toThrow(/there is no receiver nobody/);
  });
});
