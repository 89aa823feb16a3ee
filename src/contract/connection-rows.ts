/**
 * Rows of the connection table by their place in an order: from the `offset`-th on, wherever that is. The table is never sorted:
 * counting how many rows have a key in each part of the range tells which parts hold the place, and only their rows are looked at again.
 */
import type { Sessions } from '../state/sessions.ts';
import type { Column } from './connection-columns.ts';
import { type ConnectionOrder, comparePositions, type Keys, positionOf } from './connection-order.ts';
import { BLOCK } from './connection-sieve.ts';

/** Writes the wanted slots of as many from `from` on as `slots` has room for to its front, ascending; returns how many. */
export type SlotSource = (from: number, slots: Uint32Array) => number;

export interface Place {
  readonly offset: number;
  readonly limit: number;
}

export interface PlacedRows {
  /** In the order. */
  readonly slots: readonly number[];
  /** Of all wanted. */
  readonly total: number;
}

/** Slots, ascending, and the number that each is ordered by. */
interface Keyed {
  readonly slots: Uint32Array;
  readonly keys: Float64Array;
}

/** The parts that the range of the keys is divided into. */
const PARTS = 4096;
/** Rows that are sorted without more ado. */
const SORTED_AT_ONCE = 1024;

/** Kept from look to look: as long as the table, which is too much to be made anew each time. */
let room: Keyed = { slots: new Uint32Array(0), keys: new Float64Array(0) };

function roomFor(count: number): Keyed {
  const length = 2 ** Math.ceil(Math.log2(count));
  if (room.slots.length < length) room = { slots: new Uint32Array(length), keys: new Float64Array(length) };
  return room;
}

/** All wanted slots with their first numbers; good until the next call. */
function gather({ top }: Sessions, source: SlotSource, { first }: Keys): Keyed {
  const { slots, keys } = roomFor(top + BLOCK);
  let count = 0;
  for (let block = 0; block < top; block += BLOCK) {
    const found = slots.subarray(count, count + BLOCK);
    const some = source(block, found);
    first(found, some, keys.subarray(count, count + some));
    count += some;
  }
  return { slots: slots.subarray(0, count), keys: keys.subarray(0, count) };
}

function rangeOf(keys: Float64Array): readonly [least: number, most: number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key < least) least = key;
    if (key > most) most = key;
  }
  return [least, most];
}

/** The range of the keys in parts of equal width: what is in a lower part comes before what is in a higher one. */
class Parts {
  private readonly least: number;
  private readonly scale: number;
  private readonly counts = new Uint32Array(PARTS);

  constructor({ keys }: Keyed, least: number, most: number) {
    const scale = (PARTS - 1) / (most - least);
    const { counts } = this;
    for (let i = 0; i < keys.length; i++) counts[((keys[i] - least) * scale) | 0]++;
    this.least = least;
    this.scale = scale;
  }

  /** The part that holds the row of that rank, and how many rows are in those before it. */
  holding(rank: number): { readonly part: number; readonly before: number } {
    let part = 0;
    let before = 0;
    while (before + this.counts[part] <= rank) before += this.counts[part++];
    return { part, before };
  }

  /** The rows from one part to another, both included. */
  between({ slots, keys }: Keyed, from: number, to: number): Keyed {
    const { least, scale } = this;
    const length = this.counts.subarray(from, to + 1).reduce((sum, count) => sum + count, 0);
    const found = { slots: new Uint32Array(length), keys: new Float64Array(length) };
    let count = 0;
    for (let i = 0; count < length; i++) {
      const part = ((keys[i] - least) * scale) | 0;
      if (part < from || part > to) continue;
      found.slots[count] = slots[i];
      found.keys[count++] = keys[i];
    }
    return found;
  }
}

function sorted({ slots }: Keyed, keys: Keys): number[] {
  const firsts = new Float64Array(slots.length);
  keys.first(slots, slots.length, firsts);
  const positions = Array.from(slots, (slot, i) => positionOf(keys, firsts[i], slot));
  return positions.sort(comparePositions).map(([, , , slot]) => slot);
}

/** Slots of rank `from` up to, not including, `to`. @param deeper the numbers that decide where the keys of the rows are equal */
function ranked(rows: Keyed, keys: Keys, from: number, to: number, deeper: readonly Column[] = keys.rest?.columns ?? []): number[] {
  if (from >= to) return [];
  if (rows.slots.length <= SORTED_AT_ONCE) return sorted(rows, keys).slice(from, to);
  const [least, most] = rangeOf(rows.keys);
  if (least === most) {
    if (deeper.length === 0) return Array.from(rows.slots.subarray(from, to));
    const [next, ...rest] = deeper;
    next(rows.slots, rows.slots.length, rows.keys);
    return ranked(rows, keys, from, to, rest);
  }
  const parts = new Parts(rows, least, most);
  const first = parts.holding(from);
  const last = parts.holding(to - 1);
  const near = parts.between(rows, first.part, last.part);
  const [begin, end] = [from - first.before, to - first.before];
  if (first.part === last.part || near.slots.length <= SORTED_AT_ONCE) return ranked(near, keys, begin, end, deeper);
  // Only the outer two may have more than what is asked for.
  const [low, high] = [parts.between(near, first.part, first.part), parts.between(near, last.part, last.part)];
  const middle = parts.between(near, first.part + 1, last.part - 1);
  return [
    ...ranked(low, keys, begin, low.slots.length, deeper),
    ...ranked(middle, keys, 0, middle.slots.length, deeper),
    ...ranked(high, keys, 0, to - last.before, deeper),
  ];
}

/** Without keys the order is that of the table, and rows need only be counted. */
function counted({ top }: Sessions, source: SlotSource, { offset, limit }: Place): PlacedRows {
  const found: number[] = [];
  const slots = new Uint32Array(BLOCK);
  let total = 0;
  for (let block = 0; block < top; block += BLOCK) {
    const count = source(block, slots);
    if (total + count > offset && found.length < limit) {
      const from = Math.max(0, offset - total);
      found.push(...slots.subarray(from, Math.min(count, from + limit - found.length)));
    }
    total += count;
  }
  return { slots: found, total };
}

/** The same rows as pages by cursor have there. */
export function rowsAt(sessions: Sessions, source: SlotSource, order: ConnectionOrder, place: Place): PlacedRows {
  const keys = order.keys?.(sessions);
  if (!keys) return counted(sessions, source, place);
  const rows = gather(sessions, source, keys);
  const total = rows.slots.length;
  const { offset, limit } = place;
  return { slots: ranked(rows, keys, Math.min(offset, total), Math.min(offset + limit, total)), total };
}
