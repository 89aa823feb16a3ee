/** Who has which address: against arpwatch and tshark over recordings, and by RFC 826, RFC 5227, RFC 4861 for frames made by hand. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addressText, type MacAddress, macText } from '../../dissectors/address.ts';
import { dissect, type Frame } from '../../dissectors/dissect.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { type NeighborNews, Neighbors } from '../../src/state/neighbors.ts';
import { Segments } from '../../src/state/segments.ts';
import { sightingOf } from '../../src/state/sighting.ts';
import { FIXTURES, needs } from '../environment.ts';
import { octets } from '../sync-message.ts';
import { type ArpFields, arp, gratuitousArp, HOST, icmpv6, LB1, LB2, macOctets, SECOND, unsolicitedNa, VIP } from '../wire-frames.ts';

interface Taken {
  readonly neighbors: Neighbors;
  readonly news: NeighborNews[];
}

function taker(neighbors = new Neighbors()): Taken & { readonly take: (frame: Frame & { readonly number?: number }) => void } {
  const segments = new Segments();
  const news: NeighborNews[] = [];
  let frames = 0;
  const take = (frame: Frame & { readonly number?: number }): void => {
    const dissection = dissect(frame, { reassembly: createReassembly(), syncChannels: [] });
    const captured = { atMicros: frame.atMicros, interface: 'eth0', number: frame.number ?? ++frames };
    const sighting = sightingOf(dissection, captured, segments);
    if (sighting.arp || sighting.ndp) news.push(...neighbors.observe(sighting));
  };
  return { neighbors, news, take };
}

function taken(frames: readonly Frame[], neighbors = new Neighbors()): Taken {
  const { take, ...all } = taker(neighbors);
  for (const frame of frames) take(frame);
  return all;
}

function recorded(path: string): Taken {
  const { take, ...all } = taker();
  new PcapStream({ name: path, frame: take }).push(readFileSync(path));
  return all;
}

const said = ({ news }: Taken): string[] => news.map(({ kind, address, mac }) => `${kind} ${addressText(address)} ${macText(mac)}`);
const kinds = ({ news }: Taken): string[] => news.map(({ kind }) => kind);

const A = '02:99:00:00:00:aa';
const B = '02:99:00:00:00:bb';
const C = '02:99:00:00:00:cc';
const X = '10.0.0.77';
const claim = (seconds: number, mac: string): Frame => arp(seconds, { from: { address: X, mac }, targetAddress: '10.0.0.1' });
const answer = (seconds: number, fields: ArpFields): Frame =>
  arp(seconds, { operation: 2, to: HOST.mac, targetMac: HOST.mac, targetAddress: HOST.address, ...fields });

interface NdpFields {
  readonly source?: string;
  readonly destination?: string;
  readonly flags?: number;
  readonly target?: string;
  readonly options?: readonly number[];
  readonly hopLimit?: number;
  readonly mac?: string;
}

/** RFC 4861 sections 4.1 to 4.4. */
function ndp(seconds: number, type: 133 | 134 | 135 | 136, fields: NdpFields = {}): Frame {
  const {
    source = 'fe80::50',
    destination = 'ff02::1',
    flags = 0,
    target = 'fd99::7',
    options = [],
    hopLimit = 255,
    mac = HOST.mac,
  } = fields;
  const body =
    type < 135
      ? [type, 0, 0, 0, 0, 0, 0, 0, ...(type === 134 ? [0, 0, 0, 0, 0, 0, 0, 0] : [])]
      : [type, 0, 0, 0, flags, 0, 0, 0, ...octets(target)];
  return icmpv6(seconds, [...body, ...options], { source, destination, mac, hopLimit });
}
const sourceMac = (mac: string): number[] => [1, 1, ...macOctets(mac)];
const targetMac = (mac: string): number[] => [2, 1, ...macOctets(mac)];
const SOLICITED = 0x40;
const OVERRIDE = 0x20;

describe('what one frame says', () => {
  const rows: [string, Frame, string[]][] = [
    [
      'a request (RFC 826)',
      arp(0),
      [`claimed ${HOST.address} ${HOST.mac}`, `new_station ${HOST.address} ${HOST.mac}`, `asked ${VIP} ${HOST.mac}`],
    ],
    ['a reply (RFC 826)', answer(0, { from: LB1 }), [`answered ${LB1.address} ${LB1.mac}`, `new_station ${LB1.address} ${LB1.mac}`]],
    ['a probe (RFC 5227 section 2.1.1)', arp(0, { senderAddress: '0.0.0.0' }), [`probed ${VIP} ${HOST.mac}`]],
    ['an announcement (RFC 5227 section 2.3)', gratuitousArp(0, LB1.mac), [`announced ${VIP} ${LB1.mac}`, `new_station ${VIP} ${LB1.mac}`]],
    [
      'a gratuitous reply (RFC 5944 section 4.6)',
      arp(0, { operation: 2, from: LB1, senderAddress: VIP, targetAddress: VIP }),
      [`announced ${VIP} ${LB1.mac}`, `new_station ${VIP} ${LB1.mac}`],
    ],
    ['a sender of no host: loopback (RFC 1122 section 3.2.1.3)', arp(0, { senderAddress: '127.0.0.1' }), [`asked ${VIP} ${HOST.mac}`]],
    ['a sender MAC that is broadcast', arp(0, { senderMac: 'ff:ff:ff:ff:ff:ff' }), []],
    [
      'unsolicited advertisement (RFC 4861 section 7.2.6)',
      unsolicitedNa(0, LB1, 'fd99::7'),
      [`announced fd99::7 ${LB1.mac}`, `new_station fd99::7 ${LB1.mac}`],
    ],
    [
      'solicited advertisement (RFC 4861 section 7.2.4)',
      ndp(0, 136, { source: 'fe80::b', destination: 'fe80::50', mac: LB1.mac, flags: SOLICITED | OVERRIDE, options: targetMac(LB1.mac) }),
      [`answered fd99::7 ${LB1.mac}`, `new_station fd99::7 ${LB1.mac}`],
    ],
    [
      'an advertisement without option: the Ethernet source (RFC 4861 section 4.4)',
      ndp(0, 136, { mac: LB1.mac, flags: SOLICITED }),
      [`answered fd99::7 ${LB1.mac}`, `new_station fd99::7 ${LB1.mac}`],
    ],
    [
      'a solicitation (RFC 4861 section 4.3)',
      ndp(0, 135, { options: sourceMac(HOST.mac) }),
      [`claimed fe80::50 ${HOST.mac}`, `new_station fe80::50 ${HOST.mac}`, `asked fd99::7 ${HOST.mac}`],
    ],
    ['duplicate address detection (RFC 4862 section 5.4)', ndp(0, 135, { source: '::' }), [`probed fd99::7 ${HOST.mac}`]],
    [
      'a router solicitation',
      ndp(0, 133, { options: sourceMac(HOST.mac) }),
      [`claimed fe80::50 ${HOST.mac}`, `new_station fe80::50 ${HOST.mac}`],
    ],
    [
      'a router advertisement',
      ndp(0, 134, { options: sourceMac(HOST.mac) }),
      [`claimed fe80::50 ${HOST.mac}`, `new_station fe80::50 ${HOST.mac}`],
    ],
    ['hop limit 254 (RFC 4861 section 7.1.2: dropped)', ndp(0, 136, { hopLimit: 254, options: targetMac(LB1.mac) }), []],
  ];
  test.each(rows)('%s', (_, frame, expected) => expect(said(taken([frame]))).toEqual(expected));
});

describe("an address's history", () => {
  const HALF_A_YEAR = 183 * 86_400;
  // The events by the manual of arpwatch(8), REPORT MESSAGES.
  const rows: [string, Frame[], string[]][] = [
    ['the same again', [claim(0, A), claim(1, A)], ['new_station']],
    ['another', [claim(0, A), claim(1, B)], ['new_station', 'changed']],
    ['the most recent before', [claim(0, A), claim(1, B), claim(2, A)], ['new_station', 'changed', 'flip_flop']],
    ['an older one', [claim(0, A), claim(1, B), claim(2, C), claim(3, A)], ['new_station', 'changed', 'changed', 'reused_old']],
    ['half a year later', [claim(0, A), claim(HALF_A_YEAR + 1, A)], ['new_station', 'new_activity']],
    ['half a year later to the second', [claim(0, A), claim(HALF_A_YEAR, A)], ['new_station']],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    const all = taken(frames);
    expect(kinds(all).filter((kind) => kind !== 'claimed' && kind !== 'asked')).toEqual(expected);
    const changes = expected.filter((kind) => ['changed', 'flip_flop', 'reused_old'].includes(kind)).length;
    expect(all.neighbors.all[0].changes).toBe(changes);
  });

  test('a change cites the frames that show it again', () => {
    const frames = [claim(0, A), claim(1, B), claim(2, C), claim(3, C), claim(4, A)];
    const last = taken(frames).news.find(({ kind }) => kind === 'reused_old');
    expect(last?.frames).toEqual([1, 2, 4, 5]);
    expect(kinds(taken(last?.frames.map((number) => frames[number - 1]) ?? []))).toContain('reused_old');
  });

  test('an advertisement without Override leaves the address where it is (RFC 4861 section 7.2.5)', () => {
    const first = ndp(0, 136, { flags: SOLICITED | OVERRIDE, options: targetMac(A) });
    const second = (flags: number) => ndp(1, 136, { flags, options: targetMac(B) });
    expect(kinds(taken([first, second(SOLICITED)]))).toEqual(['answered', 'new_station', 'answered']);
    expect(kinds(taken([first, second(SOLICITED | OVERRIDE)]))).toEqual(['answered', 'new_station', 'answered', 'changed']);
  });

  test('announcements are counted apart', () => {
    const { neighbors } = taken([
      gratuitousArp(0, LB1.mac),
      gratuitousArp(1, LB1.mac),
      answer(2, { from: LB1, senderAddress: VIP }),
      gratuitousArp(3, LB2.mac),
    ]);
    const [{ macs }] = neighbors.all;
    expect(macs.map(({ mac, count, announcements }) => [macText(mac), count, announcements])).toEqual([
      [LB1.mac, 3, 2],
      [LB2.mac, 1, 1],
    ]);
    expect(macs[0].lastMicros - macs[0].firstMicros).toBe(2 * SECOND);
    expect(macs[0].lastAnnouncementMicros).toBe(macs[0].firstMicros + SECOND);
  });

  test('VLANs are apart', () => {
    const tagged = arp(1, { from: { address: HOST.address, mac: B }, vlan: 7 });
    expect(kinds(taken([arp(0), tagged])).filter((kind) => kind !== 'asked')).toEqual(['claimed', 'new_station', 'claimed', 'new_station']);
  });
});

describe('bounds', () => {
  test('the oldest address is forgotten, with its MAC addresses', () => {
    const neighbors = new Neighbors(2);
    const from = (address: string, mac: string): Frame => arp(0, { from: { address, mac } });
    taken([from('10.0.0.1', A), from('10.0.0.2', A), from('10.0.0.3', A)], neighbors);
    expect(neighbors.all.map(({ address }) => addressText(address))).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(neighbors.overflowed).toBe(1);
    expect(neighbors.addressesOf(0, 0x0299000000aa).map(addressText)).toEqual(['10.0.0.2', '10.0.0.3']);
  });

  test('16 MAC addresses of one address, the longest silent goes first', () => {
    const mac = (i: number): string => `02:99:00:00:01:${i.toString(16).padStart(2, '0')}`;
    const frames = Array.from({ length: 17 }, (_, i) => claim(i, mac(i)));
    const { neighbors } = taken(frames);
    const [{ macs, changes }] = neighbors.all;
    expect(macs.map((one) => macText(one.mac))).toEqual(Array.from({ length: 16 }, (_, i) => mac(i + 1)));
    expect(changes).toBe(16);
    expect(neighbors.addressesOf(0, 0x029900000100)).toEqual([]);
  });

  test('an address belongs to whoever claimed it last', () => {
    const { neighbors } = taken([claim(0, A), claim(1, B)]);
    const held = (mac: MacAddress) => neighbors.addressesOf(0, mac).map(addressText);
    expect([held(0x0299000000aa), held(0x0299000000bb)]).toEqual([[], [X]]);
  });
});

test('ordinary hosts: the events that arpwatch reports of the same recording', () => {
  const NAMES: Readonly<Record<string, string>> = {
    new_station: 'new station',
    changed: 'changed ethernet address',
    flip_flop: 'flip flop',
    reused_old: 'reused old ethernet address',
    new_activity: 'new activity',
  };
  const path = join(FIXTURES, 'arp', 'ordinary-hosts');
  const { arpwatch } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { arpwatch: unknown[] };
  const { news } = recorded(`${path}.pcap`);
  // arpwatch knows IPv4 only.
  const ours = news.filter(({ kind, address }) => kind in NAMES && typeof address === 'number');
  expect(arpwatch.length).toBeGreaterThan(8);
  expect(ours.map(({ kind, address, mac, from }) => [NAMES[kind], addressText(address), macText(mac), from && macText(from)])).toEqual(
    arpwatch,
  );
});

describe.skipIf(needs('tshark'))("announcements, counted by tshark's arp.isgratuitous", () => {
  const folders = ['captures', 'keepalived', 'arp'];
  const all = folders.flatMap((folder) =>
    readdirSync(join(FIXTURES, folder))
      .filter((name) => name.endsWith('.pcap'))
      .map((name) => join(folder, name)),
  );
  test.each(all)('%s', (name) => {
    const path = join(FIXTURES, name);
    const fields = ['arp.src.proto_ipv4', 'arp.src.hw_mac'].flatMap((field) => ['-e', field]);
    const words = ['-r', path, '-Y', 'arp.isgratuitous == 1', '-T', 'fields', ...fields];
    const theirs = execFileSync('tshark', words, { encoding: 'utf8', stdio: 'pipe' });
    const announced = recorded(path).news.filter(({ kind, address }) => kind === 'announced' && typeof address === 'number');
    const ours = announced.map(({ address, mac }) => `${addressText(address)}\t${macText(mac)}`);
    expect(ours).toEqual(theirs.split('\n').filter(Boolean));
  });
});
