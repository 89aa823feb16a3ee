import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { captureFilter } from '../../src/capture/bpf.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { fileHeader, record } from '../../src/capture/pcap-writer.ts';
import { type ExpectedFrame, fixture, framesOf, run, scratch } from './wireshark.ts';

const files = scratch();
afterAll(() => files.remove());

const DEFAULT: SyncChannel = { group: 0xe0000051, fromPort: 8848, toPort: 8911 };
const OPTIONS: SyncChannel = { group: 0xef010203, fromPort: 9000, toPort: 9003 };
const IPV6: SyncChannel = { group: ipv6('ff020000000000000000000000000081'), fromPort: 8848, toPort: 8911 };

function ipv6(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

/** What tcpdump lets through. */
function passed(path: string, channels: readonly SyncChannel[]): ExpectedFrame[] {
  const kept = files.file('kept.pcap');
  run('tcpdump', ['-r', path, '-w', kept, captureFilter(channels, { tagged: true })]);
  return framesOf(kept);
}

const PROTOCOLS =
  'arp or igmp or vrrp or ip.proto == 112 or ah.next_header == 112 or (icmpv6.type >= 130 and icmpv6.type <= 143) or ipv6.nxt == 112';

describe('recordings of real load balancers: exactly the frames that Wireshark finds to be ours', () => {
  it.each<[string, SyncChannel[], string]>([
    ['tunnel-udp-vlan', [DEFAULT], 'ip.dst == 224.0.0.81 and udp.dstport >= 8848'],
    ['sync-options', [OPTIONS], 'ip.dst == 239.1.2.3'],
    ['sync-over-ipv6', [DEFAULT, IPV6], 'ipv6.dst == ff02::81 and udp'],
    ['vrrp-zoo', [DEFAULT], 'ip.dst == 224.0.0.81 and udp.dstport >= 8848'],
    ['ipv6-v1', [DEFAULT], 'ip.dst == 224.0.0.81'],
    ['dr-v1-failover', [DEFAULT], 'ip.dst == 224.0.0.81'],
  ])('%s', (name, channels, sync) => {
    const path = fixture(`${name}.pcap`);
    const expected = framesOf(path, `${PROTOCOLS} or (${sync})`);
    expect(expected.length).toBeGreaterThan(20);
    expect(passed(path, channels)).toEqual(expected);
  });

  it('tags do not hide a frame: one, two, and the service tag of 802.1ad', () => {
    const { tagged, channels } = taggedCopies();
    expect(framesOf(tagged).length).toBeGreaterThan(500);
    expect(passed(tagged, channels)).toEqual(framesOf(tagged));
  });
});

/** The frames of sync-over-ipv6 and vrrp-zoo that are ours, each with a tag or two in front (IEEE 802.1Q clause 9). */
function taggedCopies(): { tagged: string; channels: SyncChannel[] } {
  const tags = ['81000064', '88a80007', '8100006481000065', '88a8000781000064'];
  const records: Uint8Array[] = [fileHeader({ linkType: 1, snapLength: 65535 })];
  for (const name of ['sync-over-ipv6', 'vrrp-zoo']) {
    const ours = files.file('ours.pcap');
    run('tshark', [
      '-n',
      '-r',
      fixture(`${name}.pcap`),
      '-Y',
      `(${PROTOCOLS} or ipv6.dst == ff02::81) and not vlan`,
      '-F',
      'pcap',
      '-w',
      ours,
    ]);
    const stream = new PcapStream({
      name,
      frame: ({ bytes }) => {
        const tag = Buffer.from(tags[records.length % tags.length], 'hex');
        const octets = Buffer.concat([bytes.subarray(0, 12), tag, bytes.subarray(12)]);
        records.push(record({ atMicros: 1e15 + records.length, bytes: octets, originalLength: octets.length }));
      },
    });
    stream.push(readFileSync(ours));
  }
  const tagged = files.file('tagged.pcap');
  writeFileSync(tagged, Buffer.concat(records));
  return { tagged, channels: [DEFAULT, IPV6] };
}

function hex(value: number, octets: number): string {
  return value.toString(16).padStart(2 * octets, '0');
}

/** Ethernet and IPv4 (RFC 791 section 3.1) without options from 10.0.0.1. */
function ipv4Frame(protocol: number, destination: string, payload: string, fragment = '0000'): Uint8Array {
  const ethernet = '01005e0000510200000000010800';
  const to = destination.split('.').map((part) => hex(Number(part), 1));
  const header = ['4500', hex(20 + payload.length / 2, 2), '0000', fragment, '01', hex(protocol, 1), '0000', '0a000001', ...to];
  return Buffer.from([ethernet, ...header, payload].join(''), 'hex');
}

const SYNC_GROUP = `ff02${'0'.repeat(26)}81`;
const SOMEBODY = `fe80${'0'.repeat(26)}82`;

/** Ethernet and IPv6 (RFC 8200 section 3) from fe80::1. */
function ipv6Frame(next: number, payload: string, destination = SYNC_GROUP): Uint8Array {
  const ethernet = '33330000000102000000000186dd';
  const header = ['60000000', hex(payload.length / 2, 2), hex(next, 1), 'ff', `fe80${'0'.repeat(26)}01`, destination];
  return Buffer.from([ethernet, ...header, payload].join(''), 'hex');
}

const UDP_8848 = '1000229000080000';
const PAD = '00'.repeat(26);

describe('one frame at a time', () => {
  it.each<[string, Uint8Array, boolean]>([
    ['sync, first port', ipv4Frame(17, '224.0.0.81', UDP_8848), true],
    ['sync, last port', ipv4Frame(17, '224.0.0.81', '100022cf00080000'), true],
    ['a port below', ipv4Frame(17, '224.0.0.81', '1000228f00080000'), false],
    ['a port above', ipv4Frame(17, '224.0.0.81', '100022d000080000'), false],
    ['the port as source', ipv4Frame(17, '224.0.0.81', '2290100000080000'), false],
    ['another group', ipv4Frame(17, '224.0.0.82', UDP_8848), false],
    ['first fragment', ipv4Frame(17, '224.0.0.81', UDP_8848, '2000'), true],
    ['later fragment, ports are payload', ipv4Frame(17, '224.0.0.81', PAD, '00b9'), true],
    ['fragment to somebody else', ipv4Frame(17, '10.0.0.2', PAD, '00b9'), false],
    ['VRRP to the group', ipv4Frame(112, '224.0.0.18', PAD), true],
    ['VRRP unicast', ipv4Frame(112, '10.0.0.2', PAD), true],
    ['AH around VRRP', ipv4Frame(51, '224.0.0.18', `7004${PAD}`), true],
    ['AH around TCP', ipv4Frame(51, '10.0.0.2', `0604${PAD}`), false],
    ['IGMP', ipv4Frame(2, '224.0.0.22', PAD), true],
    ['TCP', ipv4Frame(6, '10.0.0.2', `${UDP_8848}${PAD}`), false],
    ['TCP to the sync port', ipv4Frame(6, '224.0.0.81', `${UDP_8848}${PAD}`), false],
    ['ICMP', ipv4Frame(1, '10.0.0.2', `0800${PAD}`), false],
    ['ESP', ipv4Frame(50, '10.0.0.2', `7070${PAD}`), false],
    ['DNS', ipv4Frame(17, '10.0.0.2', '1000003500080000'), false],
    ['IPv6 sync', ipv6Frame(17, UDP_8848), true],
    ['IPv6 sync to another group', ipv6Frame(17, UDP_8848, SYNC_GROUP.replace(/81$/, '82')), false],
    ['IPv6 fragment to the group', ipv6Frame(44, `110005a0${PAD}`), true],
    ['IPv6 fragment to somebody else', ipv6Frame(44, `110005a0${PAD}`, SOMEBODY), false],
    ['IPv6 VRRP', ipv6Frame(112, PAD), true],
    ['IPv6 AH around VRRP', ipv6Frame(51, `7004${PAD}`), true],
    ['IPv6 AH around UDP', ipv6Frame(51, `1104${PAD}`), false],
    ['neighbor solicitation', ipv6Frame(58, `8700${PAD}`), true],
    ['neighbor advertisement', ipv6Frame(58, `8800${PAD}`), true],
    ['MLDv2 report behind hop-by-hop', ipv6Frame(0, `3a000502000000008f00${PAD}`), true],
    ['MLD query behind hop-by-hop', ipv6Frame(0, `3a000502000000008200${PAD}`), true],
    ['echo request', ipv6Frame(58, `8000${PAD}`), false],
    ['echo request behind hop-by-hop', ipv6Frame(0, `3a000502000000008000${PAD}`), false],
    ['TCP behind hop-by-hop', ipv6Frame(0, `0600050200000000${PAD}`), false],
  ])('%s', (_name, bytes, expected) => {
    const path = files.file('one.pcap');
    const frame = record({ atMicros: 1e15, bytes, originalLength: bytes.length });
    writeFileSync(path, Buffer.concat([fileHeader({ linkType: 1, snapLength: 65535 }), frame]));
    expect(passed(path, [DEFAULT, IPV6])).toHaveLength(expected ? 1 : 0);
  });
});

describe('what libpcap makes of it', () => {
  const many = Array.from({ length: 8 }, (_, i) => ({ ...DEFAULT, group: 0xef000001 + i }));
  // The kernel takes 4096 instructions (BPF_MAXINSNS); a longer filter would run in the probe, on every frame of the wire.
  it.each<[string, SyncChannel[], string, boolean]>([
    ['Ethernet', [DEFAULT], 'EN10MB', true],
    ['Ethernet, ten channels', [...many, OPTIONS, IPV6], 'EN10MB', true],
    ['raw IP (a tunnel)', [DEFAULT, IPV6], 'RAW', false],
    ['cooked', [DEFAULT, IPV6], 'LINUX_SLL', false],
    ['no channel at all', [], 'EN10MB', true],
  ])('%s: it compiles and fits the kernel', (_name, channels, link, tagged) => {
    const code = run('tcpdump', ['-y', link, '-d', captureFilter(channels, { tagged })])
      .toString()
      .trim()
      .split('\n');
    expect(code.length).toBeGreaterThan(10);
    expect(code.length).toBeLessThan(4096);
  });
});
