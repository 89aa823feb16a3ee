/** Orders of connections, and pages of them: the first rows after a position, without sorting the table. */

import { STATE_NAMES } from '../../dissectors/ipvs-states.ts';
import { LONG_WORDS, ROW, stateKey, WORD, WORDS } from '../state/session-layout.ts';
import type { Sessions } from '../state/sessions.ts';
import { type Column, expiresAtColumn, firstSeenColumn, syncCountColumn } from './connection-columns.ts';
import { BLOCK, type EndpointName, PORT_OF, type Sieve, siftBlock, stateIndexTable } from './connection-sieve.ts';
import { refuseParameter } from './problem.ts';
import { cursorText, parseCursor, refuseCursor } from './query.ts';

/** What a row is ordered by: three numbers, most significant first, then its slot. An address with its port needs them all. */
type Position = readonly [first: number, second: number, third: number, slot: number];

interface Keys {
  /** The first number of each slot of a block. */
  readonly first: Column;
  /** Asked for only when the first number does not decide; null when it always does. */
  readonly rest: ((slot: number) => readonly [second: number, third: number]) | null;
}

export interface ConnectionOrder {
  /** As asked for, with its `-`. */
  readonly name: string;
  readonly descending: boolean;
  /** Null: the order of the table itself. */
  readonly keys: ((sessions: Sessions) => Keys) | null;
}

const NO_REST = [0, 0] as const;
const TWO_48 = 2 ** 48;
const TWO_32 = 2 ** 32;
const TWO_16 = 2 ** 16;

const columnKeys =
  (column: (sessions: Sessions) => Column) =>
  (sessions: Sessions): Keys => ({ first: column(sessions), rest: null });

/** The younger, the later it was first seen. */
const ageKeys = (sessions: Sessions): Keys => reversed({ first: firstSeenColumn(sessions), rest: null });

/** Place of each of `STATE_NAMES` in the alphabet. */
const STATE_RANKS = STATE_NAMES.map((name) => [...STATE_NAMES].sort().indexOf(name));

const stateKeys = ({ words }: Sessions): Keys => {
  const indexes = stateIndexTable();
  return {
    first(slots, count, into) {
      for (let i = 0; i < count; i++) into[i] = STATE_RANKS[indexes[stateKey(words, slots[i] * WORDS)]];
    },
    rest: null,
  };
};

/** IPv4: address and port in 48 bits. IPv6: 48 bits of the address each, the port at the end; after all of IPv4. */
const endpointKeys =
  (name: EndpointName) =>
  ({ words, long }: Sessions): Keys => {
    const address = WORD[name];
    const { word, shift } = PORT_OF[name];
    const portOf = (row: number) => (words[row + word] >>> shift) & 0xffff;
    const longFrom = (row: number) => words[row + WORD.client] * LONG_WORDS + (address - WORD.client) * 4;
    return {
      first(slots, count, into) {
        for (let i = 0; i < count; i++) {
          const row = slots[i] * WORDS;
          const from = longFrom(row);
          into[i] =
            words[row + WORD.flags] & ROW.ipv6
              ? TWO_48 + long[from] * TWO_16 + (long[from + 1] >>> 16)
              : words[row + address] * TWO_16 + portOf(row);
        }
      },
      rest(slot) {
        const row = slot * WORDS;
        if (!(words[row + WORD.flags] & ROW.ipv6)) return NO_REST;
        const from = longFrom(row);
        return [(long[from + 1] & 0xffff) * TWO_32 + long[from + 2], long[from + 3] * TWO_16 + portOf(row)];
      },
    };
  };

const ORDERS: Readonly<Record<string, (sessions: Sessions) => Keys>> = {
  expires: columnKeys(expiresAtColumn),
  age: ageKeys,
  client: endpointKeys('client'),
  virtual: endpointKeys('virtual'),
  destination: endpointKeys('destination'),
  state: stateKeys,
  syncCount: columnKeys(syncCountColumn),
};
export const CONNECTION_ORDERS = Object.keys(ORDERS);

/** @throws Refusal for an order that is not offered */
export function parseConnectionOrder(text: string | null): ConnectionOrder {
  if (text === null) return { name: '', descending: false, keys: null };
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  if (!Object.hasOwn(ORDERS, name))
    return refuseParameter('sort', text, `${CONNECTION_ORDERS.join(', ')}, or one of them with a - before it`);
  return { name: text, descending, keys: ORDERS[name] };
}

const isPosition = (numbers: readonly unknown[]): numbers is Position => numbers.length === 4 && numbers.every((n) => Number.isFinite(n));

function positionOf(cursor: string, order: ConnectionOrder): Position {
  const [name, ...numbers] = parseCursor(cursor) ?? [];
  return name === order.name && isPosition(numbers) ? numbers : refuseCursor(cursor);
}

function compare(a: Position, b: Position): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

/** Reverses the order of the keys; rows of equal keys stay in the order of the table. */
function reversed(keys: Keys): Keys {
  const { rest } = keys;
  return {
    first(slots, count, into) {
      keys.first(slots, count, into);
      for (let i = 0; i < count; i++) into[i] = -into[i];
    },
    rest:
      rest &&
      ((slot) => {
        const [second, third] = rest(slot);
        return [-second, -third];
      }),
  };
}

/** Binary heap with the greatest position on top, so that what falls out of the page is at hand. */
function push(heap: Position[], position: Position): void {
  let at = heap.push(position) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (compare(heap[parent], position) >= 0) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = position;
}

function replaceTop(heap: Position[], position: Position): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && compare(heap[child + 1], heap[child]) > 0) child++;
    if (compare(heap[child], position) <= 0) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = position;
}

const STRIDE = 64 * BLOCK;

/**
 * Where the blocks of the table begin, taken from all over it: rows that lie in the order asked for, or its reverse, would
 * otherwise each be better than all before them and pass through the heap.
 */
function* scatteredBlocks(top: number): Generator<number> {
  for (let phase = 0; phase < STRIDE; phase += BLOCK) for (let block = phase; block < top; block += STRIDE) yield block;
}

interface Search {
  readonly sessions: Sessions;
  readonly sieves: readonly Sieve[];
  readonly after: Position | null;
  readonly limit: number;
}

function firstInOrder({ sessions, sieves, after, limit }: Search, keys: Keys): Position[] {
  const heap: Position[] = [];
  const slots = new Uint32Array(BLOCK);
  const firsts = new Float64Array(BLOCK);
  const least = after?.[0] ?? Number.NEGATIVE_INFINITY;
  for (const block of scatteredBlocks(sessions.top)) {
    const count = siftBlock(sessions, sieves, block, slots);
    keys.first(slots, count, firsts);
    let most = heap.length === limit ? heap[0][0] : Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const first = firsts[i];
      if (first < least || first > most) continue;
      // Where many rows have the key of the page's last, their slots decide without anything being made.
      if (first === most && keys.rest === null && slots[i] > heap[0][3]) continue;
      const [second, third] = keys.rest?.(slots[i]) ?? NO_REST;
      const position: Position = [first, second, third, slots[i]];
      if (after && compare(position, after) <= 0) continue;
      if (heap.length < limit) push(heap, position);
      else if (compare(position, heap[0]) < 0) replaceTop(heap, position);
      if (heap.length === limit) most = heap[0][0];
    }
  }
  return heap.sort(compare);
}

function firstInTable({ sessions, sieves, after, limit }: Search): Position[] {
  const found: Position[] = [];
  const slots = new Uint32Array(BLOCK);
  const last = after?.[3] ?? 0;
  for (let block = last - (last % BLOCK); block < sessions.top && found.length < limit; block += BLOCK) {
    const count = siftBlock(sessions, sieves, block, slots);
    for (let i = 0; i < count && found.length < limit; i++) if (slots[i] > last) found.push([0, 0, 0, slots[i]]);
  }
  return found;
}

export interface SlotPage {
  readonly slots: readonly number[];
  readonly nextCursor: string | null;
}

/**
 * The first `limit` matching slots after the cursor.
 * @throws Refusal for a cursor of another list or order
 */
export function pageOfSlots(
  sessions: Sessions,
  sieves: readonly Sieve[],
  order: ConnectionOrder,
  cursor: string | null,
  limit: number,
): SlotPage {
  const after = cursor === null ? null : positionOf(cursor, order);
  const keys = order.keys?.(sessions);
  // One more than asked for tells whether there is a next page.
  const search = { sessions, sieves, after, limit: limit + 1 };
  const found = keys ? firstInOrder(search, order.descending ? reversed(keys) : keys) : firstInTable(search);
  const page = found.slice(0, limit);
  return {
    slots: page.map(([, , , slot]) => slot),
    nextCursor: found.length > limit ? cursorText([order.name, ...page[limit - 1]]) : null,
  };
}
