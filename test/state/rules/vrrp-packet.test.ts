/** What one advert alone shows to be wrong: each rule with an advert that breaks it and one that just does not. */
import { expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { watch } from '../../watched.ts';
import { type AdvertFields, advert, icmpv6, LB1 } from '../../wire-frames.ts';

const V6 = { from: { address: LB1.v6, mac: LB1.mac }, version: 3 as const, addresses: ['fe80::100'] };
const TRAILER = (reserved: number) => [1, 1, reserved >> 8, reserved & 255, 0x69, 0, 0, 0, 0, 0, 0, 1, ...new Array<number>(16).fill(7)];

/** [kind, what breaks it, what does not: with the clause] */
const CASES: readonly [string, AdvertFields, AdvertFields][] = [
  // RFC 3768 section 7.1: "MUST verify that the IP TTL is 255".
  ['vrrp.ttl', { ttl: 254 }, { ttl: 255 }],
  // Unicast adverts may be routed.
  ['vrrp.ttl', { ttl: 1, version: 3 }, { ttl: 64, destination: '10.0.0.12', linkDestination: '02:99:00:00:00:0c' }],
  // RFC 3768 section 5.3.2.
  ['vrrp.type', { type: 2 }, { type: 1 }],
  // RFC 3768 section 7.1: "received packet contains the complete VRRP packet".
  ['vrrp.length', { count: 2 }, { addresses: ['10.0.0.100', '10.0.0.101'] }],
  ['vrrp.length', { trailer: [1, 2, 3, 4] }, {}],
  ['vrrp.checksum', { dialect: 'wrong' }, { version: 3, dialect: 'v3' }],
  ['vrrp.checksum', { version: 3, dialect: 'wrong' }, { version: 3, dialect: 'v3_pseudo_header' }],
  // RFC 9568 section 5.2.6.
  ['vrrp.reserved', { version: 3, reserved: 1 }, { version: 3, interval: 0xfff }],
  // RFC 2338 section 5.3.6: type 2 comes in an Authentication Header.
  ['vrrp.auth_type', { auth: 2 }, { auth: 1, password: 'x' }],
  // RFC 9568 section 7.1 (erratum 8299).
  ['vrrp.vip_count', { version: 3, addresses: [] }, { version: 3 }],
  // RFC 9568 section 5.2.9: the first address must be the link-local one; fe80::/10 ends with febf::.
  ['vrrp.vip_order', { ...V6, addresses: ['fec0::100'] }, { ...V6, addresses: ['febf::100', 'fd99::100'] }],
  // RFC 9568 section 7.1 (erratum 8301).
  ['vrrp.interval', { version: 3, interval: 0 }, { version: 3, interval: 1 }],
  // RFC 9568 section 5.1.1.2.
  ['vrrp.group_odd', { destination: '224.0.0.19' }, { destination: '224.0.0.18' }],
  ['vrrp.group_odd', { ...V6, destination: 'ff02::13' }, { ...V6, destination: 'ff02::12' }],
  ['vrrp.hmac_malformed', { version: 3, trailer: TRAILER(1) }, { version: 3, trailer: TRAILER(0) }],
];

test.each(CASES)('%s: %j, and not %j', (kind, wrong, right) => {
  const { anomalies, events } = watch([advert(1, wrong)]);
  const found = anomalies.find((anomaly) => anomaly.kind === kind);
  const { address } = wrong.from ?? LB1;
  expect(found).toMatchObject({ check: 'raised', count: 1, subject: { vrid: 51, address, mac: LB1.mac, interface: 'eth0' } });
  expect(events.find((event) => event.kind === kind)).toMatchObject({
    frames: [1],
    text: expect.stringContaining(`VRID 51: ${address}: `),
  });
  expect(watch([advert(1, right)]).kinds).not.toContain(kind);
});

test('vrrp.version: a version that is neither 2 nor 3 (RFC 9568 section 5.2.1)', () => {
  const of = (version: number): Frame => {
    const frame = advert(1, { version: 3 });
    // Behind Ethernet and an IPv4 header without options.
    frame.bytes[34] = (version << 4) | 1;
    return frame;
  };
  expect(watch([of(4)]).kinds).toContain('vrrp.version');
  expect(watch([of(1)]).kinds).toContain('vrrp.version');
  expect(watch([of(3)]).kinds).toEqual([]);
});

test('other protocols have codes of the same name', () => {
  // A neighbor advertisement with hop limit 254 and a wrong type is no VRRP.
  const message = [136, 0, 0, 0, 0x20, 0, 0, 0, ...new Array<number>(16).fill(1)];
  const { kinds } = watch([icmpv6(1, message, { source: LB1.v6, destination: 'ff02::1', mac: LB1.mac, hopLimit: 254 })]);
  expect(kinds.filter((kind) => kind.startsWith('vrrp.'))).toEqual([]);
});

test('told once, counted each time, over a minute after the last', () => {
  const bad = [1, 2, 3].map((s) => advert(s, { ttl: 1 }));
  const { anomalies, events } = watch([...bad, advert(62.9)], 62.9);
  expect(events.filter(({ kind }) => kind === 'vrrp.ttl')).toHaveLength(1);
  expect(anomalies.find(({ kind }) => kind === 'vrrp.ttl')).toMatchObject({ count: 3, check: 'raised' });
  const after = watch([...bad, advert(64)], 64).anomalies.find(({ kind }) => kind === 'vrrp.ttl');
  expect(after).toMatchObject({ count: 3, check: 'clear', endedMicros: bad[2].atMicros + 60_000_000 });
});

test('a forged advert changes no master', () => {
  const real = Array.from({ length: 10 }, (_, s) => advert(s, { priority: 100 }));
  const forged = [{ ttl: 254 }, { dialect: 'wrong' as const }].map((fields, i) =>
    advert(5.1 + i, { ...fields, from: { address: '10.0.0.66', mac: '02:66:66:66:66:66' }, priority: 255 }),
  );
  const { events, kinds } = watch([...real, ...forged].sort((a, b) => a.atMicros - b.atMicros));
  expect(events.filter(({ kind }) => kind === 'vrrp.master_change').map(({ to }) => to)).toEqual(['10.0.0.11']);
  expect(kinds).toEqual(expect.arrayContaining(['vrrp.ttl', 'vrrp.checksum']));
  expect(kinds.filter((kind) => /two_masters|vrid_conflict|dup_owner|rogue/.test(kind))).toEqual([]);
});
