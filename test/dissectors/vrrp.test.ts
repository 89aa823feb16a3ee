/** VRRP octets by hand: RFC 3768 section 5.3 (v2), RFC 5798 and 9568 section 5.2 (v3), and what programs make of the checksum. */
import { describe, expect, test } from 'vitest';
import type { Carp } from '../../dissectors/carp.ts';
import { type Dissection, dissect, type Frame } from '../../dissectors/dissect.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';
import { frameOf, octets, u16, u32 } from '../sync-message.ts';

const SOURCE = '10.0.0.11';
const GROUP = '224.0.0.18';
const PEER = '10.0.0.12';
const ETHERNET = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x01, 51];

function onesComplement(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function ip(payload: readonly number[], { destination = GROUP, ttl = 255, protocol = 112 } = {}): number[] {
  const head = [0x45, 0xc0, ...u16(20 + payload.length), 0, 0, 0x40, 0, ttl, protocol];
  const ends = [...octets(SOURCE), ...octets(destination)];
  return [...head, ...u16(onesComplement([...head, 0, 0, ...ends])), ...ends, ...payload];
}

function ip6(payload: readonly number[], source: string, destination: string, ttl = 255): number[] {
  return [0x60, 0, 0, 0, ...u16(payload.length), 112, ttl, ...octets(source), ...octets(destination), ...payload];
}

const pseudo = (destination: string, length: number): number[] => [...octets(SOURCE), ...octets(destination), 0, 112, ...u16(length)];

/** Puts the checksum in its place, summed over `before` and the message. */
function summed(message: readonly number[], before: readonly number[] = []): number[] {
  const out = [...message];
  out.splice(6, 2, ...u16(onesComplement([...before, ...message])));
  return out;
}

const v2 = (addresses: string[], { auth = 0, authentication = new Array<number>(8).fill(0), type = 1, priority = 100 } = {}): number[] => [
  0x20 | type,
  51,
  priority,
  addresses.length,
  auth,
  1,
  0,
  0,
  ...addresses.flatMap(octets),
  ...authentication,
];
const v3 = (addresses: string[], centiseconds = 100, reserved = 0): number[] => [
  0x31,
  51,
  100,
  addresses.length,
  ...u16((reserved << 12) | centiseconds),
  0,
  0,
  ...addresses.flatMap(octets),
];
const VIP = ['10.0.0.100'];
const hmac = (type = 1): number[] => [type, 7, 0, 0, ...u32(1_795_000_000), ...u16(500), ...u16(3), ...new Array<number>(16).fill(0xab)];

const read = (frame: Frame): Dissection => dissect(frame, { reassembly: createReassembly(), syncChannels: [] });
const ethernet = (packet: readonly number[], etherType = 0x0800): Frame => frameOf([...ETHERNET, ...u16(etherType), ...packet]);
const vrrpOf = (dissection: Dissection): Vrrp | undefined => dissection.layers.find((layer) => layer.protocol === 'vrrp');
const codes = (dissection: Dissection): string[] => dissection.notes.map((note) => note.code);

describe('the five dialects of the checksum', () => {
  const v3Message = v3(VIP);
  const v6Message = v3(['fe80::64', 'fd99::64']);
  const v6Pseudo = [...octets('fe80::b'), ...octets('ff02::12'), ...u32(v6Message.length), 0, 0, 0, 112];
  const rows: [string, Frame, Vrrp['dialect']][] = [
    ['v2: the message alone', ethernet(ip(summed(v2(VIP)))), 'v2'],
    ['v3 without pseudo-header', ethernet(ip(summed(v3Message))), 'v3'],
    ['v3 with pseudo-header', ethernet(ip(summed(v3Message, pseudo(GROUP, v3Message.length)))), 'v3_pseudo_header'],
    [
      'unicast v3, its own pseudo-header',
      ethernet(ip(summed(v3Message, pseudo(PEER, v3Message.length)), { destination: PEER })),
      'v3_pseudo_header',
    ],
    [
      'unicast v3, the pseudo-header of 224.0.0.18',
      ethernet(ip(summed(v3Message, pseudo(GROUP, v3Message.length)), { destination: PEER })),
      'v3_pseudo_header_multicast',
    ],
    ['IPv6', ethernet(ip6(summed(v6Message, v6Pseudo), 'fe80::b', 'ff02::12'), 0x86dd), 'ipv6'],
  ];
  test.each(rows)('%s', (_, frame, dialect) => {
    const dissection = read(frame);
    expect(vrrpOf(dissection)?.dialect).toBe(dialect);
    expect(dissection.fault).toBeNull();
    expect(dissection.notes).toEqual([]);
  });

  test.each(rows)('%s, with a bit flipped, is wrong in all of them', (_, frame) => {
    const bytes = frame.bytes.slice();
    bytes[bytes.length - 1] ^= 0x10;
    const dissection = read({ ...frame, bytes });
    expect(vrrpOf(dissection)?.dialect).toBeNull();
    expect(codes(dissection)).toContain('checksum');
  });
});

test('version 2 in all its fields', () => {
  const dissection = read(
    ethernet(ip(summed(v2(['10.0.0.100', '10.0.0.101'], { auth: 1, authentication: [...Buffer.from('secret!!')] })))),
  );
  expect(vrrpOf(dissection)).toEqual({
    protocol: 'vrrp',
    version: 2,
    type: 1,
    vrid: 51,
    priority: 100,
    count: 2,
    intervalCentiseconds: 100,
    addresses: [0x0a000064, 0x0a000065],
    authentication: 'pass',
    secret: null,
    checksum: expect.any(Number),
    dialect: 'v2',
    hmac: null,
  });
});

test("Cisco's MD5 has 16 octets behind the 8, which are not kept", () => {
  const message = v2(VIP, { auth: 254, authentication: [...new Array<number>(8).fill(0), ...new Array<number>(16).fill(0xcd)] });
  const dissection = read(ethernet(ip(summed(message))));
  expect(vrrpOf(dissection)).toMatchObject({ authentication: 254, dialect: 'v2', hmac: null });
  expect(dissection.notes).toEqual([]);
});

test('a unicast advert may come through routers', () => {
  expect(read(ethernet(ip(summed(v2(VIP)), { destination: PEER, ttl: 61 }))).notes).toEqual([]);
});

test("keepalived's HMAC trailer: key, moment and counter, not the digest", () => {
  const message = v2(VIP);
  const dissection = read(ethernet(ip([...summed(message), ...hmac()])));
  expect(vrrpOf(dissection)).toMatchObject({ dialect: 'v2', hmac: { keyId: 7, seconds: 1_795_000_000, subseconds: 500, counter: 3 } });
  expect(dissection.notes).toEqual([]);
  const within = read(ethernet(ip(summed([...message, ...hmac()]))));
  expect(vrrpOf(within)).toMatchObject({ dialect: 'v2', hmac: { keyId: 7 } });
});

/** docs/wire-facts.md: Linux sums and checks whatever is sent over IPv6, so a receiver never sees what adds up without the trailer alone. */
test('over IPv6 the trailer is within the checksum', () => {
  const message = v3(['fe80::64']);
  const pseudo6 = (length: number) => [...octets('fe80::b'), ...octets('ff02::12'), ...u32(length), 0, 0, 0, 112];
  const within = summed([...message, ...hmac()], pseudo6(message.length + 28));
  expect(codes(read(ethernet(ip6(within, 'fe80::b', 'ff02::12'), 0x86dd)))).toEqual([]);
  const outside = [...summed(message, pseudo6(message.length)), ...hmac()];
  expect(codes(read(ethernet(ip6(outside, 'fe80::b', 'ff02::12'), 0x86dd)))).toEqual(['checksum']);
});

const NOTED: [string, number[], string][] = [
  ['TTL 254', ip(summed(v2(VIP)), { ttl: 254 }), 'ttl'],
  ['type 2', ip(summed(v2(VIP, { type: 2 }))), 'type'],
  ['reserved bits', ip(summed(v3(VIP, 100, 5))), 'reserved'],
  ['no address', ip(summed(v2([]))), 'vip_count'],
  ['interval 0', ip(summed(v3(VIP, 0))), 'interval'],
  ['four octets more', ip([...summed(v2(VIP)), 0, 0, 0, 0]), 'length'],
  ['28 octets more that are no trailer', ip([...summed(v2(VIP)), ...hmac(9)]), 'length'],
  ['a trailer with reserved bits', ip([...summed(v2(VIP)), ...hmac().with(3, 1)]), 'hmac_malformed'],
  ['another group', ip(summed(v2(VIP)), { destination: '224.0.10.18' }), 'group_odd'],
  ['authentication AH without the header', ip(summed(v2(VIP, { auth: 2 }))), 'auth_type'],
];
test.each(NOTED)('%s is noted', (_, packet, code) => {
  const dissection = read(ethernet(packet));
  expect(codes(dissection)).toContain(code);
  expect(vrrpOf(dissection)?.vrid).toBe(51);
});

test('an IPv6 advert whose first address is not link-local is noted (RFC 9568 section 5.2.9)', () => {
  const message = v3(['fd99::64']);
  const pseudo6 = [...octets('fe80::b'), ...octets('ff02::12'), ...u32(message.length), 0, 0, 0, 112];
  expect(codes(read(ethernet(ip6(summed(message, pseudo6), 'fe80::b', 'ff02::12'), 0x86dd)))).toEqual(['vip_order']);
});

describe('malformed', () => {
  test('fewer octets than the addresses need: what is there, and the fault', () => {
    const message = v3(['10.0.0.100', '10.0.0.101']).slice(0, 14);
    const dissection = read(ethernet(ip(summed(message))));
    expect(dissection.fault).toMatchObject({ protocol: 'vrrp', code: 'length' });
    expect(vrrpOf(dissection)).toMatchObject({ count: 2, addresses: [0x0a000064] });
  });

  const STOPPED: [string, number[], string][] = [
    ['seven octets', [0x21, 51, 100, 1, 0, 1, 0], 'truncated'],
    ['version 1', [0x11, ...v2(VIP).slice(1)], 'version'],
    ['version 4', [0x41, ...v2(VIP).slice(1)], 'version'],
    ['nothing', [], 'truncated'],
  ];
  test.each(STOPPED)('%s', (_, message, code) => {
    const dissection = read(ethernet(ip(message)));
    expect(dissection.fault).toMatchObject({ protocol: 'vrrp', code });
    expect(vrrpOf(dissection)).toBeUndefined();
    expect(dissection.layers.at(-1)?.protocol).toBe('ipv4');
  });
});

describe('CARP, which took the protocol number', () => {
  const carp = [0x21, 51, 20, 7, 0, 1, 0x12, 0x34, ...new Array<number>(28).fill(0x5a)];

  test('is told apart by its 36 octets and the 7', () => {
    const dissection = read(ethernet(ip(carp)));
    expect(dissection.layers.at(-1) as Carp).toEqual({ protocol: 'carp', vhid: 51, advskew: 20, advbase: 1, demotion: 0 });
  });

  test('a VRRPv2 advert of seven addresses has 44 octets and is VRRP', () => {
    const seven = Array.from({ length: 7 }, (_, i) => `10.0.0.${100 + i}`);
    expect(vrrpOf(read(ethernet(ip(summed(v2(seven))))))).toMatchObject({ count: 7, dialect: 'v2' });
  });
});

describe('inside AH (RFC 4302 section 2)', () => {
  const header = (next: number, words: number): number[] => [
    next,
    words,
    0,
    0,
    ...octets(SOURCE),
    ...u32(9),
    ...new Array<number>(12).fill(1),
  ];

  test('the advert is read, index and sequence are kept', () => {
    const dissection = read(ethernet(ip([...header(112, 4), ...summed(v2(VIP, { auth: 2 }))], { protocol: 51 })));
    expect(dissection.layers.map((layer) => layer.protocol)).toEqual(['ethernet', 'ipv4', 'ah', 'vrrp']);
    expect(dissection.layers[2]).toEqual({ protocol: 'ah', nextHeader: 112, spi: 0x0a00000b, sequence: 9 });
    expect(vrrpOf(dissection)).toMatchObject({ authentication: 'ah', dialect: 'v2' });
  });

  test('the header around an advert that knows nothing of it is noted', () => {
    const dissection = read(ethernet(ip([...header(112, 4), ...summed(v2(VIP))], { protocol: 51 })));
    expect(codes(dissection)).toEqual(['auth_type']);
  });

  test.each([
    ['a length of 8 octets', 0, 'length'],
    ['longer than the packet', 60, 'truncated'],
  ])('%s', (_, words, code) => {
    expect(read(ethernet(ip([...header(112, words)], { protocol: 51 }))).fault).toMatchObject({ protocol: 'ah', code });
  });
});
