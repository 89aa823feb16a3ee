/** The text that Prometheus scrapes: what promtool says of it, and its numbers against ipvsadm's on the real load balancer. */
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { createMetrics, MOST_SERIES } from '../../src/metrics/registry.ts';
import { createMonitor } from '../../src/state/monitor.ts';
import { crowd } from '../contract/crowd.ts';
import { needs } from '../environment.ts';
import { looks, recorded } from '../http/recorded.ts';
import { CAPTURE } from '../http/serving.ts';

const store = () => ({ lagSeconds: 0.25, writeErrors: 1, lostEvents: 0, octets: 4096 });
const about = { capture: () => [CAPTURE], store, sensor: 'rack "7"\n', version: '1.2.3' };

/** Samples as `name{labels}` to value. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const sumOf = (text: string, name: string): number =>
  [...samples(text)].filter(([series]) => series === name || series.startsWith(`${name}{`)).reduce((sum, [, value]) => sum + value, 0);

/** Sums of the last two columns over all real servers. */
function connectionsOf(output: string): { active: number; inactive: number } {
  const rows = output
    .split('\n')
    .filter((line) => line.trim().startsWith('->') && !line.includes('Remote'))
    .map((line) => line.trim().split(/\s+/));
  return {
    active: rows.reduce((sum, row) => sum + Number(row[4]), 0),
    inactive: rows.reduce((sum, row) => sum + Number(row[5]), 0),
  };
}

describe.skipIf(needs('promtool'))('promtool', () => {
  test.each(['nat-v0', 'ipv6-v1', 'active-active', 'persistence-fwmark', 'crafted', 'misconfigured', 'vrrp-zoo'])(
    'finds nothing to say about %s',
    async (name) => {
      const monitor = await recorded(name);
      const text = await createMetrics({ ...about, monitor, nowMicros: () => monitor.clock.nowMicros ?? 0 }).render();
      expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
    },
  );

  test('finds nothing to say before the first frame', async () => {
    const monitor = createMonitor({ maxSessions: 10, trackChanges: false });
    const text = await createMetrics({ ...about, monitor, nowMicros: () => 0, capture: () => [], store: () => null }).render();
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  });
});

describe('numbers', () => {
  // The same verdicts as in test/state/readiness.test.ts.
  test.each([
    ['sip-pe-and-ftp', [1]],
    ['misconfigured', [0, 0, 0, 0]],
    ['active-active', []],
  ])('whether a failover keeps the sessions, in %s', async (name, expected) => {
    const monitor = await recorded(name);
    const text = await createMetrics({ ...about, monitor, nowMicros: () => monitor.clock.nowMicros ?? 0 }).render();
    const found = [...samples(text)].filter(([series]) => series.startsWith('lvscope_vrrp_failover_keeps_sessions{'));
    expect(found.map(([, value]) => value)).toEqual(expected);
  });

  test.each(looks('nat-v0', 'ipvsadm -Ln --exact').map((look) => [look.t, look] as const))(
    'services at %d are those that ipvsadm counted',
    async (t, look) => {
      const monitor = await recorded('nat-v0', t * 1e6);
      const text = await createMetrics({ ...about, monitor, nowMicros: () => t * 1e6 }).render();
      const { active, inactive } = connectionsOf(look.output);
      expect(sumOf(text, 'lvscope_service_active_connections')).toBe(active);
      expect(sumOf(text, 'lvscope_service_inactive_connections')).toBe(inactive);
    },
  );

  test.each(looks('nat-v0', 'ipvsadm -Lnc').map((look) => [look.t, look] as const))(
    'connections at %d by protocol and state',
    async (t, look) => {
      const monitor = await recorded('nat-v0', t * 1e6);
      const found = samples(await createMetrics({ ...about, monitor, nowMicros: () => t * 1e6 }).render());
      const expected = new Map<string, number>();
      for (const line of look.output.trim().split('\n').slice(2)) {
        const [proto, , state] = line.trim().split(/\s+/);
        const series = `lvscope_connections{proto="${proto.toLowerCase()}",state="${state}"}`;
        expected.set(series, (expected.get(series) ?? 0) + 1);
      }
      for (const [series, value] of found)
        if (series.startsWith('lvscope_connections{')) expect([series, value]).toEqual([series, expected.get(series) ?? 0]);
      for (const series of expected.keys()) expect(found.has(series)).toBe(true);
    },
  );

  test('the table, by protocol and state and by template, adds up to all of it', async () => {
    const monitor = crowd(3000, 5);
    const text = await createMetrics({ ...about, monitor, nowMicros: () => monitor.clock.nowMicros ?? 0 }).render();
    expect(sumOf(text, 'lvscope_connections') + sumOf(text, 'lvscope_connection_templates')).toBe(monitor.sessions.live);
  });
});

describe('a text', () => {
  let text = '';
  let found = new Map<string, number>();
  beforeAll(async () => {
    const monitor = await recorded('split-brain');
    text = await createMetrics({ ...about, monitor, nowMicros: () => monitor.clock.nowMicros ?? 0 }).render();
    found = samples(text);
  });

  test('says which sensor and program it is of, with labels escaped', () => {
    expect(found.get('lvscope_sensor_info{sensor="rack \\"7\\"\\n"}')).toBe(1);
    expect(found.get(`lvscope_build_info{version="1.2.3",nodeversion="${process.version}"}`)).toBe(1);
  });

  test('has a series for a count that is known, none for one that is not', () => {
    expect(found.get('lvscope_capture_dropped_packets_total{interface="eth0",cause="kernel"}')).toBe(3);
    expect(found.get('lvscope_capture_dropped_packets_total{interface="eth0",cause="interface"}')).toBe(0);
    expect(text).not.toContain('cause="queue"');
    expect(found.get('lvscope_store_lag_seconds')).toBe(0.25);
    expect(found.get('lvscope_interface_up{interface="eth0"}')).toBe(1);
    expect(found.get('lvscope_capture_last_packet_timestamp_seconds{interface="eth0"}')).toBe(Date.UTC(2026, 10, 21, 5, 24) / 1000);
  });

  test('without a store has no series of it', async () => {
    const monitor = createMonitor({ maxSessions: 10, trackChanges: false });
    const without = await createMetrics({ ...about, monitor, nowMicros: () => 0, store: () => null }).render();
    expect([...samples(without).keys()].filter((series) => series.startsWith('lvscope_store'))).toEqual([]);
  });

  test('tells masters and why they changed', () => {
    const series = [...found.keys()].filter((name) => name.startsWith('lvscope_vrrp'));
    for (const name of ['master_info', 'state', 'priority', 'last_advert_timestamp_seconds', 'transitions_total'])
      expect(series.some((s) => s.startsWith(`lvscope_vrrp_${name}{`))).toBe(true);
  });

  test('is the same again, nothing added up twice', async () => {
    const monitor = await recorded('nat-v0');
    const metrics = createMetrics({ ...about, monitor, nowMicros: () => monitor.clock.nowMicros ?? 0 });
    const ours = (all: string) =>
      [...samples(all)].filter(([series]) => series.startsWith('lvscope_') && series !== 'lvscope_scrape_duration_seconds');
    const first = ours(await metrics.render());
    expect(ours(await metrics.render())).toEqual(first);
    expect(first.length).toBeGreaterThan(40);
  });
});

test('labels are bounded, and what is left out is counted', async () => {
  const monitor = createMonitor({ maxSessions: 10_000, trackChanges: false });
  const { bindings } = monitor.sessions;
  for (let i = 0; i < MOST_SERIES + 500; i++) {
    const key = {
      segment: 0,
      proto: 6,
      virtual: 0x0a000001 + i,
      virtualPort: 80,
      fwmark: 0,
      destination: 0x0a010001,
      destinationPort: 80,
      forward: 0,
      template: false,
    };
    bindings.find(key, 0, true);
  }
  monitor.segments.find('eth0', null);
  const text = await createMetrics({ ...about, monitor, nowMicros: () => 0 }).render();
  expect([...samples(text).keys()].filter((series) => series.startsWith('lvscope_service_active_connections{')).length).toBe(MOST_SERIES);
  expect(samples(text).get('lvscope_metric_series_dropped{metric="lvscope_service_active_connections"}')).toBe(500);
});

test('no label is a client address', async () => {
  const monitor = await recorded('nat-v0');
  const text = await createMetrics({ ...about, monitor, nowMicros: () => monitor.clock.nowMicros ?? 0 }).render();
  const clients = looks('nat-v0', 'ipvsadm -Lnc').flatMap(({ output }) =>
    output
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.trim().split(/\s+/)[3].split(':')[0]),
  );
  expect(clients.length).toBeGreaterThan(0);
  for (const client of new Set(clients)) expect(text).not.toMatch(new RegExp(`"${client.replaceAll('.', '\\.')}[":]`));
});
