import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/contract/connection.ts';
import {
  anchoredOffset,
  connectionDiffers,
  type DeltaOf,
  longestEndpoint,
  MARK_MILLIS,
  retryDelayMillis,
  rowsAfter,
  rowsOfSnapshot,
  sharesOf,
  toneOf,
  totalsOf,
  youngestFirst,
} from '../../web/model.ts';

const session: Connection = {
  id: 'a',
  proto: 'tcp',
  family: 'ipv4',
  client: { address: '198.51.100.7', port: 40_000 },
  virtual: { address: '10.0.0.1', port: 443 },
  destination: { address: '10.0.0.21', port: 443 },
  fwmark: 0,
  state: 'ESTABLISHED',
  forward: 'route',
  active: true,
  template: false,
  flags: [],
  persistenceEngine: null,
  timeoutSeconds: 900,
  expiresInSeconds: 900,
  expiresAt: '2026-11-21T05:39:00.000000Z',
  firstSeen: '2026-11-21T05:24:00.000000Z',
  lastSync: '2026-11-21T05:24:00.000000Z',
  syncCount: 1,
  origin: 'local',
  daemonId: '0',
  interface: 'eth0',
  vlan: null,
};
const named = (id: string, changes: Partial<Connection> = {}): Connection => ({ ...session, ...changes, id });

type Change = Omit<DeltaOf<Connection>, 'type' | 'id'>;

describe('rows', () => {
  const kind = { keyOf: (row: Connection) => row.id, differs: connectionDiffers };
  const snapshot = rowsOfSnapshot({ seq: 7, total: 3, items: [named('a'), named('b')] }, kind);
  const delta = (changes: Partial<Change>): Change => ({ seq: 8, upsert: [], remove: [], total: 3, ...changes });
  const rowsWith = (changes: Partial<Change>, nowMillis = 0) => rowsAfter(snapshot, delta(changes), kind, nowMillis);

  test('a snapshot is taken as it is, unmarked', () => {
    expect([...snapshot.byId.keys()]).toEqual(['a', 'b']);
    expect(snapshot.marks.size).toBe(0);
    expect(snapshot.total).toBe(3);
  });

  test.each([
    ['comes', { upsert: [named('c')] }, ['a', 'b', 'c'], [['c', 'came']]],
    ['goes', { remove: ['a'] }, ['b'], []],
    ['changes its state', { upsert: [named('b', { state: 'FIN_WAIT', active: false })] }, ['a', 'b'], [['b', 'changed']]],
    ['moves', { upsert: [named('b', { destination: { address: '10.0.0.22', port: 443 } })] }, ['a', 'b'], [['b', 'changed']]],
    ['is only confirmed', { upsert: [named('b', { syncCount: 2, expiresAt: '2026-11-21T05:40:00.000000Z' })] }, ['a', 'b'], []],
    ['goes that never came', { remove: ['x'] }, ['a', 'b'], []],
  ])('a session %s', (_, changes, ids, marks) => {
    const rows = rowsWith(changes);
    expect([...(rows?.byId.keys() ?? [])]).toEqual(ids);
    expect([...(rows?.marks ?? [])].map(([id, mark]) => [id, mark.kind])).toEqual(marks);
  });

  test('the total is the latest one', () => expect(rowsWith({ total: 12 })?.total).toBe(12));

  test.each([[6], [7], [9], [0]])('delta %i after 7 is refused: something is missing', (seq) => expect(rowsWith({ seq })).toBeNull());

  test('the rows before are left as they were', () => {
    rowsWith({ upsert: [named('c')], remove: ['a'] });
    expect([...snapshot.byId.keys()]).toEqual(['a', 'b']);
  });

  test('a mark ends with its time and with its row', () => {
    const came = rowsWith({ upsert: [named('c'), named('d')] }, 1000);
    const gone = came && rowsAfter(came, delta({ seq: 9, remove: ['d'] }), kind, 1001);
    expect([...(gone?.marks.keys() ?? [])]).toEqual(['c']);
    const later = gone && rowsAfter(gone, delta({ seq: 10 }), kind, 1000 + MARK_MILLIS);
    expect(later?.marks.size).toBe(0);
  });
});

test('the youngest session is first, those of one moment in a fixed order', () => {
  const early = { firstSeen: '2026-11-21T05:24:00.000000Z' };
  const late = { firstSeen: '2026-11-21T05:24:00.000001Z' };
  const inOrder = [named('a', late), named('z', late), named('b', early), named('c', early)];
  expect(youngestFirst([...inOrder].reverse()).map(({ id }) => id)).toEqual(['a', 'z', 'b', 'c']);
  expect(youngestFirst([])).toEqual([]);
});

// The state names are the kernel's: ip_vs_proto_tcp.c, ip_vs_proto_udp.c, ip_vs_proto_sctp.c, ip_vs_conn.c.
test.each([
  ['up', ['ESTABLISHED', 'UDP', 'ASSURED']],
  ['opening', ['SYN_SENT', 'SYN_RECV', 'SYNACK', 'INIT1', 'INIT', 'COOKIE', 'C-SENT', 'C-ECHOED']],
  ['closing', ['FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'S-SENT', 'S-ACK-SENT', 'CLOSED']],
  ['plain', ['NONE', 'LISTEN']],
  ['bad', ['ERR!', 'REJECTED']],
])('%s: %j', (tone, states) => {
  for (const state of states) expect([state, toneOf(state)]).toEqual([state, tone]);
});

const server = (active: number, inactive: number, newPerSecond = 0) => ({
  destination: { address: '10.0.0.21', port: 80 },
  forward: 'route' as const,
  active,
  inactive,
  persistent: 0,
  newPerSecond,
});

test.each([
  [[], []],
  [[server(0, 0)], [0]],
  [
    [server(3, 0), server(1, 0)],
    [0.75, 0.25],
  ],
  [
    [server(0, 2), server(6, 0)],
    [0.25, 0.75],
  ],
])('shares of %j', (destinations, shares) => expect(sharesOf(destinations)).toEqual(shares));

test('a service counts what its real servers count', () => {
  expect(totalsOf([server(3, 1, 0.5), server(1, 2, 1)])).toEqual({ active: 4, inactive: 3, persistent: 0, newPerSecond: 1.5 });
  expect(totalsOf([])).toEqual({ active: 0, inactive: 0, persistent: 0, newPerSecond: 0 });
});

test.each([
  ['10.0.0.1', 21],
  ['255.255.255.255', 21],
  // "[2001:db8:1111:2222:3333:4444:5555:6666]:40000"
  ['2001:db8:1111:2222:3333:4444:5555:6666', 46],
])('with client %s an address column needs %i characters', (address, characters) => {
  expect(longestEndpoint([session, named('b', { client: { address, port: 40_000 } })])).toBe(characters);
});

test('an empty table keeps its columns', () => expect(longestEndpoint([])).toBe(21));

test.each([
  [0, 500],
  [1, 1000],
  [3, 4000],
  [5, 10_000],
  [5000, 10_000],
])('after %i failures it waits %i ms', (failures, millis) => expect(retryDelayMillis(failures)).toBe(millis));

// Rows of 20 pixels.
test.each([
  ['two rows came above', 45, ['a', 'b', 'c', 'd'], ['x', 'y', 'a', 'b', 'c', 'd'], 85],
  ['a row above went', 45, ['a', 'b', 'c', 'd'], ['b', 'c', 'd'], 25],
  ['rows below changed', 45, ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'x'], 45],
  ['the top row itself went', 45, ['a', 'b', 'c', 'd'], ['a', 'b', 'd'], 25],
  ['all went', 45, ['a', 'b', 'c'], ['x', 'y', 'z'], 45],
  ['at the top new rows are to be seen', 10, ['a', 'b'], ['x', 'a', 'b'], 10],
])('%s: scrolled to %i', (_, offset, before, after, expected) => expect(anchoredOffset(offset, 20, before, after)).toBe(expected));
