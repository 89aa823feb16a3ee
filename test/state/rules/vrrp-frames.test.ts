/** How adverts travel: MAC addresses (RFC 9568 section 7.3, RFC 1112 section 6.4, RFC 2464 section 7), casts, loops, CARP. */
import { expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { watch } from '../../watched.ts';
import { type AdvertFields, advert, groupMac, HOST, LB1, LB2 } from '../../wire-frames.ts';

const VIRTUAL = '00:00:5e:00:01:33';
const KINDS = ['vrrp.src_mac', 'vrrp.mcast_mac', 'vrrp.own_ip_echo', 'vrrp.cast_mode', 'vrrp.unicast_ttl', 'vrrp.carp_mix'];
const found = (frames: readonly Frame[]) => watch(frames).kinds.filter((kind) => KINDS.includes(kind));

/** An IPv4 identification in a frame of ours: Ethernet, 4 octets into the header; its checksum is made to fit (RFC 1624). */
function identified(frame: Frame, id: number): Frame {
  const view = new DataView(frame.bytes.buffer);
  view.setUint16(18, id);
  view.setUint16(24, 0);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return frame;
}

/** CARP of OpenBSD: version 2, type 1, 36 octets, authentication of 7 words (its ip_carp.h). */
function carp(seconds: number, vhid: number): Frame {
  const message = [0x21, vhid, 0, 7, 0, 1, 0, 0, ...new Array<number>(28).fill(9)];
  const frame = advert(seconds, { from: HOST });
  const bytes = Uint8Array.from([...frame.bytes.subarray(0, 34), ...message]);
  new DataView(bytes.buffer).setUint16(16, 20 + message.length);
  return identified({ ...frame, bytes, originalLength: bytes.length }, 7);
}

const UNICAST = { destination: LB2.address, linkDestination: LB2.mac };
const CASES: readonly [string, readonly Frame[], string[]][] = [
  ['own MAC addresses', [advert(1), advert(2), advert(3, { from: LB2, priority: 110 })], []],
  ['the virtual MAC address', [advert(1, { mac: VIRTUAL }), advert(2, { mac: VIRTUAL })], []],
  ["another VRID's virtual MAC address", [advert(1, { mac: '00:00:5e:00:01:34' })], ['vrrp.src_mac']],
  ['one virtual, one not', [advert(1, { mac: VIRTUAL }), advert(2, { from: LB2, priority: 110 })], ['vrrp.src_mac']],
  ['both virtual', [advert(1, { mac: VIRTUAL }), advert(2, { from: LB2, mac: VIRTUAL, priority: 110 })], []],
  // opnsense/core#1549 had ..:d7 there.
  ['a frame to another multicast address', [advert(1, { linkDestination: '01:00:5e:00:00:d7' })], ['vrrp.mcast_mac']],
  ['a frame to broadcast', [advert(1, { linkDestination: 'ff:ff:ff:ff:ff:ff' })], ['vrrp.mcast_mac']],
  // RFC 1112 maps the low 23 bits: 239.128.0.18 and 239.0.0.18 have one address.
  ['a group whose 24th bit does not count', [advert(1, { destination: '239.128.0.18', linkDestination: groupMac('239.0.0.18') })], []],
  ['IPv6', [advert(1, { from: { address: LB1.v6, mac: LB1.mac }, version: 3, addresses: ['fe80::100'] })], []],
  [
    'IPv6 to another address',
    [advert(1, { from: { address: LB1.v6, mac: LB1.mac }, version: 3, addresses: ['fe80::100'], linkDestination: '33:33:00:00:00:13' })],
    ['vrrp.mcast_mac'],
  ],
  [
    'one address from two hosts in turn',
    [1, 1.5, 2, 2.5].map((s, i) => advert(s, { mac: i % 2 ? HOST.mac : LB1.mac })),
    ['vrrp.own_ip_echo'],
  ],
  [
    'one router from the virtual MAC address and its own in turn',
    [1, 1.5, 2, 2.5].map((s, i) => advert(s, { mac: i % 2 ? VIRTUAL : LB1.mac })),
    ['vrrp.src_mac'],
  ],
  // use_vmac was configured meanwhile.
  [
    'a router that sends from the virtual MAC address from now on',
    [advert(1), advert(2, { mac: VIRTUAL }), advert(3, { mac: VIRTUAL })],
    [],
  ],
  ['a router that got another card', [advert(1), advert(2), advert(3, { mac: HOST.mac }), advert(4, { mac: HOST.mac })], []],
  ['the same packet twice', [advert(1), advert(1.001)].map((f) => identified(f, 99)), ['vrrp.own_ip_echo']],
  ['an advert at once, which is another packet', [identified(advert(1), 99), identified(advert(1.001), 100)], []],
  ['the same identification an interval later', [advert(1), advert(2)].map((f) => identified(f, 99)), []],
  ['multicast and unicast', [advert(1), advert(1.5, { from: LB2, ...UNICAST, destination: HOST.address })], ['vrrp.cast_mode']],
  ['multicast and unicast for other addresses', [advert(1), advert(1.5, { from: LB2, ...UNICAST, addresses: ['10.0.0.7'] })], []],
  ['multicast and unicast a minute apart', [advert(1), advert(61.1, { from: LB2, ...UNICAST, destination: HOST.address })], []],
  ['unicast with TTL 64', [advert(1, { ...UNICAST, ttl: 64 })], ['vrrp.unicast_ttl']],
  ['unicast with TTL 255', [advert(1, UNICAST)], []],
  ['CARP with the same number', [carp(1, 51), advert(2)], ['vrrp.carp_mix']],
  ['CARP with another number', [carp(1, 52), advert(2)], []],
  ['CARP that ended more than a minute ago', [carp(1, 51), advert(61.1)], []],
];

test.each(CASES)('%s', (_, frames, kinds) => {
  expect(found(frames)).toEqual(kinds);
});

test('the frames that show it are all that it takes', () => {
  for (const [name, frames, [kind]] of CASES.filter(([, , kinds]) => kinds.length > 0)) {
    const event = watch(frames).events.find((one) => one.kind === kind);
    const shown = (event?.frames ?? []).map((number) => frames[number - 1]);
    expect(found(shown), name).toContain(kind);
  }
});

const CARP_LIKE: AdvertFields = { addresses: Array.from({ length: 7 }, (_, i) => `10.0.0.${100 + i}`) };
test('a VRRPv2 advert of seven addresses is no CARP: 44 octets, not 36', () => {
  expect(watch([advert(1, CARP_LIKE)]).monitor.routers.all[0].addresses).toHaveLength(7);
});
