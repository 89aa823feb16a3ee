/** What one ARP or neighbor discovery frame shows, and the near miss. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { octets } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { arp, gratuitousArp, HOST, icmpv6, LB1, LB2, link, macOctets, unsolicitedNa, VIP } from '../../wire-frames.ts';
import { adverts, told } from './arp-scenes.ts';
import { expectReplays } from './replays.ts';

const ETHERNET = 14;
const changed = (frame: Frame, offset: number, ...values: number[]): Frame => {
  const bytes = frame.bytes.slice();
  bytes.set(values, ETHERNET + offset);
  return { ...frame, bytes };
};
const good = arp(0);
const sender = (address: string): Frame => arp(0, { senderAddress: address });
/** Unsolicited advertisement of an address, with whatever is behind it. */
const advertisement = (target: string, options: readonly number[], hopLimit = 255): Frame =>
  icmpv6(0, [136, 0, 0, 0, 0x20, 0, 0, 0, ...octets(target), ...options], {
    source: 'fe80::50',
    destination: 'ff02::1',
    mac: HOST.mac,
    hopLimit,
  });

const rows: [string, Frame, string | null][] = [
  ['a good request', good, null],
  ['a good advertisement', unsolicitedNa(0, HOST, 'fd99::50'), null],
  // RFC 826; IANA arp-parameters: 0 is reserved, 25 (MAPOS-UNARP is 23, OP_EXP2 25) is the highest assigned.
  ['hardware type 2', changed(good, 0, 0, 2), 'arp.malformed'],
  ['protocol type IPv6', changed(good, 2, 0x86, 0xdd), 'arp.malformed'],
  ['hardware length 8', changed(good, 4, 8), 'arp.malformed'],
  ['protocol length 16', changed(good, 5, 16), 'arp.malformed'],
  ['operation 0', changed(good, 6, 0, 0), 'arp.malformed'],
  ['operation 26', changed(good, 6, 0, 26), 'arp.malformed'],
  ['operation 25', changed(good, 6, 0, 25), null],
  ['short by one octet', { ...good, bytes: good.bytes.slice(0, -1), originalLength: good.originalLength - 1 }, 'arp.malformed'],
  ['cut by the capture', { ...good, bytes: good.bytes.slice(0, -1) }, null],
  ['an option of length 0 (RFC 4861 section 4.6)', advertisement('fd99::50', [2, 0, 0, 0, 0, 0, 0, 0]), 'arp.malformed'],
  ['a sender MAC of all ones', arp(0, { senderMac: 'ff:ff:ff:ff:ff:ff' }), 'arp.broadcast_sender'],
  ['a sender MAC of zero', arp(0, { senderMac: '00:00:00:00:00:00' }), 'arp.broadcast_sender'],
  ['a sender MAC of a group', arp(0, { senderMac: '01:00:5e:00:00:01' }), 'arp.broadcast_sender'],
  // RFC 1122 section 3.2.1.3, RFC 1112 section 4.
  ['sender 0.0.0.1', sender('0.0.0.1'), 'arp.bogon'],
  ['sender 0.0.0.0: a probe (RFC 5227)', sender('0.0.0.0'), null],
  ['sender 1.0.0.0', sender('1.0.0.0'), null],
  ['sender 126.255.255.255', sender('126.255.255.255'), null],
  ['sender 127.0.0.1', sender('127.0.0.1'), 'arp.bogon'],
  ['sender 128.0.0.0', sender('128.0.0.0'), null],
  ['sender 169.254.1.1: link-local (RFC 3927)', sender('169.254.1.1'), null],
  ['sender 223.255.255.255', sender('223.255.255.255'), null],
  ['sender 224.0.0.18', sender('224.0.0.18'), 'arp.bogon'],
  ['sender 240.0.0.1', sender('240.0.0.1'), 'arp.bogon'],
  ['sender 255.255.255.255', sender('255.255.255.255'), 'arp.bogon'],
  ['advertisement of a group (RFC 4861 section 7.1.2)', advertisement('ff02::7', [2, 1, ...macOctets(HOST.mac)]), 'arp.bogon'],
  ['advertisement of ::1', advertisement('::1', [2, 1, ...macOctets(HOST.mac)]), 'arp.bogon'],
  ['another sender MAC than the frame', arp(0, { senderMac: LB1.mac }), 'arp.ether_mismatch'],
  ['a virtual sender MAC (RFC 9568 section 7.3)', arp(0, { senderMac: '00:00:5e:00:01:33' }), null],
  [
    'from the virtual MAC with the physical sender MAC (FDio/vpp#2159)',
    arp(0, { from: { ...HOST, mac: '00:00:5e:00:01:33' }, senderMac: HOST.mac }),
    null,
  ],
  ['an advertisement for another MAC', advertisement('fd99::50', [2, 1, ...macOctets(LB1.mac)]), 'arp.ether_mismatch'],
  ['an advertisement without option', advertisement('fd99::50', []), null],
  ['a hop limit of 254 (RFC 4861 section 7.1.2)', advertisement('fd99::50', [2, 1, ...macOctets(HOST.mac)], 254), 'nd.hop_limit'],
];

test.each(rows)('%s', (_, frame, kind) => {
  expect(told([frame])).toEqual(kind === null ? [] : [kind]);
  if (kind !== null) expectReplays([frame], kind);
});

describe('whose fault it is', () => {
  test('the sender of the frame and what it claims', () => {
    const [event] = watch([sender('127.0.0.1')]).events;
    expect(event.subject).toEqual({ address: '127.0.0.1', mac: HOST.mac, interface: 'eth0' });
    expect(event.text).toContain('loopback');
  });

  test('two MAC addresses of virtual routers are no mismatch', () => {
    const both = [...adverts(0, 3), ...adverts(0, 3, { from: LB2, vrid: 7, addresses: ['10.0.0.7'] })];
    expect(told([...both, arp(3.5, { from: LB1, senderMac: LB2.mac, senderAddress: LB2.address })])).toEqual([]);
    expect(told([...both, arp(3.5, { from: HOST, senderMac: LB2.mac, senderAddress: LB2.address })])).toEqual(['arp.ether_mismatch']);
  });

  test('padding to the least length of Ethernet is no fault', () => {
    const { bytes } = gratuitousArp(0, LB1.mac, VIP);
    const padded = link(0, { from: LB1.mac, to: 'ff:ff:ff:ff:ff:ff', etherType: 0x0806 }, [
      ...bytes.slice(ETHERNET),
      ...new Array<number>(18).fill(0),
    ]);
    expect(told([padded])).toEqual([]);
  });
});
