/** What is wrong, who listens, who announces, and how punctual adverts are, as Prometheus scrapes it. */
import { describe, expect, test } from 'vitest';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { RULES } from '../../src/state/rules/all.ts';
import { CAPTURE } from '../http/serving.ts';
import { watch } from '../watched.ts';
import { advert, at, gratuitousArp, HOST, igmpQuery, join, LB1, LB2, sync } from '../wire-frames.ts';

/** Samples of one metric, by their labels. */
async function samples(monitor: Monitor, name: string, captures: CaptureStatus[] = [CAPTURE]): Promise<Record<string, number>> {
  const nowMicros = () => monitor.clock.nowMicros ?? 0;
  const about = { capture: () => captures, store: () => null, sensor: 'lab', version: '1' };
  const text = await createMetrics({ ...about, monitor, nowMicros }).render();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const steady = (seconds: number) => Array.from({ length: seconds }, (_, i) => advert(i));
const severityOf = (kind: string) => RULES.find((rule) => rule.kind === kind)?.severity;
const active = (kind: string) => `{kind="${kind}",severity="${severityOf(kind)}"}`;

describe('lvscope_anomalies_active', () => {
  const NAME = 'lvscope_anomalies_active';

  test('counts who is concerned by each kind, 0 where nobody is', async () => {
    const { monitor } = watch([...steady(5), advert(5, { from: HOST, ttl: 64 }), advert(5.1, { from: HOST, ttl: 64, vrid: 52 })]);
    const found = await samples(monitor, NAME);
    expect(found[active('vrrp.ttl')]).toBe(2);
    expect(found[active('vrrp.dup_owner')]).toBe(0);
  });

  test('goes back to 0 when it has ended', async () => {
    const { monitor } = watch([...steady(5), advert(5, { from: HOST, ttl: 64 }), ...Array.from({ length: 70 }, (_, i) => advert(6 + i))]);
    expect((await samples(monitor, NAME))[active('vrrp.ttl')]).toBe(0);
  });

  test('has no series for what cannot be told, and none for what has no duration', async () => {
    const { monitor } = watch(steady(70));
    const found = await samples(monitor, NAME);
    // Nobody asks for memberships, and nothing is expected.
    expect(found).not.toHaveProperty([active('vrrp.no_backup')]);
    expect(Object.keys(found).filter((labels) => labels.includes('expected.'))).toEqual([]);
    expect(found[active('sniff.drops')]).toBe(0);
    for (const { kind } of RULES.filter(({ form }) => form === 'notice')) expect(found).not.toHaveProperty([active(kind)]);
    // Of a file nobody can say whether frames were lost when it was made.
    expect(await samples(monitor, NAME, [{ ...CAPTURE, kind: 'file' }])).not.toHaveProperty([active('sniff.drops')]);
  });

  test('has a series for what is raised, though it could not be found here', async () => {
    const { monitor } = watch(steady(5));
    const drops = RULES.find(({ kind }) => kind === 'sniff.drops');
    if (drops) monitor.anomalies.raise(drops, { atMicros: at(4), subject: {}, text: 'lost', frames: [] });
    expect((await samples(monitor, NAME, []))[active('sniff.drops')]).toBe(1);
  });
});

describe('lvscope_group_members', () => {
  const NAME = 'lvscope_group_members';
  const VRRP = '{group="224.0.0.18",interface="eth0",vlan=""}';
  const SYNC = '{group="224.0.0.81",interface="eth0",vlan=""}';

  test('counts listeners to the groups that are in use, and to no other', async () => {
    const { monitor } = watch([
      ...steady(3),
      sync(3),
      join(4, '224.0.0.18'),
      join(4, '224.0.0.18', { from: LB1 }),
      join(4, '224.0.0.81'),
      join(4, '239.1.1.1'),
    ]);
    expect(await samples(monitor, NAME)).toEqual({ [VRRP]: 2, [SYNC]: 1 });
  });

  test('is absent for a group without listeners while nobody asks, 0 when they were asked and did not answer', async () => {
    expect(await samples(watch([...steady(3), sync(3)]).monitor, NAME)).toEqual({});
    // Two intervals of 125 s (RFC 3376 section 8.2) with an answer of somebody, then it is known.
    const asked = Array.from({ length: 4 }, (_, i) => [igmpQuery(125 * i, { from: HOST }), join(125 * i + 2, '239.1.1.1')]).flat();
    const frames = [...asked, ...steady(380), sync(379)].sort((a, b) => a.atMicros - b.atMicros);
    expect(await samples(watch(frames).monitor, NAME)).toEqual({ [VRRP]: 0, [SYNC]: 0 });
  });
});

const ROUTER = 'interface="eth0",vlan="",family="ipv4",vrid="51"';

test('lvscope_vrrp_late_adverts_total counts by how late', async () => {
  // Gaps of 1, 1.4 (on time), 1.6, 2.5 and 3.5 intervals.
  const { monitor } = watch([0, 1, 2.4, 4, 6.5, 10].map((seconds) => advert(seconds)));
  expect(await samples(monitor, 'lvscope_vrrp_late_adverts_total')).toEqual({
    [`{${ROUTER},level="1"}`]: 3,
    [`{${ROUTER},level="2"}`]: 2,
    [`{${ROUTER},level="3"}`]: 1,
  });
});

test('lvscope_vrrp_advert_jitter_seconds: RFC 3550 section 6.4.1, a sixteenth of each deviation', async () => {
  expect(await samples(watch(steady(5)).monitor, 'lvscope_vrrp_advert_jitter_seconds')).toEqual({ [`{${ROUTER}}`]: 0 });
  const { monitor } = watch([advert(0), advert(1), advert(2.16)]);
  expect((await samples(monitor, 'lvscope_vrrp_advert_jitter_seconds'))[`{${ROUTER}}`]).toBeCloseTo(0.01, 6);
});

test('lvscope_arp_announcements_total counts those of virtual addresses, whoever made them', async () => {
  const { monitor } = watch([
    advert(0),
    gratuitousArp(1, LB1.mac),
    gratuitousArp(2, LB1.mac),
    gratuitousArp(3, LB2.mac),
    gratuitousArp(4, HOST.mac, HOST.address),
  ]);
  expect(await samples(monitor, 'lvscope_arp_announcements_total')).toEqual({ [`{${ROUTER}}`]: 3 });
});

test('lvscope_events_suppressed_total counts events beyond 120 of a kind in a minute', async () => {
  const forged = Array.from({ length: 150 }, (_, i) => advert(1 + i / 10, { from: { address: `10.0.1.${i}`, mac: HOST.mac }, ttl: 64 }));
  const { monitor } = watch(forged);
  expect(await samples(monitor, 'lvscope_events_suppressed_total')).toEqual({ '': monitor.checks.suppressed });
  expect(monitor.checks.suppressed).toBe(30);
});

test('lvscope_vrrp_transitions_total counts every reason from 0 on', async () => {
  const { monitor } = watch([advert(0), advert(1), advert(2, { priority: 0 }), advert(2.7, { from: LB2, priority: 90 })]);
  const counts = { first_seen: 1, resigned: 1, preempted: 0, no_response: 0, tie: 0, two_masters_resolved: 0 };
  expect(await samples(monitor, 'lvscope_vrrp_transitions_total')).toEqual(
    Object.fromEntries(Object.entries(counts).map(([reason, count]) => [`{${ROUTER},reason="${reason}"}`, count])),
  );
});

test('lvscope_sync_sender_info names the latest sender of each syncid', async () => {
  const { monitor } = watch([sync(0), sync(0, { syncid: 7 }), sync(1, { from: LB2 })]);
  const where = 'interface="eth0",vlan=""';
  expect(await samples(monitor, 'lvscope_sync_sender_info')).toEqual({
    [`{${where},syncid="51",address="${LB2.address}"}`]: 1,
    [`{${where},syncid="7",address="${LB1.address}"}`]: 1,
  });
});
