/** Names of other exporters: node_exporter's ipvs numbers against ipvsadm on the real load balancer, keepalived_exporter's by hand. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/metrics/registry.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { needs } from '../environment.ts';
import { looks, recorded } from '../http/recorded.ts';
import { CAPTURE } from '../http/serving.ts';
import { watch } from '../watched.ts';
import { advert, igmpQuery, join, LB1, LB2 } from '../wire-frames.ts';

function page(monitor: Monitor, compat = true): Promise<string> {
  const nowMicros = () => monitor.clock.nowMicros ?? 0;
  return createMetrics({ monitor, nowMicros, capture: () => [CAPTURE], store: () => null, sensor: 'lab', version: '1', compat }).render();
}

/** Samples of one metric, by their labels. */
async function samples(monitor: Monitor, name: string): Promise<Record<string, number>> {
  const lines = (await page(monitor)).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

test('are there only when they are asked for', async () => {
  const { monitor } = watch([advert(0)]);
  expect(await page(monitor)).toMatch(/^keepalived_vrrp_state\{/m);
  expect(await page(monitor, false)).not.toMatch(/^(node_ipvs|keepalived)_/m);
});

interface Backend {
  readonly labels: string;
  readonly active: number;
  readonly inactive: number;
}

/** What node_exporter makes of the same table: node_exporter collector/ipvs_linux.go, procfs ipvs.go, kernel `ip_vs_info_seq_show`. */
function backendsOf(output: string): Backend[] {
  let local = '';
  let kind = '';
  return output.split('\n').flatMap((line): Backend[] => {
    const [first, where = '', , , active, inactive] = line.trim().split(/\s+/);
    const [address, port] = where.split(':');
    if (first === 'TCP' || first === 'UDP') {
      local = `local_address="${address}",local_port="${port}"`;
      kind = `proto="${first}",local_mark=""`;
    }
    if (first === 'FWM') {
      local = 'local_address="",local_port="0"';
      kind = `proto="FWM",local_mark="${Number(where).toString(16).toUpperCase().padStart(8, '0')}"`;
    }
    if (first !== '->' || address === 'RemoteAddress') return [];
    const labels = `{${local},remote_address="${address}",remote_port="${port}",${kind}}`;
    return [{ labels, active: Number(active), inactive: Number(inactive) }];
  });
}

describe.each(['nat-v0', 'persistence-fwmark'])('ipvs of node_exporter, %s', (name) => {
  test.each(looks(name, 'ipvsadm -Ln --exact').map((look) => [look.t, look] as const))('at %d', async (t, look) => {
    const monitor = await recorded(name, t * 1e6);
    const expected = backendsOf(look.output);
    // A real server that never had a connection was never heard of.
    const nonZero = (counts: readonly (readonly [string, number])[]) => Object.fromEntries(counts.filter(([, count]) => count > 0));
    for (const kind of ['active', 'inactive'] as const) {
      const found = await samples(monitor, `node_ipvs_backend_connections_${kind}`);
      expect(nonZero(Object.entries(found))).toEqual(nonZero(expected.map((backend) => [backend.labels, backend[kind]])));
    }
  });
});

test('node_ipvs_connections_total counts connections, not templates', async () => {
  const monitor = await recorded('persistence-fwmark');
  const templates = monitor.sessions.bindings.all.reduce((sum, b) => sum + (b.template ? b.created : 0), 0);
  expect(templates).toBeGreaterThan(0);
  expect(await samples(monitor, 'node_ipvs_connections_total')).toEqual({ '': monitor.sessions.counters.created - templates });
});

describe('keepalived_exporter', () => {
  const ABOUT = 'iname="ipv4-51",intf="eth0",vrid="51"';
  const [ONE, TWO] = [`${ABOUT},router="${LB1.address}"`, `${ABOUT},router="${LB2.address}"`];
  // LB1 is master and resigns, LB2 takes over; one advert with TTL 64, which keepalived drops and counts.
  const FRAMES = [
    advert(0),
    advert(1),
    advert(2, { priority: 0 }),
    advert(2.6, { from: LB2, priority: 90 }),
    advert(3.6, { from: LB2, priority: 90 }),
    advert(3.7, { from: LB2, priority: 90, ttl: 64 }),
  ];

  test('adverts and changes of master', async () => {
    const { monitor } = watch(FRAMES);
    const total = (name: string) => samples(monitor, `keepalived_${name}_total`);
    expect(await total('advertisements_sent')).toEqual({ [`{${ONE}}`]: 3, [`{${TWO}}`]: 2 });
    expect(await total('priority_zero_sent')).toEqual({ [`{${ONE}}`]: 1, [`{${TWO}}`]: 0 });
    expect(await total('advertisements_received')).toEqual({ [`{${ABOUT}}`]: 5 });
    expect(await total('priority_zero_received')).toEqual({ [`{${ABOUT}}`]: 1 });
    expect(await total('become_master')).toEqual({ [`{${ABOUT}}`]: 1 });
    expect(await total('ip_ttl_errors')).toEqual({ [`{${ABOUT}}`]: 1 });
    expect(await total('invalid_type_received')).toEqual({ [`{${ABOUT}}`]: 0 });
  });

  test('state: MASTER is 2, BACKUP is 1, and who may have gone has none', async () => {
    const state = (router: string) => `{iname="ipv4-51",intf="eth0",vrid="51",router="${router}",ip_address="10.0.0.100"}`;
    // LB1 resigned and was not heard since: whether it is a backup now cannot be told.
    expect(await samples(watch(FRAMES).monitor, 'keepalived_vrrp_state')).toEqual({ [state(LB2.address)]: 2 });
    const joined = watch([...FRAMES, igmpQuery(4, {}), join(5, '224.0.0.18', { from: LB1 })]);
    expect(await samples(joined.monitor, 'keepalived_vrrp_state')).toEqual({ [state(LB1.address)]: 1, [state(LB2.address)]: 2 });
  });
});

describe.skipIf(needs('promtool'))('promtool', () => {
  test.each(['nat-v0', 'ipv6-v1', 'active-active', 'persistence-fwmark', 'vrrp-zoo'])('finds nothing to say about %s', async (name) => {
    const text = await page(await recorded(name));
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  });
});
