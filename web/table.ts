/** One table of the page: its rows, kept by a snapshot and the deltas after it. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveAnswer, LiveNoun, LiveRequest, Subscribe } from '../src/contract/live.ts';
import type { Filter } from './filter.ts';
import { type DeltaOf, type RowKind, type Rows, rowsAfter, rowsOfSnapshot, type SnapshotOf } from './model.ts';

/** People read no faster. */
const EVERY_MS = 250;

export interface TableOptions<Row> extends RowKind<Row> {
  readonly noun: LiveNoun;
  readonly limit: number;
  readonly filter: Filter;
}

export interface Table<Row> {
  /** Null until the first snapshot. */
  readonly rows: ReadonlySignal<Rows<Row> | null>;
  /** Why the server refused the filter; the rows are then those of the filter before, and stay up to date. */
  readonly fault: ReadonlySignal<string | null>;
  setFilter(filter: Filter): void;
}

/** The end of a table that the connection holds. */
export interface Subscriber {
  /** The connection is new: nothing is subscribed. */
  start(): void;
  /** Takes no notice of answers to other tables and to requests of its own that it has given up. */
  receive(answer: LiveAnswer): void;
}

let requests = 0;

export function createTable<Row>(
  options: TableOptions<Row>,
  send: (request: LiveRequest) => void,
): { table: Table<Row>; subscriber: Subscriber } {
  const rows = signal<Rows<Row> | null>(null);
  const fault = signal<string | null>(null);
  let filter = options.filter;
  /** The subscription that the rows are from, and the one asked for in its place. */
  let current: string | null = null;
  let asked: string | null = null;
  /** What the server knows the rows' subscription by. */
  let held: { readonly epoch: string; readonly resume: string } | null = null;

  function drop(id: string | null): void {
    if (id !== null) send({ type: 'unsubscribe', id });
  }

  function ask(since?: Subscribe['since']): void {
    drop(asked);
    asked = `${options.noun}-${++requests}`;
    const { noun, limit } = options;
    send({ type: 'subscribe', id: asked, noun, filter, limit, everyMs: EVERY_MS, ...(since && { since }) });
  }

  /** The subscription asked for has begun; the one before is not needed any more. */
  function adopt(): void {
    drop(current);
    current = asked;
    asked = null;
    fault.value = null;
  }

  function refused(detail: string): void {
    asked = null;
    fault.value = detail;
    // Without a subscription the rows would grow old.
    if (current === null) rows.value = null;
  }

  function fill(id: string, snapshot: SnapshotOf<Row>): void {
    if (id === asked) adopt();
    held = snapshot;
    rows.value = rowsOfSnapshot(snapshot, options);
  }

  function change(delta: DeltaOf<Row>): void {
    // The server knew where the connection was cut.
    if (delta.id === asked) adopt();
    const after = rows.value && rowsAfter(rows.value, delta, options, performance.now());
    if (after) rows.value = after;
    else if (asked === null) ask();
  }

  function receive(answer: LiveAnswer): void {
    if (answer.id === null || (answer.id !== asked && answer.id !== current)) return;
    // The rows of a subscription are of the noun that was asked for.
    if (answer.type === 'snapshot') fill(answer.id, answer as SnapshotOf<Row>);
    else if (answer.type === 'delta') change(answer as DeltaOf<Row>);
    else refused(answer.detail);
  }

  function start(): void {
    current = null;
    asked = null;
    ask(held && rows.value ? { epoch: held.epoch, resume: held.resume, seq: rows.value.seq } : undefined);
  }

  function setFilter(wanted: Filter): void {
    filter = wanted;
    ask();
  }

  return { table: { rows, fault, setFilter }, subscriber: { start, receive } };
}
