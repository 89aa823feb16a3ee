/** What an operator reads on a terminal: who, what, since when, and what to do. */

import { join as joinPath } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { anomalyLines } from '../../src/cli/anomaly-text.ts';
import { failoverLines } from '../../src/cli/failover-text.ts';
import { createOutput } from '../../src/cli/output.ts';
import { groupLines, neighborLines } from '../../src/cli/tables.ts';
import { statusText } from '../../src/cli/text.ts';
import { showView, VIEWS } from '../../src/cli/views.ts';
import { anomaliesOf } from '../../src/contract/anomaly.ts';
import { failoversOf } from '../../src/contract/failover.ts';
import { groupsOf } from '../../src/contract/group.ts';
import { neighborsOf } from '../../src/contract/neighbor.ts';
import { statusOf } from '../../src/contract/status.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { RULES } from '../../src/state/rules/all.ts';
import { FIXTURES } from '../environment.ts';
import { CAPTURE } from '../http/serving.ts';
import { type Watched, watch, watchRecording } from '../watched.ts';
import { advert, arp, at, gratuitousArp, HOST, igmpQuery, join, LB1, LB2, leave, VIP } from '../wire-frames.ts';

const cells = (line: string): string[] => line.trim().split(/ {2,}/);

/** A forged advert at 3 s, which ends 60 s later. */
const forged = [advert(0), advert(1), advert(2), advert(3, { from: HOST, ttl: 64, vlan: 7 })];
const forgeries = ({ monitor }: Watched) => anomaliesOf(monitor, [CAPTURE]).filter(({ kind }) => kind === 'vrrp.ttl');
const ttl = RULES.find(({ kind }) => kind === 'vrrp.ttl');

describe('anomalies', () => {
  test('what is wrong comes first, with what it means and what to do below it', () => {
    const [title, head, row, meaning, advice] = anomalyLines(forgeries(watch(forged)));
    expect(title).toBe('raised: 1');
    expect(cells(head)).toEqual(['severity', 'kind', 'who', 'count', 'since', 'what was seen']);
    expect(cells(row).slice(0, 5)).toEqual([
      'warning',
      'vrrp.ttl',
      `VRID 51 (IPv4), ${HOST.address}, ${HOST.mac}, eth0, VLAN 7`,
      '1',
      '2026-11-21 00:00:03Z',
    ]);
    expect(cells(row)[5]).toMatch(/64/);
    expect(meaning).toBe(`    meaning: ${ttl?.meaning}`);
    expect(advice).toBe(`    advice:  ${ttl?.advice}`);
  });

  test('what has ended says when', () => {
    const minute = Array.from({ length: 70 }, (_, i) => advert(3 + i));
    const lines = anomalyLines(forgeries(watch([...forged, ...minute])));
    expect(lines[0]).toBe('ended: 1');
    // 60 s after it was found last, as its rule says.
    expect(cells(lines[2]).slice(3, 6)).toEqual(['1', '2026-11-21 00:00:03Z', '2026-11-21 00:01:03Z']);
  });

  test('what cannot be told stands by its reason, each reason once', () => {
    const lines = anomalyLines(anomaliesOf(watch([advert(0)]).monitor, []));
    const expected = RULES.filter(({ needs }) => needs.includes('expected')).map(({ kind }) => kind);
    const reason = lines.findIndex((line) => line.startsWith('no expected state is configured'));
    expect(lines[reason + 1].trim().split('; ')).toEqual(expected);
    expect(lines.filter((line) => line === lines[reason])).toHaveLength(1);
    expect(lines.some((line) => line.startsWith('raised'))).toBe(false);
  });

  test('none', () => {
    expect(anomalyLines([])).toEqual(['no anomaly']);
  });
});

test('neighbors: who has an address, and who had it until when', () => {
  const { monitor } = watch([advert(0), gratuitousArp(1, LB1.mac), gratuitousArp(3, LB2.mac), arp(4)]);
  const [head, vip, host] = neighborLines(neighborsOf(monitor)).map(cells);
  expect(head).toEqual(['address', 'mac', 'vip', 'interface', 'vlan', 'claims', 'announced', 'since', 'last seen', 'changes', 'before']);
  const moved = [VIP, LB2.mac, 'vip', 'eth0', '-', '1', '1', '2026-11-21 00:00:03Z', '2026-11-21 00:00:03Z', '1'];
  expect(vip).toEqual([...moved, `${LB1.mac} until 2026-11-21 00:00:01Z`]);
  expect(host).toEqual([HOST.address, HOST.mac, '-', 'eth0', '-', '1', '0', '2026-11-21 00:00:04Z', '2026-11-21 00:00:04Z', '0', '-']);
});

test('groups: a line for each member, one for a group without', () => {
  const { monitor } = watch([join(1, '224.0.0.18'), join(1, '224.0.0.81'), leave(2, '224.0.0.81'), igmpQuery(3, { from: LB1 })]);
  const [head, ...rows] = groupLines(groupsOf(monitor)).map(cells);
  expect(head).toEqual(['group', 'interface', 'vlan', 'member', 'mac', 'version', 'since', 'last seen', 'expires', 'asked by']);
  // 260 s after the query: RFC 3376 section 8.4.
  const times = ['2026-11-21 00:00:01Z', '2026-11-21 00:00:01Z', '2026-11-21 00:04:23Z'];
  expect(rows).toEqual([
    ['224.0.0.18', 'eth0', '-', LB2.address, LB2.mac, 'v3', ...times, LB1.address],
    ['224.0.0.81', 'eth0', '-', 'none', '-', '-', '-', '-', '-', LB1.address],
  ]);
});

describe('failovers', () => {
  // LB1 is heard last at 9 s; with priority 90 the backup waits 3 s + (256 - 90) / 256 s (RFC 3768 section 6.1).
  const before = Array.from({ length: 10 }, (_, i) => advert(i, { addresses: [VIP, '10.0.0.101'] }));
  const after = Array.from({ length: 10 }, (_, i) => advert(12.65 + i, { from: LB2, priority: 90, addresses: [VIP, '10.0.0.101'] }));
  const { monitor } = watch([...before, ...after.slice(0, 1), gratuitousArp(12.7, LB2.mac), ...after.slice(1)]);
  const lines = failoverLines(failoversOf(monitor));

  test('say who took over, why, how long nobody was master, and which address was not announced', () => {
    expect(lines[0]).toBe(`2026-11-21 00:00:12Z  VRID 51 (IPv4) on eth0: ${LB1.address} -> ${LB2.address}, no_response`);
    expect(lines).toContain('  no master      for 3.65 s');
    expect(lines).toContain(`  announced      ${VIP} after 50 ms, 10.0.0.101 NOT SEEN`);
    expect(lines).toContain('  sessions       0 before: 0 seen again, 0 moved, 0 lost, 0 not seen again yet');
    expect(lines).toContain('  sync sender    none was sent since');
  });

  test('tell everything in its order, by how long before or after the change', () => {
    const timeline = lines.slice(lines.indexOf('  timeline') + 1);
    const change = timeline.find((line) => line.includes('vrrp.master_change'));
    expect(change).toMatch(/^ +\+0\.000 s {2}vrrp\.master_change: VRID 51/);
    const offsets = timeline.map((line) => Number.parseFloat(line));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  test('are apart by an empty line; none is said to be none', () => {
    const report = failoversOf(monitor)[0];
    expect(failoverLines([report, report])).toEqual([...lines, '', ...lines]);
    expect(failoverLines([])).toEqual(['no failover']);
  });
});

test('status counts what is wrong, and names lists that ran full only when they did', () => {
  const { monitor } = watch(forged);
  const status = { ...statusOf(monitor, at(3)), anomalies: { critical: 1, warning: 22, info: 3 } };
  const lines = statusText(status);
  expect(lines).toContain('anomalies      1 critical, 22 warning, 3 info');
  expect(lines.join('\n')).not.toMatch(/no room|not logged/);
  const full = statusText({ ...status, suppressedEvents: 7, overflows: { ...status.overflows, neighbors: 3 } }).join('\n');
  expect(full).toMatch(/7 not logged/);
  expect(full).toMatch(/ 3 {2}neighbors/);
  expect(full).not.toMatch(/ 0 {2}segments/);
});

async function shown(view: (typeof VIEWS)[number], monitor: Monitor, json: boolean): Promise<string> {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  const asOf = monitor.clock.nowMicros ?? 0;
  await showView(view, monitor, asOf, { json, persistentConn: false }, createOutput(stream as unknown as NodeJS.WriteStream));
  return Buffer.concat(parts).toString();
}

describe('replay --show', () => {
  const { monitor } = watchRecording(joinPath(FIXTURES, 'captures', 'split-brain.pcap'));

  test.each(VIEWS)('%s as text and as JSON', async (view) => {
    const text = await shown(view, monitor, false);
    expect(text).toMatch(/\S.*\n$/s);
    expect(text).not.toMatch(/undefined|NaN|\[object|null/);
    const json = JSON.parse(await shown(view, monitor, true)) as unknown;
    expect(Array.isArray(json)).toBe(view !== 'status');
  });
});
