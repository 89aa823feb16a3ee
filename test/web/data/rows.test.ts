import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/contract/connection.ts';
import { type DeltaOf, MARK_MILLIS, rowsAfter, rowsOfSnapshot } from '../../../web/data/rows.ts';

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

type Change = Pick<DeltaOf<'connections'>, 'upsert' | 'remove' | 'order' | 'total'>;

const window = { noun: 'connections', filter: {}, sort: null, offset: 0, limit: 10 } as const;

describe('rows', () => {
  const snapshot = rowsOfSnapshot({ total: 3, items: [named('a'), named('b')] }, window);
  const delta = (changes: Partial<Change>): Change => ({ upsert: [], remove: [], total: 3, ...changes });
  const rowsWith = (changes: Partial<Change>, nowMillis = 0) => rowsAfter(snapshot, delta(changes), nowMillis);
  const ids = ({ items }: { items: readonly Connection[] }) => items.map(({ id }) => id);

  test('a snapshot is taken as it is, unmarked', () => {
    expect(ids(snapshot)).toEqual(['a', 'b']);
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
  ])('a session %s', (_, changes, left, marks) => {
    const rows = rowsWith(changes);
    expect(ids(rows)).toEqual(left);
    expect([...rows.marks].map(([id, mark]) => [id, mark.kind])).toEqual(marks);
  });

  test('the total is the latest one', () => expect(rowsWith({ total: 12 }).total).toBe(12));

  test('they stand in the order that is told', () => {
    expect(ids(rowsWith({ upsert: [named('c')], remove: ['a'], order: ['c', 'b'] }))).toEqual(['c', 'b']);
    expect(ids(rowsWith({ order: ['b', 'a'] }))).toEqual(['b', 'a']);
  });

  test('the rows before are left as they were', () => {
    rowsWith({ upsert: [named('c')], remove: ['a'] });
    expect(ids(snapshot)).toEqual(['a', 'b']);
  });

  test('what comes into sight farther down a list is not new', () => {
    const below = rowsOfSnapshot({ total: 900, items: [named('a')] }, { ...window, offset: 500 });
    const rows = rowsAfter(below, delta({ upsert: [named('b'), named('a', { state: 'CLOSE' })], order: ['a', 'b'] }), 0);
    expect([...rows.marks].map(([id, mark]) => [id, mark.kind])).toEqual([['a', 'changed']]);
  });

  test('a mark ends with its time and with its row', () => {
    const came = rowsWith({ upsert: [named('c'), named('d')] }, 1000);
    const gone = rowsAfter(came, delta({ remove: ['d'] }), 1001);
    expect([...gone.marks.keys()]).toEqual(['c']);
    const later = rowsAfter(gone, delta({}), 1000 + MARK_MILLIS);
    expect(later.marks.size).toBe(0);
  });
});
