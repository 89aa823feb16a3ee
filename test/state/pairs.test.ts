/**
 * Real keepalived pairs with odd configurations, and FRR's vrrpd beside one (recorded by test/oracle/record-keepalived.py): what the
 * configuration makes wrong is found, and nothing else above `info`; masters change when keepalived's own log says so.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { FIXTURES } from '../environment.ts';

const FOLDER = join(FIXTURES, 'keepalived');

function watched(name: string): Monitor {
  const monitor = createMonitor({ maxSessions: 1000, trackChanges: false });
  const frame = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
  const stream = new PcapStream({ name, frame });
  stream.push(readFileSync(join(FOLDER, `${name}.pcap`)));
  expect(stream.end()).toBeNull();
  monitor.advance(monitor.clock.nowMicros ?? 0);
  return monitor;
}

/** Kinds that were raised at any time: those above `info`, and of the others the ones asked for. */
function found(monitor: Monitor, asked: readonly string[]): string[] {
  const raised = monitor.anomalies.all.filter(
    ({ kind, severity, firstMicros }) => (severity !== 'info' || asked.includes(kind)) && firstMicros !== null,
  );
  return [...new Set(raised.map(({ kind }) => kind))].sort();
}

/** keepalived was stopped there, and its host has told so. */
const STOPPED = 'igmp.leave_backup';

/** [recording, what it must find, what follows from that and may be found as well] */
const CASES: readonly [string, readonly string[], readonly string[]][] = [
  ['healthy', [], []],
  ['healthy-v3-ipv6', [], []],
  ['frr-and-keepalived', [], []],
  ['virtual-mac', [], []],
  // lb1 was master for 2 s when its cable was pulled.
  ['killed-group-member', ['vrrp.short_master'], []],
  // Both time out at once and have the same priority: the higher address stays, until it is stopped.
  ['equal-priority', ['vrrp.equal_priority'], ['vrrp.short_master']],
  ['two-owners', ['vrrp.dup_owner'], ['vrrp.equal_priority', 'vrrp.short_master']],
  ['interval-v3', ['vrrp.interval_mismatch'], []],
  ['auth-type', ['vrrp.auth_type'], ['vrrp.two_masters', 'vrrp.short_master', 'vrrp.flap', 'arp.garp_stale', 'vrrp.late_advert']],
  ['auth-ah-and-pass', ['vrrp.auth_type', 'vrrp.two_masters'], ['arp.garp_stale', 'vrrp.flap']],
  ['virtual-mac-on-one', ['vrrp.src_mac'], []],
  ['nopreempt', ['vrrp.inferred_nopreempt'], []],
  [
    'two-clusters',
    ['vrrp.vrid_conflict'],
    ['vrrp.vip_list', 'vrrp.two_masters', 'vrrp.short_master', 'arp.garp_stale', 'vrrp.flap', 'arp.garp_missing'],
  ],
  ['address-twice', ['vrrp.vip_overlap'], ['arp.garp_stale', 'arp.vip_wrong_mac', 'arp.conflict']],
  ['many-announcements', ['arp.garp_storm'], []],
  ['other-group', ['vrrp.group_odd'], []],
  ['stalled', ['vrrp.late_advert'], []],
  ['flapping', ['vrrp.flap'], ['vrrp.short_master']],
  ['part-company', ['vrrp.group_split'], []],
];

test.each(CASES)('%s: %j', (name, must, may) => {
  const kinds = found(watched(name), must);
  expect(kinds).toEqual(expect.arrayContaining([...must]));
  expect(kinds.filter((kind) => !must.includes(kind) && !may.includes(kind) && kind !== STOPPED)).toEqual([]);
});

describe('masters change when the log says so', () => {
  const HOSTS: Readonly<Record<string, string>> = { lb1: '.11', lb2: '.12' };
  /** keepalived writes whole seconds. */
  const TOLERANCE_SECONDS = 1.5;

  function logged(name: string): { host: string; seconds: number }[] {
    const { keepalived_log } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as { keepalived_log: Record<string, string> };
    return Object.entries(keepalived_log).flatMap(([host, log]) =>
      [...log.matchAll(/^(.{24}): \(\w+\) Entering MASTER STATE$/gm)].map(([, time]) => ({
        host,
        seconds: Date.parse(`${time} UTC`) / 1000,
      })),
    );
  }

  test.each(['healthy', 'virtual-mac', 'virtual-mac-on-one', 'killed-group-member', 'nopreempt', 'flapping', 'stalled', 'interval-v3'])(
    '%s',
    (name) => {
      const left = logged(name);
      const changes = watched(name).events.recent.filter(({ kind }) => kind === 'vrrp.master_change');
      for (const { to, atMicros } of changes) {
        const i = left.findIndex(
          ({ host, seconds }) => to?.endsWith(HOSTS[host]) && Math.abs(seconds + 0.5 - atMicros / 1_000_000) <= TOLERANCE_SECONDS,
        );
        expect(i, `${to} at ${atMicros}`).not.toBe(-1);
        left.splice(i, 1);
      }
      expect(left).toEqual([]);
    },
  );
});
