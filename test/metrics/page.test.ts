/** docs/metrics.md, which is made from the metrics themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { metricsPage } from '../../scripts/docs-metrics.js';
import { createMetrics } from '../../src/metrics/registry.ts';
import { createMonitor } from '../../src/state/monitor.ts';
import { ROOT } from '../environment.ts';
import { recorded } from '../http/recorded.ts';

const about = { nowMicros: () => 0, capture: () => [], store: () => null, sensor: '', version: '', compat: true };
const families = createMetrics({ ...about, monitor: createMonitor({ maxSessions: 1, trackChanges: false }) }).families();
const page = metricsPage(families);
const ours = families.filter(({ name }) => !/^(process|nodejs)_/.test(name));

test('docs/metrics.md is what npm run docs writes', () => {
  expect(readFileSync(join(ROOT, 'docs', 'metrics.md'), 'utf8')).toBe(page);
});

test('has every metric once, with a meaning', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (counter|gauge) \| .+ \| (.+) \|$/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual(ours.map(({ name }) => name).sort());
});

test('names every label that a series has', async () => {
  const monitor = await recorded('split-brain');
  const text = await createMetrics({ ...about, monitor }).render();
  const labels = new Map(families.map((family) => [family.name, new Set(family.labels)]));
  for (const [, name, shown] of text.matchAll(/^((?:lvscope|node_ipvs|keepalived)_\w+)\{(.*)\} /gm))
    for (const [, label] of shown.matchAll(/(\w+)="/g)) expect([name, label, labels.get(name)?.has(label)]).toEqual([name, label, true]);
});

/** Section "Metrics" of the design page, and A1 of the ecosystem page, by the names they have here. */
const PLANNED = `connections service_active_connections service_inactive_connections sync_messages_total sync_records_total sync_bytes_total
  sync_lost_datagrams_total sync_last_message_timestamp_seconds vrrp_master_info vrrp_state vrrp_transitions_total
  vrrp_last_advert_timestamp_seconds vrrp_priority arp_announcements_total group_members anomalies_active dissect_faults_total
  capture_packets_total capture_bytes_total capture_dropped_packets_total capture_last_packet_timestamp_seconds capture_restarts_total
  interface_up store_lag_seconds sensor_info build_info connections_limit store_size_bytes store_write_errors_total
  websocket_clients websocket_dropped_total`;

test('has all that was planned', () => {
  const names = new Set(families.map(({ name }) => name));
  expect(PLANNED.split(/\s+/).filter((name) => !names.has(`lvscope_${name}`))).toEqual([]);
});

test("has the process metrics of the client library, without the three gauges whose names end like a counter's", () => {
  const names = families.map(({ name }) => name);
  expect(names).toContain('process_resident_memory_bytes');
  expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(names.filter((name) => /^nodejs_active_\w+_total$/.test(name))).toEqual([]);
});
