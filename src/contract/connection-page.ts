/** Pages of connections: the first rows after a position in an order, without sorting the table. */
import type { Sessions } from '../state/sessions.ts';
import { type ConnectionOrder, comparePositions, type Keys, type Position, positionOf } from './connection-order.ts';
import { BLOCK, type Sieve, siftBlock } from './connection-sieve.ts';
import { cursorText, parseCursor, refuseCursor } from './query.ts';

const isPosition = (numbers: readonly unknown[]): numbers is Position => numbers.length === 4 && numbers.every((n) => Number.isFinite(n));

function positionIn(cursor: string, order: ConnectionOrder): Position {
  const [name, ...numbers] = parseCursor(cursor) ?? [];
  return name === order.name && isPosition(numbers) ? numbers : refuseCursor(cursor);
}

/** Binary heap with the greatest position on top, so that what falls out of the page is at hand. */
function push(heap: Position[], position: Position): void {
  let at = heap.push(position) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (comparePositions(heap[parent], position) >= 0) break;
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
    if (child + 1 < heap.length && comparePositions(heap[child + 1], heap[child]) > 0) child++;
    if (comparePositions(heap[child], position) <= 0) break;
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
      const position = positionOf(keys, first, slots[i]);
      if (after && comparePositions(position, after) <= 0) continue;
      if (heap.length < limit) push(heap, position);
      else if (comparePositions(position, heap[0]) < 0) replaceTop(heap, position);
      if (heap.length === limit) most = heap[0][0];
    }
  }
  return heap.sort(comparePositions);
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
  const after = cursor === null ? null : positionIn(cursor, order);
  const keys = order.keys?.(sessions);
  // One more than asked for tells whether there is a next page.
  const search = { sessions, sieves, after, limit: limit + 1 };
  const found = keys ? firstInOrder(search, keys) : firstInTable(search);
  const page = found.slice(0, limit);
  return {
    slots: page.map(([, , , slot]) => slot),
    nextCursor: found.length > limit ? cursorText([order.name, ...page[limit - 1]]) : null,
  };
}
