import { describe, expect, test } from 'vitest';
import type { Service } from '../../../src/contract/service.ts';
import { isDeserted, openServices, serviceRows, turn } from '../../../web/overview/service-rows.ts';
import { sharesOf, totalsOf } from '../../../web/overview/shares.ts';

type Destination = Service['destinations'][number];

const destination = (last: number, counts: Partial<Destination> = {}): Destination => ({
  destination: { address: `10.0.0.${last}`, port: 80 },
  forward: 'masq',
  active: 0,
  inactive: 0,
  persistent: 0,
  newPerSecond: 0,
  ...counts,
});

const service = (id: string, destinations: Destination[]): Service => ({
  id,
  proto: 'tcp',
  family: 'ipv4',
  virtual: { address: '10.0.0.1', port: 80 },
  fwmark: null,
  persistentSeconds: null,
  persistenceEngine: null,
  interface: null,
  vlan: null,
  destinations,
});

describe('shares', () => {
  test('are of the new sessions', () => {
    const shares = sharesOf([destination(21, { newPerSecond: 3, active: 1 }), destination(22, { newPerSecond: 1, active: 99 })]);
    expect(shares).toEqual([
      { part: 0.75, of: 'new' },
      { part: 0.25, of: 'new' },
    ]);
  });

  test('are of those that live where none is new, 0 where there is none at all', () => {
    expect(sharesOf([destination(21, { active: 3 }), destination(22, { inactive: 1 })]).map(({ part, of }) => [part, of])).toEqual([
      [0.75, 'live'],
      [0.25, 'live'],
    ]);
    expect(sharesOf([destination(21)])).toEqual([{ part: 0, of: 'live' }]);
  });

  test('totals are the sums', () => {
    const all = [destination(21, { active: 2, inactive: 3, newPerSecond: 0.5 }), destination(22, { active: 1, newPerSecond: 1 })];
    expect(totalsOf(all)).toEqual({ active: 3, inactive: 3, newPerSecond: 1.5 });
  });
});

describe('the tree', () => {
  const many = Array.from({ length: 60 }, (_, i) => destination(i));
  const few = [service('a', [destination(21), destination(22)]), service('b', [destination(23)])];
  const crowd = [service('a', many), service('b', many)];
  const nothing = { open: '', shut: '' };

  test('of few rows is open, of many closed, each but for what was turned by hand', () => {
    expect([...openServices(few, nothing)]).toEqual(['a', 'b']);
    expect([...openServices(crowd, nothing)]).toEqual([]);
    expect([...openServices(few, { open: '', shut: 'a' })]).toEqual(['b']);
    expect([...openServices(crowd, { open: 'b', shut: '' })]).toEqual(['b']);
  });

  test('is turned there and back', () => {
    const shut = turn(nothing, 'a', true);
    expect(shut).toEqual({ open: '', shut: 'a' });
    expect(turn(shut, 'a', false)).toEqual({ open: 'a', shut: '' });
    expect(turn({ open: 'b', shut: '' }, 'a', false)).toEqual({ open: 'b a', shut: '' });
  });

  test('has a row for each service and below it those of its real servers', () => {
    expect(serviceRows(few, new Set(['a'])).map(({ key }) => key)).toEqual(['a', 'a 10.0.0.21:80', 'a 10.0.0.22:80', 'b']);
  });

  test('knows a real server without sessions from one that has some', () => {
    expect(isDeserted(destination(21))).toBe(true);
    expect(isDeserted(destination(21, { persistent: 1 }))).toBe(false);
    expect(isDeserted(destination(21, { newPerSecond: 0.001 }))).toBe(false);
  });
});
