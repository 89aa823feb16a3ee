/** Filters, orders and pages against the same done by brute force over the shapes that the API shows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STATE_NAMES } from '../../dissectors/ipvs-states.ts';
import { type Connection, connectionOf } from '../../src/contract/connection.ts';
import { CONNECTION_ORDERS, parseConnectionOrder } from '../../src/contract/connection-order.ts';
import { pageOfSlots } from '../../src/contract/connection-page.ts';
import { parseConnectionFilter } from '../../src/contract/connection-query.ts';
import { Refusal } from '../../src/contract/problem.ts';
import type { Query } from '../../src/contract/query.ts';
import { servicesOf } from '../../src/contract/service.ts';
import { CROWD_START_MICROS, crowd } from './crowd.ts';

const NOW = CROWD_START_MICROS + 181_000_000;
const monitor = crowd(4000, 7);
const { sessions } = monitor;
const all: Connection[] = [];
for (let slot = 1; slot < sessions.top; slot++) if (sessions.inUse(slot)) all.push(connectionOf(monitor, slot, NOW));

/** An address as the bits of its text, for comparing without our own parser: the crowd's IPv6 addresses are `fd99::N`. */
function bits(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  const [, tail] = address.split('::');
  return `${(0xfd99).toString(2)}${'0'.repeat(80)}${Number.parseInt(tail, 16).toString(2).padStart(32, '0')}`;
}

interface Ends {
  readonly address: string;
  readonly port: number;
}

function inRange({ address, port }: Ends, value: string): boolean {
  const [network, prefix] = value.split('/');
  if (prefix !== undefined) {
    const [a, n] = [bits(address), bits(network)];
    return a.length === n.length && a.slice(0, Number(prefix)) === n.slice(0, Number(prefix));
  }
  const both = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return value === address || value === `[${address}]` || value === both;
}

const ageOf = (c: Connection): number => NOW / 1e6 - (Date.parse(c.firstSeen) / 1000 + Number(c.firstSeen.slice(23, 26)) / 1e6);

/** What each field means, said over the shape. */
const MEANINGS: Readonly<Record<string, (c: Connection, value: string) => boolean>> = {
  proto: (c, v) => c.proto === v,
  family: (c, v) => c.family === v,
  client: (c, v) => inRange(c.client, v),
  vip: (c, v) => inRange(c.virtual, v),
  dest: (c, v) => inRange(c.destination, v),
  state: (c, v) => c.state === v,
  forward: (c, v) => c.forward === v,
  template: (c, v) => String(c.template) === v,
  origin: (c, v) => c.origin === v,
  fwmark: (c, v) => c.fwmark === Number(v),
  minAge: (c, v) => ageOf(c) >= Number(v),
  maxAge: (c, v) => ageOf(c) <= Number(v),
  'age>': (c, v) => ageOf(c) >= Number(v),
  'age<': (c, v) => ageOf(c) <= Number(v),
  interface: (c, v) => (c.interface ?? 'none') === v,
  vlan: (c, v) => String(c.vlan ?? 'none') === v,
};

const one = <T>(...values: T[]) => fc.constantFrom(...values);
const endpointValue = fc
  .record({ connection: one(...all.slice(0, 400)), end: one('client', 'virtual', 'destination'), form: fc.nat(3), prefix: fc.nat(32) })
  .map(({ connection, end, form, prefix }) => {
    const { address, port } = connection[end as 'client'];
    const v6 = address.includes(':');
    if (form === 0) return v6 ? `[${address}]:${port}` : `${address}:${port}`;
    if (form === 1) return `${address}/${v6 ? 96 + prefix : prefix}`;
    return v6 && form === 2 ? `[${address}]` : address;
  });
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  proto: one('tcp', 'udp', 'sctp', 'ip', 'ip_47'),
  family: one('ipv4', 'ipv6'),
  client: endpointValue,
  vip: endpointValue,
  dest: endpointValue,
  state: one(...STATE_NAMES),
  forward: one('masq', 'local', 'tunnel', 'route', 'bypass', 'unknown'),
  template: one('true', 'false'),
  origin: one('local', 'synced'),
  fwmark: one('0', '1', '2', '0x3', '77'),
  minAge: fc.nat(200).map(String),
  maxAge: fc.nat(200).map(String),
  'age>': one('0', '90.5', '300'),
  'age<': one('0', '90.5', '300'),
  interface: one('eth0', 'eth1', 'none', 'eth9'),
  vlan: one('none', '0', '100'),
};
const query = fc
  .uniqueArray(one(...Object.keys(MEANINGS)), { maxLength: 3 })
  .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, fc.array(VALUES[name], { minLength: 1, maxLength: 3 })]))));

const matches = (c: Connection, filter: Readonly<Record<string, readonly string[]>>): boolean =>
  Object.entries(filter).every(([name, values]) => values.some((value) => MEANINGS[name](c, value)));

const joined = (filter: Readonly<Record<string, readonly string[]>>): Query =>
  Object.fromEntries(Object.entries(filter).map(([name, values]) => [name, values.join(',')]));

function page(filter: Query, sort: string | null, limit: number, cursor: string | null = null) {
  const sieves = parseConnectionFilter(filter).bind(monitor, NOW);
  const { slots, nextCursor } = pageOfSlots(sessions, sieves, parseConnectionOrder(sort), cursor, limit);
  return { items: slots.map((slot) => connectionOf(monitor, slot, NOW)), nextCursor };
}

const ids = (connections: readonly Connection[]): string[] => connections.map(({ id }) => id);

/** All pages of a list, one after the other. */
function pages(filter: Query, sort: string | null, limit: number): Connection[] {
  const whole: Connection[] = [];
  let cursor: string | null = null;
  do {
    const next = page(filter, sort, limit, cursor);
    whole.push(...next.items);
    cursor = next.nextCursor;
  } while (cursor !== null);
  return whole;
}

const endKey = (which: 'client' | 'virtual' | 'destination') => (c: Connection) =>
  `${c.family}${bits(c[which].address)}${String(c[which].port).padStart(5, '0')}`;
const ORDER_KEYS: Readonly<Record<string, (c: Connection) => string | number>> = {
  expires: (c) => c.expiresAt,
  age: (c) => -Date.parse(c.firstSeen) * 1000 - Number(c.firstSeen.slice(23, 26)),
  client: endKey('client'),
  virtual: endKey('virtual'),
  destination: endKey('destination'),
  state: (c) => c.state,
  syncCount: (c) => c.syncCount,
  proto: (c) => c.proto,
  origin: (c) => c.origin,
};

test('the crowd has something of everything', () => {
  expect(all.length).toBeGreaterThan(2000);
  expect(new Set(all.map((c) => c.family)).size).toBe(2);
  expect(new Set(all.map((c) => c.state)).size).toBeGreaterThan(20);
  expect(new Set(all.map((c) => c.forward)).size).toBe(5);
  expect(all.some((c) => c.template) && all.some((c) => c.fwmark > 0) && all.some((c) => c.syncCount > 1)).toBe(true);
  expect(Object.keys(ORDER_KEYS).sort()).toEqual([...CONNECTION_ORDERS].sort());
});

describe('filters', () => {
  test('keep what brute force keeps, in the order of the table', () => {
    fc.assert(
      fc.property(query, (filter) => {
        expect(ids(pages(joined(filter), null, 10_000))).toEqual(ids(all.filter((c) => matches(c, filter))));
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  test('by service keep as many as the service counts', () => {
    for (const service of servicesOf(monitor, NOW)) {
      const found = pages({ service: service.id }, null, 10_000);
      const counted = service.destinations.map((d) => d.active + d.inactive + d.persistent).reduce((a, b) => a + b, 0);
      expect([service.id, found.length]).toEqual([service.id, counted]);
    }
  });

  test('of several services keep all of theirs, of an unknown one none', () => {
    const [first, second] = servicesOf(monitor, NOW);
    const both = pages({ service: `${first.id},${second.id}` }, null, 10_000).length;
    expect(both).toBe(pages({ service: first.id }, null, 10_000).length + pages({ service: second.id }, null, 10_000).length);
    expect(pages({ service: 'tcp-203.0.113.1:1' }, null, 10)).toEqual([]);
  });

  test('take words in any case', () => {
    expect(pages({ state: 'established', proto: 'TCP' }, null, 10_000)).toEqual(
      pages({ state: 'ESTABLISHED', proto: 'tcp' }, null, 10_000),
    );
  });
});

describe('orders', () => {
  test.each(CONNECTION_ORDERS.flatMap((name) => [name, `-${name}`]))('%s, page by page, is the whole list in that order', (sort) => {
    const keyOf = ORDER_KEYS[sort.replace('-', '')];
    const sign = sort.startsWith('-') ? -1 : 1;
    const place = new Map(all.map((c, i) => [c.id, i]));
    const expected = [...all].sort((a, b) => {
      const [x, y] = [keyOf(a), keyOf(b)];
      return (x < y ? -sign : x > y ? sign : 0) || (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0);
    });
    expect(ids(pages({}, sort, 997))).toEqual(ids(expected));
    expect(ids(page({}, sort, 5).items)).toEqual(ids(expected.slice(0, 5)));
  });

  test('any filter in any order, in pages of any size', () => {
    const sort = one(...CONNECTION_ORDERS.flatMap((name) => [name, `-${name}`]));
    fc.assert(
      fc.property(query, sort, fc.integer({ min: 50, max: 1000 }), (filter, order, limit) => {
        const expected = ids(all.filter((c) => matches(c, filter))).sort();
        expect(ids(pages(joined(filter), order, limit)).sort()).toEqual(expected);
      }),
      { numRuns: 40, seed: 12 },
    );
  });

  test('a cursor holds when its row has changed or gone', () => {
    const other = crowd(3000, 8);
    const sieves = parseConnectionFilter({}).bind(other, NOW);
    const order = parseConnectionOrder('client');
    const first = pageOfSlots(other.sessions, sieves, order, null, 100);
    const beforeGoing = pageOfSlots(other.sessions, sieves, order, first.nextCursor, 100).slots;
    const gone = other.sessions.expiresAtMicros(first.slots[99]);
    other.sessions.settle(gone + 1);
    const left = parseConnectionFilter({}).bind(other, gone + 1);
    const afterwards = pageOfSlots(other.sessions, left, order, first.nextCursor, 100).slots;
    expect(afterwards).toContain(beforeGoing.find((slot) => other.sessions.inUse(slot)));
    expect(afterwards.some((slot) => first.slots.includes(slot))).toBe(false);
  });
});

describe('what is not accepted is refused with parameter, value and what was expected', () => {
  const bad: readonly (readonly [name: string, value: string, expected: RegExp])[] = [
    ['proto', 'tcpx', /tcp, udp, sctp, ip/],
    ['family', '4', /ipv4, ipv6/],
    ['client', '10.0.0', /ADDRESS/],
    ['client', '10.0.0.256', /ADDRESS/],
    ['client', '010.0.0.1', /ADDRESS/],
    ['client', '10.0.0.0/33', /PREFIX/],
    ['client', '10.0.0.1/', /PREFIX/],
    ['client', '0x0a000001', /ADDRESS/],
    ['vip', '10.0.0.1:65536', /PORT/],
    ['vip', '10.0.0.1:-1', /PORT/],
    ['vip', '[10.0.0.1]:80', /PORT/],
    ['vip', 'fd00::/129', /PREFIX/],
    ['vip', 'fe80::1%eth0', /ADDRESS/],
    ['vip', '[fd00::1:80', /PORT/],
    ['dest', 'localhost', /ADDRESS/],
    ['dest', "10.0.0.1' or 1=1", /ADDRESS/],
    ['state', 'ESTAB', /ESTABLISHED, SYN_SENT/],
    ['state', '', /ESTABLISHED/],
    ['state', 'ESTABLISHED,,CLOSE', /apart by commas/],
    ['forward', 'nat', /masq, local, tunnel, route, bypass, unknown/],
    ['template', 'yes', /false, true/],
    ['origin', 'remote', /local, synced/],
    ['fwmark', '-1', /mark/],
    ['fwmark', '4294967296', /mark/],
    ['service', '10.0.0.1:443', /tcp-10.0.0.1:443/],
    ['minAge', '-1', /seconds/],
    ['minAge', '1e3', /seconds/],
    ['maxAge', 'NaN', /seconds/],
    ['vlan', '4096', /4095/],
    ['vlan', '0x64', /4095/],
  ];

  test.each(bad)('%s=%s', (name, value, expected) => {
    try {
      parseConnectionFilter({ [name]: value });
      expect.unreachable();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      expect(refusal.code).toBe('bad_parameter');
      expect(refusal.fault?.parameter).toBe(name);
      expect(refusal.fault?.expected).toMatch(expected);
      expect(refusal.message).toContain(name);
    }
  });

  test.each(['vpi', '__proto__', 'constructor', 'Proto', 'proto>', 'state<', '>'])('a parameter %s that there is not', (name) => {
    expect(() => parseConnectionFilter(Object.fromEntries([[name, '1']]))).toThrow(/there is no parameter .*proto, family, client/);
  });

  test.each(['clients', '--age', '-', 'id', 'toString'])('sort=%s', (sort) => {
    expect(() => parseConnectionOrder(sort)).toThrow(/proto, expires, age, client/);
  });

  const cursorOf = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each([
    'x',
    '',
    cursorOf(),
    cursorOf('expires', 1, 2, 3),
    cursorOf('expires', 1, 2, '3', 4),
    cursorOf('expires', null, 0, 0, 4),
    cursorOf('age', 1, 0, 0, 4),
    Buffer.from('{"a":1}').toString('base64url'),
  ])('cursor %s', (cursor) => {
    expect(() => page({}, 'expires', 10, cursor)).toThrow(/cursor/);
  });
});
