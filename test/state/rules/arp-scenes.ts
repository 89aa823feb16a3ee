/** A healthy pair and what may be said about its virtual address, for tests of rules about addresses. */
import type { Frame } from '../../../dissectors/dissect.ts';
import type { Expected } from '../../../src/state/expected.ts';
import { octets } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { type AdvertFields, advert, arp, gratuitousArp, HOST, icmpv6, LB1, LB2, macOctets, VIP } from '../../wire-frames.ts';

export const SERVER = { address: '10.0.0.21', v6: 'fe80::21', mac: '02:99:00:00:00:15' };
export const SERVER2 = { address: '10.0.0.22', v6: 'fe80::22', mac: '02:99:00:00:00:16' };
export const VIP6 = 'fd99::100';

export const inOrder = (frames: readonly Frame[]): Frame[] => [...frames].sort((a, b) => a.atMicros - b.atMicros);

/** One a second. */
export function adverts(from: number, to: number, fields: AdvertFields = {}): Frame[] {
  return Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));
}

/** LB1 is master of VRID 51 from 0 to 20 s, and LB2 is known of another VRID. */
export function healthy(fields: AdvertFields = {}): Frame[] {
  return [
    advert(0, fields),
    gratuitousArp(0.01, LB1.mac),
    ...adverts(1, 20, fields),
    advert(0.5, { from: LB2, vrid: 7, addresses: ['10.0.0.7'] }),
  ];
}

/** LB1 resigns at 4.2 s and LB2 is master from 4.9 s on (skew of priority 90: 0.65 s). */
export const takeover = (more: readonly Frame[] = []): Frame[] =>
  inOrder([
    ...adverts(0, 4),
    gratuitousArp(0.01, LB1.mac),
    advert(4.2, { priority: 0 }),
    ...adverts(0, 15, { from: LB2, priority: 90 }).map((frame) => ({ ...frame, atMicros: frame.atMicros + 4_900_000 })),
    ...more,
  ]);

export function asks(seconds: number, address = VIP, from = HOST): Frame {
  return arp(seconds, { from, targetAddress: address });
}

/** An ARP reply to HOST. */
export function answers(seconds: number, from: { address: string; mac: string }, address = VIP, to = HOST): Frame {
  return arp(seconds, { operation: 2, from, to: to.mac, senderAddress: address, targetMac: to.mac, targetAddress: to.address });
}

/** A solicited neighbor advertisement with Override to HOST, RFC 4861 section 7.2.4. */
export function advertises(seconds: number, from: { v6: string; mac: string }, target = VIP6, hopLimit = 255): Frame {
  const message = [136, 0, 0, 0, 0x60, 0, 0, 0, ...octets(target), 2, 1, ...macOctets(from.mac)];
  return icmpv6(seconds, message, { source: from.v6, destination: HOST.v6, mac: from.mac, hopLimit });
}

/** Kinds of all events about addresses, without those of new stations; sorted. */
export function told(frames: readonly Frame[], untilSeconds = 30, expected: Expected | null = null): string[] {
  const { events } = watch(inOrder(frames), untilSeconds, expected);
  const kinds = events.map(({ kind }) => kind).filter((kind) => /^(arp|nd)\./.test(kind) && kind !== 'arp.new_station');
  return kinds.sort();
}
