/** Neighbors: who claims an address, who claimed it before, and which addresses are virtual. */
import { expect, test } from 'vitest';
import { neighborsOf } from '../../src/contract/neighbor.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor } from '../../src/state/monitor.ts';
import { watch } from '../watched.ts';
import { advert, arp, gratuitousArp, HOST, LB1, LB2, unsolicitedNa, VIP } from '../wire-frames.ts';

const neighborOf = (address: string, ...frames: Parameters<typeof watch>[0]) =>
  neighborsOf(watch(frames).monitor).find((neighbor) => neighbor.address === address);

test('an address that went from one MAC address to another has both, the latest last', () => {
  const frames = [advert(0), gratuitousArp(1, LB1.mac), gratuitousArp(2, LB1.mac), gratuitousArp(3, LB2.mac)];
  expect(neighborOf(VIP, ...frames)).toEqual({
    id: VIP,
    address: VIP,
    family: 'ipv4',
    mac: LB2.mac,
    vip: true,
    changes: 1,
    macs: [
      { mac: LB1.mac, firstSeen: '2026-11-21T00:00:01.000000Z', lastSeen: '2026-11-21T00:00:02.000000Z', claims: 2, announcements: 2 },
      { mac: LB2.mac, firstSeen: '2026-11-21T00:00:03.000000Z', lastSeen: '2026-11-21T00:00:03.000000Z', claims: 1, announcements: 1 },
    ],
    interface: 'eth0',
    vlan: null,
  });
});

test('what is written of an address follows each claim, and its being virtual each advert', () => {
  const monitor = createMonitor({ maxSessions: 10, trackChanges: false });
  const enter = createPipeline({ monitor, syncChannels: [], headersSeen: true });
  const seen = [gratuitousArp(0, LB1.mac), gratuitousArp(1, LB1.mac), advert(2), gratuitousArp(3, LB2.mac)].map((frame, i) => {
    enter({ ...frame, number: i + 1, interface: 'eth0' });
    const [{ mac, vip, macs }] = neighborsOf(monitor);
    return [mac, vip, macs.map(({ claims }) => claims)];
  });
  expect(seen).toEqual([
    [LB1.mac, false, [1]],
    [LB1.mac, false, [2]],
    [LB1.mac, true, [2]],
    [LB2.mac, true, [2, 1]],
  ]);
});

test('a host that asks claims its own address, and is no virtual one', () => {
  expect(neighborOf(HOST.address, advert(0), arp(1))).toMatchObject({
    mac: HOST.mac,
    vip: false,
    changes: 0,
    macs: [{ announcements: 0 }],
  });
});

test('a virtual address is so on its own segment only', () => {
  const elsewhere = { from: HOST, senderAddress: VIP, targetAddress: VIP, vlan: 7 };
  expect(neighborOf(VIP, advert(0), arp(1, elsewhere))).toMatchObject({ id: `${VIP}@1`, vlan: 7, vip: false });
});

test('what a backup announces as virtual is virtual', () => {
  expect(
    neighborOf('10.0.0.101', advert(0), advert(0.5, { from: LB2, addresses: ['10.0.0.101'] }), gratuitousArp(1, LB2.mac, '10.0.0.101')),
  ).toMatchObject({ vip: true });
});

test('of IPv6 by neighbor advertisement', () => {
  expect(neighborOf('fe80::64', unsolicitedNa(1, LB1, 'fe80::64'))).toMatchObject({ family: 'ipv6', mac: LB1.mac });
});
