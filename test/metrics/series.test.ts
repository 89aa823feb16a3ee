/** Which series there are: formats, what comes and goes, what the server says of itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { LIVE_TIMING } from '../../src/http/live-hub.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { recorded } from '../http/recorded.ts';
import { type Serving, serving } from '../http/serving.ts';
import { recordV1 } from '../sync-message.ts';
import { watch } from '../watched.ts';
import { advert, at, LB1, LB2, sync } from '../wire-frames.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function metricsOf(monitor: Monitor, nowMicros = () => monitor.clock.nowMicros ?? 0) {
  return createMetrics({ monitor, nowMicros, capture: () => [], store: () => null, sensor: 'lab', version: '1' });
}

/** Lines of the samples of one metric. */
const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('formats', () => {
  test('both have the same samples, in any order of asking', async () => {
    const metrics = metricsOf(await recorded('split-brain'));
    const ours = (text: string) => text.split('\n').filter((line) => /^lvscope_(?!scrape_duration)/.test(line));
    const [text, open, again] = [
      await metrics.render(),
      await metrics.render('application/openmetrics-text'),
      await metrics.render('text/plain'),
    ];
    expect(ours(open)).toEqual(ours(text));
    expect(ours(again)).toEqual(ours(text));
    expect(open.endsWith('\n# EOF\n')).toBe(true);
    // OpenMetrics 1.0, "Counter": the family has no _total, its samples have.
    expect(open).toMatch(/^# TYPE lvscope_sync_messages counter$/m);
    expect(text).toMatch(/^# TYPE lvscope_sync_messages_total counter$/m);
  });

  test.each([
    [undefined, 'text/plain; version=0.0.4; charset=utf-8'],
    ['*/*', 'text/plain; version=0.0.4; charset=utf-8'],
    // What Prometheus 2.42 sends.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    ],
  ])('asked with Accept %s: %s', async (accept, type) => {
    const { app } = serving(await recorded('nat-v0'));
    closers.push(() => app.close());
    const answer = await app.inject({ url: '/metrics', headers: accept === undefined ? {} : { accept } });
    expect([answer.statusCode, answer.headers['content-type'], answer.headers.vary]).toEqual([200, type, expect.stringMatching(/accept/i)]);
  });
});

test('a real server without connections has its series for an hour after the last was made, and again with its next one', async () => {
  const { monitor } = watch([sync(0, { records: [recordV1({ timeout: 60 })] })]);
  let seconds = 0;
  const metrics = metricsOf(monitor, () => at(seconds));
  const active = async (now: number) => {
    seconds = now;
    monitor.advance(at(now));
    return linesOf(await metrics.render(), 'lvscope_service_active_connections').map((line) => line.split(' ').at(-1));
  };
  expect(await active(1)).toEqual(['1']);
  expect(await active(3599)).toEqual(['0']);
  expect(await active(3600)).toEqual([]);
  expect(linesOf(await metrics.render(), 'lvscope_service_new_connections_total')).toEqual([]);
  const { bindings } = monitor.sessions;
  bindings.created(bindings.all.length - 1, at(4000) / 1e6);
  expect(await active(4001)).toEqual(['0']);
});

test('a real server whose only connection is old has its series as long as that lives', async () => {
  const { monitor } = watch([sync(0, { records: [recordV1({ timeout: 90_000 })] })]);
  monitor.advance(at(80_000));
  expect(linesOf(await metricsOf(monitor, () => at(80_000)).render(), 'lvscope_service_active_connections')).toHaveLength(1);
});

test('lost sync datagrams have a series only where the sender numbers them', async () => {
  const { monitor } = watch([sync(0), sync(1), sync(2)]);
  expect(monitor.daemons.all).toHaveLength(1);
  const known = monitor.daemons.all[0];
  known.lostDatagrams = null;
  expect(linesOf(await metricsOf(monitor).render(), 'lvscope_sync_lost_datagrams_total')).toEqual([]);
  known.lostDatagrams = 3;
  expect(linesOf(await metricsOf(monitor).render(), 'lvscope_sync_lost_datagrams_total')).toEqual([
    'lvscope_sync_lost_datagrams_total{interface="eth0",vlan="",syncid="51"} 3',
  ]);
});

test('the latest failover of a virtual router: when, and how long nobody was master', async () => {
  const router = '{interface="eth0",vlan="",family="ipv4",vrid="51"}';
  const before = watch([advert(0), advert(1)]).monitor;
  expect(linesOf(await metricsOf(before).render(), 'lvscope_failover_gap_seconds')).toEqual([]);
  // Silent from 1 s on; then a handover without a gap, by priority.
  const dies = [advert(0), advert(1), advert(4.7, { from: LB2, priority: 90 }), advert(5.7, { from: LB2, priority: 90 })];
  const gap = await metricsOf(watch(dies).monitor).render();
  expect(linesOf(gap, 'lvscope_failover_gap_seconds')).toEqual([`lvscope_failover_gap_seconds${router} 3.7`]);
  expect(linesOf(gap, 'lvscope_failover_timestamp_seconds')).toEqual([`lvscope_failover_timestamp_seconds${router} ${at(4.7) / 1e6}`]);
  const taken = await metricsOf(watch([...dies, advert(6, { from: LB1, priority: 200 })]).monitor).render();
  expect(linesOf(taken, 'lvscope_failover_gap_seconds')).toEqual([`lvscope_failover_gap_seconds${router} 0`]);
});

test('the time that the last scrape took is there from the second one on', async () => {
  const metrics = metricsOf(await recorded('nat-v0'));
  expect(linesOf(await metrics.render(), 'lvscope_scrape_duration_seconds')).toEqual([]);
  const [line] = linesOf(await metrics.render(), 'lvscope_scrape_duration_seconds');
  expect(Number(line.split(' ')[1])).toBeGreaterThan(0);
});

describe('the server', () => {
  const shown = async ({ app }: Serving, name: string) => linesOf((await app.inject({ url: '/metrics' })).body, name);

  test('counts its answers by status code', async () => {
    const server = serving(await recorded('nat-v0'));
    closers.push(() => server.app.close());
    for (const url of ['/-/healthy', '/nothing', '/api/v1/connections?limit=x']) await server.app.inject({ url });
    expect(await shown(server, 'lvscope_http_requests_total')).toEqual([
      'lvscope_http_requests_total{code="200"} 1',
      'lvscope_http_requests_total{code="404"} 1',
      'lvscope_http_requests_total{code="400"} 1',
    ]);
  });

  test('counts live clients, and those it sends away', async () => {
    const server = serving(await recorded('nat-v0'), {}, { ...LIVE_TIMING, mostRequests: 2, pingMs: 30 });
    closers.push(() => server.app.close());
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const url = `${server.app.listeningOrigin.replace('http', 'ws')}/api/v1/live`;
    const [asks, sleeps] = [new WebSocket(url), new WebSocket(url, { autoPong: false })];
    await Promise.all([asks, sleeps].map((socket) => new Promise((open) => socket.once('open', open))));
    expect(await shown(server, 'lvscope_websocket_clients')).toEqual(['lvscope_websocket_clients 2']);
    for (let i = 0; i < 3; i++) asks.send('{}');
    await Promise.all([asks, sleeps].map((socket) => new Promise((closed) => socket.once('close', closed))));
    await sleep(50);
    expect(await shown(server, 'lvscope_websocket_clients')).toEqual(['lvscope_websocket_clients 0']);
    expect(await shown(server, 'lvscope_websocket_dropped_total')).toEqual([
      'lvscope_websocket_dropped_total{reason="slow"} 0',
      'lvscope_websocket_dropped_total{reason="silent"} 1',
      'lvscope_websocket_dropped_total{reason="requests"} 1',
    ]);
  });
});
