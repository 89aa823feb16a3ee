/** Authentication as far as it shows without keys: AH numbers (RFC 4302 section 3.4.3), the HMAC trailer's time, counter and key. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { octets, u16, u32 } from '../../sync-message.ts';
import { watch, watchRecording } from '../../watched.ts';
import { type AdvertFields, advert, at, LB1, LB2, onesComplement } from '../../wire-frames.ts';

const found = (frames: readonly Frame[]) => watch(frames).kinds.filter((kind) => /^vrrp\.(ah_|hmac_|auth_plain)/.test(kind));

/** keepalived's AH around an advert: next header 112, 4 words, SPI the source address, 12 octets of digest. */
function ah(seconds: number, sequence: number, { spi = octets(LB1.address), ...fields }: AdvertFields & { spi?: number[] } = {}): Frame {
  const plain = advert(seconds, { auth: 2, ...fields });
  const [link, message] = [plain.bytes.subarray(0, 14), plain.bytes.subarray(34)];
  const header = [112, 4, 0, 0, ...spi, ...u32(sequence), ...new Array<number>(12).fill(5)];
  const ip = [0x45, 0xc0, ...u16(20 + header.length + message.length), 0, 0, 0x40, 0, 255, 51];
  const ends = [...plain.bytes.subarray(26, 34)];
  const sum = onesComplement([...ip, 0, 0, ...ends]);
  const bytes = Uint8Array.from([...link, ...ip, ...u16(sum), ...ends, ...header, ...message]);
  return { ...plain, bytes, originalLength: bytes.length };
}

/** draft-cassen-vrrp-auth-hmac: type, key id, reserved, seconds, fraction, counter, 16 octets. */
function signed(
  seconds: number,
  { key = 1, off = 0, counter = 1, ...fields }: AdvertFields & { key?: number; off?: number; counter?: number } = {},
) {
  const micros = at(seconds + off);
  const whole = Math.floor(micros / 1e6);
  const fraction = Math.floor(((micros % 1e6) / 1e6) * 65536);
  const trailer = [1, key, 0, 0, ...u32(whole), ...u16(fraction), ...u16(counter), ...new Array<number>(16).fill(7)];
  return advert(seconds, { version: 3, trailer, ...fields });
}

const SECOND_ROUTER = { from: LB2, priority: 110 };
const OTHER = { ...SECOND_ROUTER, spi: octets(LB2.address) };
const CASES: readonly [string, readonly Frame[], string[]][] = [
  ['AH numbers that grow by one', [ah(1, 7), ah(2, 8), ah(3, 9)], []],
  ['one number left out', [ah(1, 7), ah(2, 9)], ['vrrp.ah_gap']],
  ['a number again', [ah(1, 7), ah(2, 7)], ['vrrp.ah_replay']],
  ['a lower number', [ah(1, 7), ah(2, 6)], ['vrrp.ah_replay']],
  // RFC 3768 section 6.1: one that starts waits for 3 intervals and its skew.
  ['a lower number after 3 intervals', [ah(1, 7), ah(4.01, 1)], []],
  ['a lower number just before that', [ah(1, 7), ah(3.99, 1)], ['vrrp.ah_replay']],
  ['a lower number after a resignation', [ah(1, 7), ah(1.2, 8, { priority: 0 }), ah(2, 1)], []],
  // As in vrrp-zoo: 10.99.0.12 sends 8 after the 7 of 10.99.0.11, which goes on with 18 after the 17 of 10.99.0.12.
  ['numbers that another sent in between', [ah(1, 7), ...[1.5, 2.5].map((s, i) => ah(s, 8 + i, OTHER)), ah(2.6, 10), ah(3.6, 11)], []],
  ['numbers left out after that', [ah(1, 7), ah(1.5, 8, OTHER), ah(2.6, 9), ah(3.6, 11)], ['vrrp.ah_gap']],
  ["another's SPI", [ah(1, 7, { spi: octets(LB2.address) })], ['vrrp.ah_spi']],
  ['numbers of two senders', [ah(1, 7), ah(1.5, 3, OTHER)], []],
  ['a password', [advert(1, { password: 'secret' })], ['vrrp.auth_plain']],
  ['no password', [advert(1)], []],
  ['signed all the time', [signed(1), signed(2), signed(3)], []],
  ['signed no more', [signed(1), advert(2, { version: 3 })], ['vrrp.hmac_missing']],
  ['signed from now on', [advert(1, { version: 3 }), signed(2)], []],
  ['one signs, the other never did', [signed(1), advert(1.5, { version: 3, ...SECOND_ROUTER })], ['vrrp.hmac_unsigned_peer']],
  ['nobody signs', [advert(1, { version: 3 }), advert(1.5, { version: 3, ...SECOND_ROUTER })], []],
  ['15 s behind', [signed(1, { off: -14.9 })], []],
  ['more than 15 s behind', [signed(1, { off: -15.1 })], ['vrrp.hmac_skew']],
  ['more than 15 s ahead', [signed(1, { off: 15.1 })], ['vrrp.hmac_skew']],
  ['the same time and counter again', [signed(1), signed(2, { off: -1 })], ['vrrp.hmac_replay']],
  ['the same time, the next counter', [signed(1), signed(2, { off: -1, counter: 2 })], []],
  ['a time before', [signed(2), signed(3, { off: -2 })], ['vrrp.hmac_replay']],
];

test.each(CASES)('%s', (_, frames, kinds) => {
  expect(found(frames)).toEqual(kinds);
});

describe('two keys', () => {
  const rollout = (seconds: number) =>
    Array.from({ length: seconds + 1 }, (_, s) => [signed(s + 1), signed(s + 1.5, { key: 2, ...SECOND_ROUTER })]).flat();
  test('for a minute are a key change, for longer a split', () => {
    expect(found(rollout(60))).toEqual([]);
    expect(found(rollout(61))).toEqual(['vrrp.hmac_keyid_split']);
  });
  test('ends with the key change', () => {
    const { anomalies } = watch([...rollout(70), signed(80, { key: 2 })]);
    expect(anomalies.find(({ kind }) => kind === 'vrrp.hmac_keyid_split')).toMatchObject({ check: 'clear', endedMicros: at(80) });
  });
});

test('of a split nobody speaks of any more nothing is left after an hour', () => {
  const split = Array.from({ length: 71 }, (_, s) => [signed(s + 1), signed(s + 1.5, { key: 2, ...SECOND_ROUTER })]).flat();
  const after = (seconds: number) => watch(split, 71.5 + seconds).anomalies.find(({ kind }) => kind === 'vrrp.hmac_keyid_split')?.check;
  expect([after(3599), after(3601)]).toEqual(['raised', 'clear']);
});

describe('real keepalived', () => {
  test.each([
    ['captures', 'vrrp-zoo', ['vrrp.auth_plain']],
    ['captures', 'misconfigured', ['vrrp.auth_plain']],
    ['keepalived', 'auth-ah-and-pass', ['vrrp.auth_plain']],
    ['keepalived', 'healthy', []],
  ])('%s/%s', (folder, name, kinds) => {
    const watched = watchRecording(join(FIXTURES, folder, `${name}.pcap`)).kinds;
    expect(watched.filter((kind) => /^vrrp\.(ah_|hmac_|auth_plain)/.test(kind))).toEqual(kinds);
  });

  test('the recording with AH has AH', () => {
    const { all } = watchRecording(join(FIXTURES, 'captures', 'vrrp-zoo.pcap')).monitor.routers;
    expect(all.find(({ vrid }) => vrid === 12)?.senders.map(({ authentication }) => authentication)).toEqual(['ah', 'ah']);
  });
});
