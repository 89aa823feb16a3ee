/** Rows by their place: what is at an offset of an order is what pages by cursor have there. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONNECTION_ORDERS, parseConnectionOrder } from '../../src/contract/connection-order.ts';
import { pageOfSlots } from '../../src/contract/connection-page.ts';
import { parseConnectionFilter } from '../../src/contract/connection-query.ts';
import { rowsAt } from '../../src/contract/connection-rows.ts';
import { siftBlock } from '../../src/contract/connection-sieve.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { CROWD_START_MICROS, crowd } from './crowd.ts';
import { manySessions } from './many-sessions.ts';

const NOW = CROWD_START_MICROS + 200_000_000;
const ORDERS = CONNECTION_ORDERS.flatMap((name) => [name, `-${name}`]);

function window(monitor: Monitor, query: Readonly<Record<string, string>>, sort: string | null, offset: number, limit: number) {
  const sieves = parseConnectionFilter(query).bind(monitor, NOW);
  const { sessions } = monitor;
  return rowsAt(sessions, (from, slots) => siftBlock(sessions, sieves, from, slots), parseConnectionOrder(sort), { offset, limit });
}

/** The whole list, page after page. */
function paged(monitor: Monitor, query: Readonly<Record<string, string>>, sort: string | null): number[] {
  const sieves = parseConnectionFilter(query).bind(monitor, NOW);
  const all: number[] = [];
  let cursor: string | null = null;
  do {
    const page = pageOfSlots(monitor.sessions, sieves, parseConnectionOrder(sort), cursor, 1000);
    all.push(...page.slots);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

const QUERIES = [{}, { family: 'ipv6' }, { proto: 'tcp', age: '60' }, { q: 'client == 10.1.1.0/24 || state == ESTABLISHED' }];

const CROWDS: readonly (readonly [name: string, make: () => Monitor])[] = [
  ['sessions of every kind', () => crowd(8000, 5)],
  ['many that differ in little: nothing but the last word of an IPv6 address, or the port', () => manySessions(30_000)],
];

describe.each(CROWDS)('%s', (_, make) => {
  const monitor = make();

  test.each([null, ...ORDERS])('in the order %s', (sort) => {
    for (const query of QUERIES) {
      const all = paged(monitor, query, sort);
      fc.assert(
        fc.property(fc.integer({ min: 0, max: all.length + 10 }), fc.integer({ min: 1, max: 1000 }), (offset, limit) => {
          expect(window(monitor, query, sort, offset, limit)).toEqual({ slots: all.slice(offset, offset + limit), total: all.length });
        }),
        { numRuns: 12, seed: 3 },
      );
    }
  });
});

test('an empty table has no rows anywhere', () => {
  const monitor = crowd(0, 1);
  for (const sort of [null, 'client', '-age']) expect(window(monitor, {}, sort, 5, 10)).toEqual({ slots: [], total: 0 });
});
