/** Senders and listeners of connection sync: tshark's reading of the lab's IGMP says who joined 224.0.0.81. */
import { join as joinPath } from 'node:path';
import { describe, expect, test } from 'vitest';
import { daemonLines, vrrpLines } from '../../src/cli/tables.ts';
import { type Daemon, daemonsOf } from '../../src/contract/daemon.ts';
import { virtualRoutersOf } from '../../src/contract/vrrp.ts';
import { FIXTURES } from '../environment.ts';
import { watch, watchRecording } from '../watched.ts';
import { advert, HOST, igmpReport, join, LB1, LB2, leave, sync } from '../wire-frames.ts';

const daemons = (seen: ReturnType<typeof watch>): Daemon[] => daemonsOf(seen.monitor, seen.monitor.clock.nowMicros ?? 0);
const brief = (all: readonly Daemon[]): string[] => all.map(({ role, address }) => `${role} ${address}`);
const SYNC = '224.0.0.81';

describe('who listens to sync', () => {
  test('members of a group that somebody sends to', () => {
    const other = join(0, '224.0.0.18', { from: HOST });
    expect(brief(daemons(watch([other, join(0, SYNC), sync(1)])))).toEqual(['sender 10.0.0.11', 'listener 10.0.0.12']);
    expect(brief(daemons(watch([join(0, SYNC), sync(1), leave(2, SYNC)])))).toEqual(['sender 10.0.0.11']);
    expect(brief(daemons(watch([join(0, SYNC)])))).toEqual([]);
  });

  test('of a listener all that is sent is unknown', () => {
    const [, listener] = daemons(watch([join(0, SYNC), sync(1)]));
    expect(listener).toEqual({
      id: 'listener-10.0.0.12-02:99:00:00:00:0c-224.0.0.81-0',
      role: 'listener',
      address: '10.0.0.12',
      mac: LB2.mac,
      syncid: null,
      group: SYNC,
      ports: [],
      version: null,
      ttl: null,
      datagrams: null,
      records: null,
      octets: null,
      recordsPerSecond: null,
      firstSeen: '2026-11-21T00:00:00.000000Z',
      lastSeen: '2026-11-21T00:00:00.000000Z',
      lostDatagrams: null,
      interface: 'eth0',
      vlan: null,
    });
    expect(daemonLines([listener])[1].split(/ {2,}/)).toEqual([
      'listener',
      '10.0.0.12',
      LB2.mac,
      '-',
      SYNC,
      '-',
      '-',
      '-',
      '-',
      '-',
      '2026-11-21T00:00:00.000000Z',
    ]);
  });

  // tshark -Y 'igmp.type == 0x22' -T fields -e ip.src -e igmp.maddr -e igmp.record_type, in the end.
  test.each([
    ['sip-pe-and-ftp', ['sender 10.99.0.11', 'listener 10.99.0.12']],
    ['tunnel-udp-vlan', ['sender 10.100.0.11', 'listener 10.100.0.12']],
    ['dr-v1-failover', ['sender 10.99.0.11', 'sender 10.99.0.12', 'listener 10.99.0.12']],
  ])('%s', (name, expected) => {
    expect(brief(daemons(watchRecording(joinPath(FIXTURES, 'captures', `${name}.pcap`))))).toEqual(expected);
  });
});

test('the table of virtual routers says whether a failover keeps the sessions', () => {
  const both = igmpReport(
    0,
    [
      ['to_ex', '224.0.0.18'],
      ['to_ex', SYNC],
    ],
    { from: LB2 },
  );
  const cases = [
    { frames: [both, sync(0.5), advert(1), advert(2)], ready: 'yes' },
    { frames: [advert(0), advert(0.5, { from: LB2 }), advert(1), advert(1.5, { from: LB2 }), advert(2)], ready: 'no' },
    { frames: [sync(0.5, { from: LB1 }), advert(1), advert(2)], ready: 'unknown' },
  ];
  for (const { frames, ready } of cases) {
    const [head, line] = vrrpLines(virtualRoutersOf(watch(frames).monitor)).map((text) => text.split(/ {2,}/));
    expect(line[head.indexOf('ready')]).toBe(ready);
  }
});
