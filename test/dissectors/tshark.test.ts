/**
 * tshark agrees, where it is right, on every VRRP, IGMP, ARP, MLD and neighbor discovery field that we show, and on IPVS records
 * without options. The oracle is made by `node test/oracle/make-oracle.js`; of tcpdump's vrrp.pcap it is made on the spot.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { addressText, ipv4Text, macText } from '../../dissectors/address.ts';
import { isGratuitous, isProbe } from '../../dissectors/arp.ts';
import { dissect } from '../../dissectors/dissect.ts';
import type { Ipvs } from '../../dissectors/ipvs.ts';
import { V0, V1 } from '../../dissectors/ipvs-record.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { Layer } from '../../dissectors/registry.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { FIXTURES, needs, TCPDUMP_TESTS } from '../environment.ts';
import { askTshark } from '../oracle/tshark.js';

type Row = Readonly<Record<string, string>>;

/** Numbers of IGMP and MLD record types on the wire (RFC 3376 section 4.2.12). */
const RECORD_TYPES = { is_in: 1, is_ex: 2, to_in: 3, to_ex: 4, allow: 5, block: 6 } as const;
const IGMP_TYPES: Readonly<Record<string, string>> = {
  '1query': '0x11',
  '2query': '0x11',
  '3query': '0x11',
  '1report': '0x12',
  '2report': '0x16',
  '2leave': '0x17',
  '3report': '0x22',
};
/** tshark always takes the pseudo-header over IPv4 in version 3. */
const TSHARKS_V3_DIALECT = 'v3_pseudo_header';
const AUTHENTICATION: Readonly<Record<string, string>> = { none: '0', pass: '1', ah: '2' };

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
const flag = (value: boolean): string => (value ? '1' : '0');

function rowsOf(text: string): Row[] {
  const [head, ...lines] = text.trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i], value])));
}

function vrrpRow(layer: Extract<Layer, { protocol: 'vrrp' }>): Row {
  const v6 = layer.addresses[0] instanceof Uint8Array;
  const addresses = layer.addresses.map(addressText).join(',');
  return {
    'vrrp.version': `${layer.version}`,
    'vrrp.type': `${layer.type}`,
    'vrrp.virt_rtr_id': `${layer.vrid}`,
    'vrrp.prio': `${layer.priority}`,
    'vrrp.addr_count': `${layer.count}`,
    'vrrp.auth_type': layer.version === 2 ? (AUTHENTICATION[layer.authentication] ?? `${layer.authentication}`) : '',
    'vrrp.adver_int': layer.version === 2 ? `${layer.intervalCentiseconds / 100}` : '',
    'vrrp.short_adver_int': layer.version === 3 ? `${layer.intervalCentiseconds}` : '',
    'vrrp.ip_addr': v6 ? '' : addresses,
    'vrrp.ipv6_addr': v6 ? addresses : '',
    'vrrp.checksum': hex(layer.checksum, 4),
    'vrrp.checksum.status': flag(layer.dialect === (layer.version === 2 ? 'v2' : v6 ? 'ipv6' : TSHARKS_V3_DIALECT)),
  };
}

function igmpRow(layer: Extract<Layer, { protocol: 'igmp' }>, noted: ReadonlySet<string>): Row {
  const groups =
    layer.version === 3 && layer.kind === 'report' ? layer.records.map((record) => addressText(record.group)) : [ipv4Text(layer.group)];
  return {
    'igmp.version': `${layer.version}`,
    'igmp.type': IGMP_TYPES[layer.version + layer.kind],
    'igmp.maddr': groups.join(','),
    'igmp.record_type': layer.records.map((record) => RECORD_TYPES[record.kind]).join(','),
    'igmp.saddr': [...layer.sources, ...layer.records.flatMap((record) => record.sources)].map(addressText).join(','),
    'igmp.checksum.status': flag(!noted.has('igmp.checksum')),
    // tshark prints that octet of reports too, and 0 for version 1.
    ...(layer.kind === 'query' && layer.version === 2 ? { 'igmp.max_resp': `${layer.maxResponseDeciseconds}` } : {}),
  };
}

function arpRow(layer: Extract<Layer, { protocol: 'arp' }>): Row {
  return {
    'arp.opcode': `${layer.operation}`,
    'arp.src.hw_mac': macText(layer.senderMac),
    'arp.src.proto_ipv4': ipv4Text(layer.senderAddress),
    'arp.dst.hw_mac': macText(layer.targetMac),
    'arp.dst.proto_ipv4': ipv4Text(layer.targetAddress),
    'arp.isgratuitous': isGratuitous(layer) ? '1' : '',
    'arp.isprobe': isProbe(layer) ? '1' : '',
  };
}

function mldRow(layer: Extract<Layer, { protocol: 'mld' }>): Row {
  return {
    'icmpv6.mld.multicast_address': layer.group ? addressText(layer.group) : '',
    'icmpv6.mld.source_address': layer.sources.map(addressText).join(','),
    'icmpv6.mldr.mar.source_address': layer.records.flatMap((record) => record.sources.map(addressText)).join(','),
    'icmpv6.mldr.mar.record_type': layer.records.map((record) => RECORD_TYPES[record.kind]).join(','),
    'icmpv6.mldr.mar.multicast_address': layer.records.map((record) => addressText(record.group)).join(','),
  };
}

function ndpRow(layer: Extract<Layer, { protocol: 'ndp' }>): Row {
  const target = layer.target ? addressText(layer.target) : '';
  const advertisement = layer.kind === 'neighbor_advertisement';
  return {
    'icmpv6.nd.ns.target_address': layer.kind === 'neighbor_solicitation' ? target : '',
    'icmpv6.nd.na.target_address': advertisement ? target : '',
    'icmpv6.nd.na.flag.r': advertisement ? flag(layer.router) : '',
    'icmpv6.nd.na.flag.s': advertisement ? flag(layer.solicited) : '',
    'icmpv6.nd.na.flag.o': advertisement ? flag(layer.override) : '',
    'icmpv6.nd.rd.target_address': layer.kind === 'redirect' ? target : '',
    'icmpv6.opt.src_linkaddr': layer.sourceMac === null ? '' : macText(layer.sourceMac),
    'icmpv6.opt.target_linkaddr': layer.targetMac === null ? '' : macText(layer.targetMac),
  };
}

function ipvsRow({ version, syncid, size, count, view, records }: Ipvs): Row {
  const at = version === 1 ? { ...V1, virtual: V1.client + 4, destination: V1.client + 8 } : V0;
  const each = (read: (p: number) => string) => records.map(read).join(',');
  return {
    'ipvs.conncount': `${count}`,
    'ipvs.syncid': `${syncid}`,
    'ipvs.size': `${size}`,
    'ipvs.proto': each((p) => hex(view.getUint8(p + at.proto), 2)),
    'ipvs.caddr': each((p) => ipv4Text(view.getUint32(p + at.client))),
    'ipvs.cport': each((p) => `${view.getUint16(p + at.clientPort)}`),
    'ipvs.vaddr': each((p) => ipv4Text(view.getUint32(p + at.virtual))),
    'ipvs.vport': each((p) => `${view.getUint16(p + at.virtualPort)}`),
    'ipvs.daddr': each((p) => ipv4Text(view.getUint32(p + at.destination))),
    'ipvs.dport': each((p) => `${view.getUint16(p + at.destinationPort)}`),
    'ipvs.state': each((p) => hex(view.getUint16(p + at.state), 4)),
    ...(version === 0
      ? { 'ipvs.flags': each((p) => hex(view.getUint16(p + V0.flags), 4)) }
      : {
          'ipvs.flags.v1': each((p) => hex(view.getUint32(p + V1.flags), 8)),
          'ipvs.timeout': each((p) => `${view.getUint32(p + V1.timeout)}`),
          'ipvs.fwmark': each((p) => hex(view.getUint32(p + V1.fwmark), 8)),
        }),
  };
}

/** One layer of ours in tshark's field names; null for those it is not asked about. */
function rowOf(layer: Layer, noted: ReadonlySet<string>): Row | null {
  switch (layer.protocol) {
    case 'vrrp':
      return vrrpRow(layer);
    case 'ah':
      return { 'ah.next_header': `${layer.nextHeader}`, 'ah.spi': hex(layer.spi, 8), 'ah.sequence': `${layer.sequence}` };
    case 'igmp':
      return igmpRow(layer, noted);
    case 'arp':
      return arpRow(layer);
    case 'icmpv6':
      return {
        'icmpv6.type': `${layer.type}`,
        'icmpv6.code': `${layer.code}`,
        'icmpv6.checksum.status': flag(!noted.has('icmpv6.checksum')),
      };
    case 'mld':
      return mldRow(layer);
    case 'ndp':
      return ndpRow(layer);
    case 'ipvs':
      return ipvsRow(layer);
    default:
      return null;
  }
}

/** The field whose presence in tshark's row says that the protocol is there. */
const MARKERS: Readonly<Record<string, (row: Row) => boolean>> = {
  vrrp: (row) => Boolean(row['vrrp.version']),
  ah: (row) => Boolean(row['ah.spi']),
  igmp: (row) => Boolean(row['igmp.version']),
  arp: (row) => Boolean(row['arp.opcode']),
  icmpv6: (row) => Boolean(row['icmpv6.type']),
  mld: (row) => ['130', '131', '132', '143'].includes(row['icmpv6.type']),
  ndp: (row) => ['133', '134', '135', '136', '137'].includes(row['icmpv6.type']),
  ipvs: (row) => Boolean(row['ipvs.conncount']),
};

/** Records that tshark reads right (protocol facts 1): version 0 without sequence numbers, version 1 over IPv4 without options. */
function trusted(row: Row): boolean {
  const sizes = (row['ipvs.size.v1'] ?? '').split(',').filter(Boolean);
  const plain = sizes.every((size) => size === '36') && !/[^0,x]/.test(row['ipvs.type'] ?? '');
  const hostile = row['_ws.malformed'] !== '' || sizes.length !== Number(row['ipvs.conncount']);
  return sizes.length > 0 ? plain && !hostile : row['_ws.malformed'] === '' && row['ipvs.conncount'] !== '0';
}

function compare(capture: string, oracle: Row[]): Record<string, number> {
  const compared: Record<string, number> = {};
  const options = {
    reassembly: createReassembly(),
    syncChannels: ['224.0.0.81:8848-8911', '239.1.2.3:9000-9003', '[ff02::81]:8848'].map(parseSyncChannel),
  };
  const stream = new PcapStream({
    name: capture,
    frame: (frame) => {
      const theirs = oracle[frame.number - 1];
      const dissection = dissect(frame, options);
      const notes = dissection.fault ? [dissection.fault, ...dissection.notes] : dissection.notes;
      const noted = new Set(notes.map((note) => `${note.protocol}.${note.code}`));
      // What a backup drops, tshark shows all the same: there the kernel is the oracle (test/kernel.test.ts).
      const odd = notes.some((note) => note.protocol === 'ipvs');
      for (const [protocol, isThere] of Object.entries(MARKERS)) {
        if (protocol === 'ipvs' && (odd || !trusted(theirs))) continue;
        const layer = dissection.layers.find((each) => each.protocol === protocol);
        expect(layer !== undefined, `${protocol} in frame ${frame.number}`).toBe(isThere(theirs));
        if (!layer) continue;
        const row = rowOf(layer, noted) ?? {};
        const expected = Object.fromEntries(Object.keys(row).map((field) => [field, theirs[field] ?? '']));
        expect(row, `${protocol} in frame ${frame.number}`).toEqual(expected);
        compared[protocol] = (compared[protocol] ?? 0) + 1;
      }
    },
  });
  stream.push(readFileSync(capture));
  return compared;
}

describe('lab captures', () => {
  const folder = join(FIXTURES, 'oracle');
  const names = readdirSync(folder).map((file) => file.replace('.tsv.gz', ''));
  const sum: Record<string, number> = {};

  test.each(names)('%s', (name) => {
    const oracle = rowsOf(gunzipSync(readFileSync(join(folder, `${name}.tsv.gz`))).toString());
    const compared = compare(join(FIXTURES, 'captures', `${name}.pcap`), oracle);
    for (const [marker, frames] of Object.entries(compared)) sum[marker] = (sum[marker] ?? 0) + frames;
    expect(Object.keys(compared).length).toBeGreaterThan(0);
  });

  test('enough of each protocol was compared', () => {
    expect(sum.vrrp).toBeGreaterThanOrEqual(700);
    expect(sum.ah).toBeGreaterThan(20);
    expect(sum.igmp).toBeGreaterThan(100);
    expect(sum.arp).toBeGreaterThan(700);
    expect(sum.icmpv6).toBeGreaterThan(500);
    expect(sum.mld).toBeGreaterThan(100);
    expect(sum.ndp).toBeGreaterThan(50);
    expect(sum.ipvs).toBeGreaterThan(20);
  });
});

describe.skipIf(needs('tcpdump-tests', 'tshark'))("tcpdump's own captures", () => {
  test.each([
    ['vrrp.pcap', { vrrp: 165 }],
    ['IGMP_V1.pcap', { igmp: 27 }],
    ['IGMP_V2.pcap', { igmp: 18 }],
    ['igmpv3-queries.pcap', { igmp: 6 }],
    ['icmpv6.pcap', { ndp: 1, mld: 4 }],
    ['icmpv6-ns-nonce.pcap', { ndp: 1 }],
    ['icmpv6-ra-pref64.pcap', { ndp: 4 }],
    ['dcb_ets.pcap', { icmpv6: 20 }],
    ['OSPFv3_with_AH.pcap', { ah: 61 }],
    ['bgp-4byte-asn.pcap', { arp: 12 }],
    ['isakmp4500.pcap', { arp: 8 }],
    ['802.1ad_QinQ.pcap', { arp: 2 }],
  ])('%s', (name, frames) => {
    const capture = join(TCPDUMP_TESTS, name);
    expect(compare(capture, rowsOf(askTshark(capture)))).toMatchObject(frames);
  });
});
