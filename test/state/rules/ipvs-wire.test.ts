/** How sync datagrams travel: fragments, TTL, foreign ports. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { ipv4Packet, messageV1, recordV1, udpDatagram } from '../../sync-message.ts';
import { watch, watchRecording } from '../../watched.ts';
import { advert, arp, groupMac, LB1, LB2, link } from '../../wire-frames.ts';
import { kindsOf, type SendFields, send, syncKinds, times } from './ipvs-frames.ts';
import { expectReplays } from './replays.ts';

const MORE = 0x2000;
const GROUP = '224.0.0.81';

/** A datagram in pieces of 40 octets, RFC 791 section 3.2: offsets in units of 8 octets. */
function pieces(seconds: number, group = GROUP): Frame[] {
  const datagram = udpDatagram(messageV1(times(3, (i) => recordV1({ clientPort: 1000 + i }))));
  return times(Math.ceil(datagram.length / 40), (i) => {
    const part = datagram.slice(i * 40, i * 40 + 40);
    const fragment = ((i * 40) / 8) | (i * 40 + 40 < datagram.length ? MORE : 0);
    const packet = ipv4Packet(part, 17, { source: LB1.address, group, fragment, id: 77 });
    return link(seconds + i / 100, { from: LB1.mac, to: groupMac(group), etherType: 0x0800 }, packet);
  });
}

describe('fragments', () => {
  test('a datagram in fragments is read, and its fragments are named', () => {
    const { events, monitor } = watch(pieces(1));
    const event = events.find(({ kind }) => kind === 'ipvs.fragmented');
    expect(event?.frames).toEqual([1, 2, 3, 4]);
    expect(event?.text).toMatch(/4 fragments/);
    expect(monitor.sessions.live).toBe(3);
    expectReplays(pieces(1), 'ipvs.fragmented');
  });

  test('a whole one is none', () => {
    expect(syncKinds([send(1)])).toEqual([]);
  });

  /** keepalived's sync_maxlen 8000 over an MTU of 1500; tshark counts 7 reassembled datagrams. */
  test('sync-options: each of its 7 datagrams', () => {
    const found = watchRecording(join(FIXTURES, 'captures', 'sync-options.pcap'), '239.1.2.3:9000-9003');
    expect(kindsOf(found)).toEqual(['ipvs.fragmented']);
    expect(found.anomalies.find(({ kind }) => kind === 'ipvs.fragmented')?.count).toBe(7);
  });

  const rows: [string, Frame[], number, string[]][] = [
    ['the last one is missing for 31 s', pieces(1).slice(0, 3), 32.1, ['ipvs.frag_incomplete']],
    ['for 29 s', pieces(1).slice(0, 3), 30, []],
    ['none is missing', pieces(1), 60, ['ipvs.fragmented']],
    ['of another group', pieces(1, '239.1.2.3').slice(0, 2), 60, []],
    ['the last came after 29 s', [...pieces(1).slice(0, 3), ...pieces(30).slice(3)], 60, ['ipvs.fragmented']],
  ];
  test.each(rows)('%s', (_, frames, until, expected) => {
    expect(syncKinds(frames, until)).toEqual(expected);
  });
});

describe('ipvs.ttl_low', () => {
  const ttls = (...all: number[]): Frame[] => all.map((ttl, i) => send(1 + i, [{}], { ttl }));
  test.each<[string, Frame[], boolean]>([
    ['one less than at first', ttls(8, 8, 7), true],
    ['the same', ttls(8, 8, 8), false],
    ['more', ttls(8, 9, 8), false],
    ['another sender has less', [send(1, [{}], { ttl: 8 }), send(2, [{}], { ttl: 1, from: LB2 })], false],
  ])('%s', (_, frames, expected) => {
    expect(syncKinds(frames).includes('ipvs.ttl_low')).toBe(expected);
    if (expected) expectReplays(frames, 'ipvs.ttl_low');
  });
});

describe('ipvs.routed', () => {
  const far = { address: '172.16.0.9', mac: '02:99:00:00:00:63' };
  const near = { address: '10.0.99.9', mac: '02:99:00:00:00:63' };
  const here = times(14, (i) => advert(i));
  const both = (fields: SendFields): Frame[] => [send(1.5, [{}], fields), send(13.5, [{}], fields)];
  const sorted = (frames: Frame[]): Frame[] => frames.sort((a, b) => a.atMicros - b.atMicros);
  const rows: [string, Frame[], boolean][] = [
    ['TTL 1 from a foreign network', sorted([...here, ...both({ from: far, ttl: 1 })]), true],
    ['TTL 2, which a router may have left', sorted([...here, ...both({ from: far, ttl: 2 })]), false],
    ['from the same network', sorted([...here, ...both({ from: near, ttl: 1 })]), false],
    ['it is here by ARP', sorted([...here, arp(2.2, { from: far, senderAddress: far.address }), ...both({ from: far, ttl: 1 })]), false],
    ['nobody else is known here', both({ from: far, ttl: 1 }), false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames).includes('ipvs.routed')).toBe(expected);
    if (expected) expectReplays(frames, 'ipvs.routed');
  });
});

describe('ipvs.foreign_port', () => {
  const rows: [string, Frame[], boolean][] = [
    ['one above the channel', [send(1, [{}], { port: 8912 })], true],
    ['the last of the channel', [send(1, [{}], { port: 8911 })], false],
    ['another group', [send(1, [{}], { port: 8912, group: '224.0.0.251' })], false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames).includes('ipvs.foreign_port')).toBe(expected);
    if (expected) expectReplays(frames, 'ipvs.foreign_port');
  });

  test('of a group that is not the usual one, once a sender to it is known', () => {
    const group = '239.1.2.3';
    const [known, foreign] = [send(1, [{}], { group, port: 9000 }), send(2, [{}], { group, port: 9004 })];
    const channels = ['239.1.2.3:9000-9003'];
    expect(syncKinds([known, foreign], null, channels)).toEqual(['ipvs.foreign_port']);
    expect(syncKinds([foreign], null, channels)).toEqual([]);
  });
});
