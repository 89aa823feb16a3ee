/** Where secrets lie (RFC 3768 section 5.3.6 to 5.3.10, RFC 2338 section 5.3.6, RFC 4302 section 2) and what a masked copy says. */
import { describe, expect, test } from 'vitest';
import { type Dissection, dissect, type Frame } from '../../dissectors/dissect.ts';
import { maskSecrets } from '../../dissectors/mask.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';
import { createSecretNumbers } from '../../src/secrets.ts';
import { octets, u16 } from '../sync-message.ts';
import { type AdvertFields, advert, groupMac, LB1, link, onesComplement } from '../wire-frames.ts';

const PASSWORD = 'geh2heim';
const read = (frame: Frame, secretNumber = createSecretNumbers()): Dissection =>
  dissect(frame, { reassembly: createReassembly(), syncChannels: [], secretNumber });
const vrrpOf = ({ layers }: Dissection): Vrrp | undefined => layers.find((layer) => layer.protocol === 'vrrp');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function masked(frame: Frame, secretNumber = createSecretNumbers()): Frame {
  const { secrets } = read(frame, secretNumber);
  const bytes = frame.bytes.slice();
  maskSecrets(bytes, secrets ?? []);
  return { ...frame, bytes };
}

/** An IPv4 packet around a payload, from LB1 to 224.0.0.18. */
function packet(payload: readonly number[], { protocol = 112, fragment = 0, total = 20 + payload.length, spoil = 0 } = {}): Frame {
  const head = [0x45, 0xc0, ...u16(total), 0, 7, ...u16(fragment), 255, protocol];
  const ends = [...octets(LB1.address), ...octets('224.0.0.18')];
  const sum = u16(onesComplement([...head, 0, 0, ...ends]) ^ spoil);
  return link(0, { from: LB1.mac, to: groupMac('224.0.0.18'), etherType: 0x0800 }, [...head, ...sum, ...ends, ...payload]);
}

const messageOf = (fields: AdvertFields): number[] => [...advert(0, fields).bytes.subarray(34)];
const WITH_PASSWORD = messageOf({ password: PASSWORD });

describe('a password', () => {
  test('is told apart by number', () => {
    const secretNumber = createSecretNumbers();
    const numbers = ['one', 'two', 'one', 'three', 'two'].map((password) => vrrpOf(read(advert(0, { password }), secretNumber))?.secret);
    expect(numbers).toEqual([1, 2, 1, 3, 2]);
  });

  test('is not compared where there is none, or nobody said how', () => {
    expect(vrrpOf(read(advert(0)))?.secret).toBeNull();
    expect(vrrpOf(read(advert(0, { version: 3 })))?.secret).toBeNull();
    const { layers } = dissect(advert(0, { password: 'one' }), { reassembly: createReassembly(), syncChannels: [] });
    expect(layers.at(-1)).toMatchObject({ protocol: 'vrrp', secret: null });
  });

  test('is a pseudonym in the copy, whose checksum is as right as before', () => {
    const secretNumber = createSecretNumbers();
    const [one, two, again] = ['geh2heim', 'other', 'geh2heim'].map((password) => masked(advert(0, { password }), secretNumber));
    expect(text(one.bytes.slice(-8))).toBe('masked01');
    expect(text(two.bytes.slice(-8))).toBe('masked02');
    expect(again.bytes).toEqual(one.bytes);
    // By hand: the sum over the whole message is 0xffff (RFC 1071), so that its complement is 0.
    for (const { bytes } of [one, two]) expect(onesComplement([...bytes.subarray(34)])).toBe(0);
    for (const frame of [one, two]) expect(read(frame)).toMatchObject({ fault: null, notes: [] });
  });

  test('a wrong checksum stays wrong', () => {
    const frame = masked(advert(0, { password: PASSWORD, dialect: 'wrong' }));
    expect(text(frame.bytes)).not.toContain(PASSWORD);
    expect(vrrpOf(read(frame))?.dialect).toBeNull();
  });

  test('the hundredth has its own pseudonym too', () => {
    const bytes = new Uint8Array(16);
    for (const [i, number] of [100, 1000].entries()) maskSecrets(bytes, [{ at: i * 8, octets: 8, number, checksumAt: null }]);
    expect(text(bytes)).toBe('maske100mask1000');
  });

  test('one not seen for long is forgotten, those in use keep their number', () => {
    const secretNumber = createSecretNumbers();
    const password = (n: number) => new TextEncoder().encode(`pass${n}`.padEnd(8));
    expect(secretNumber(password(0))).toBe(1);
    for (let n = 1; n <= 3000; n++) {
      secretNumber(password(n));
      if (n % 100 === 0) expect(secretNumber(password(0))).toBe(1);
    }
    expect(secretNumber(password(1))).toBe(3002);
  });
});

/** [what, frame]: the password lies somewhere in each, in the last rows where no VRRP header says so. */
const PLACES: [string, Frame][] = [
  ['a whole advert', advert(0, { password: PASSWORD })],
  ['with a VLAN tag', advert(0, { password: PASSWORD, vlan: 7 })],
  ['authentication type 0', advert(0, { password: PASSWORD, auth: 0 })],
  ['an unknown authentication type', advert(0, { password: PASSWORD, auth: 9 })],
  ['a count too small', advert(0, { password: PASSWORD, addresses: ['10.0.0.1', '10.0.0.2'], count: 1 })],
  ['a count too large', advert(0, { password: PASSWORD, count: 3 })],
  ['a version 3 advert with a password behind it', advert(0, { version: 3, trailer: [...Buffer.from(PASSWORD)] })],
  ['a version nobody knows', packet([0x51, ...WITH_PASSWORD.slice(1)])],
  ['an IP length that ends before the password', packet(WITH_PASSWORD, { total: 32 })],
  ['an IP length beyond the frame', packet(WITH_PASSWORD, { total: 400 })],
  ['a wrong IP header checksum', packet(WITH_PASSWORD, { spoil: 0x1111 })],
  ['a short header', packet([...Buffer.from(PASSWORD)].slice(0, 7))],
  ['within AH', packet([112, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, ...new Array<number>(12).fill(0xee), ...WITH_PASSWORD], { protocol: 51 })],
  ['within AH that is too short', packet([112, 0, 0, 0, ...WITH_PASSWORD], { protocol: 51 })],
  ['in a tunnel that is not read', packet(WITH_PASSWORD, { protocol: 47 })],
  ['as a link type that is not read', { ...advert(0, { password: PASSWORD }), linkType: 147 }],
  ['as padding behind an advert', packet([...messageOf({}), ...Buffer.from(PASSWORD)], { total: 20 + messageOf({}).length })],
];

test.each(PLACES)('no password in the copy: %s', (_, frame) => {
  const copy = masked(frame);
  expect(copy.bytes.length).toBe(frame.bytes.length);
  expect(text(frame.bytes)).toContain(PASSWORD.slice(0, 7));
  for (let from = 0; from <= 5; from++) expect(text(copy.bytes)).not.toContain(PASSWORD.slice(from, from + 3));
});

test.each(PLACES)('the copy reads as the frame did: %s', (_, frame) => {
  const [before, after] = [read(frame), read(masked(frame))];
  expect(after.fault).toEqual(before.fault);
  expect(after.layers.map(({ protocol }) => protocol)).toEqual(before.layers.map(({ protocol }) => protocol));
  expect(after.notes.map(({ code }) => code)).toEqual(before.notes.map(({ code }) => code));
  expect(vrrpOf(after)?.dialect).toBe(vrrpOf(before)?.dialect);
});

test("digests go too: AH's check value, Cisco's MD5, the trailer's HMAC, CARP's", () => {
  const digest = new Array<number>(12).fill(0xee);
  const ah = packet([112, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, ...digest, ...messageOf({})], { protocol: 51 });
  const trailer = [1, 7, 0, 0, 0x6a, 0xfd, 0x1b, 0x80, 1, 2, 0, 3, ...new Array<number>(16).fill(0xee)];
  const cisco = packet([...messageOf({ auth: 254 }), ...new Array<number>(16).fill(0xee)]);
  const carp = packet([0x21, 1, 0, 7, 0, 1, 0xab, 0xcd, ...new Array<number>(8).fill(3), ...new Array<number>(20).fill(0xee)]);
  for (const frame of [ah, advert(0, { trailer }), advert(0, { version: 3, trailer }), cisco, carp]) {
    expect([...frame.bytes]).toContain(0xee);
    expect([...masked(frame).bytes]).not.toContain(0xee);
    expect(vrrpOf(read(masked(frame)))?.dialect).toBe(vrrpOf(read(frame))?.dialect);
    expect(vrrpOf(read(masked(frame)))?.hmac).toEqual(vrrpOf(read(frame))?.hmac);
  }
});

test('what holds no secret is left as it is', () => {
  const frame = advert(0, { version: 3 });
  expect(masked(frame).bytes).toEqual(frame.bytes);
  expect(read(frame).secrets).toEqual([]);
});

test.each([
  ['the first fragment', 0x2000],
  ['a later one', 0x0001],
])('%s of anything but UDP is not to be kept at all', (_, fragment) => {
  expect(read(packet(WITH_PASSWORD.slice(0, 16), { fragment })).secrets).toBeNull();
  expect(read(packet(WITH_PASSWORD.slice(0, 16), { fragment, protocol: 17 })).secrets).toEqual([]);
});
