/** One subscription of the page: its rows, kept by a snapshot and the deltas after it. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Filter } from './filter.ts';
import { type Delta, type RowKind, type Rows, rowsAfter, rowsOfSnapshot, type Snapshot } from './model.ts';

export interface TableOptions<Row> extends RowKind<Row> {
  readonly noun: 'connections' | 'events' | 'services' | 'status';
  readonly limit: number;
  readonly filter: Filter;
}

export interface Table<Row> {
  /** Null until the first snapshot. */
  readonly rows: ReadonlySignal<Rows<Row> | null>;
  /** Why the server refused the filter; the rows are then still those of the filter before. */
  readonly fault: ReadonlySignal<string | null>;
  setFilter(filter: Filter): void;
}

export type ServerMessage =
  | ({ readonly type: 'snapshot'; readonly id: string } & Snapshot<unknown>)
  | ({ readonly type: 'delta'; readonly id: string } & Delta<unknown>)
  | { readonly type: 'error'; readonly id: string; readonly detail: string };

/** The end of a table that the connection holds. */
export interface Subscriber {
  /** Asks for a snapshot, and deltas from then on. */
  subscribe(): void;
  /** Takes no notice of what answers an earlier request or another table. */
  receive(message: ServerMessage): void;
}

let requests = 0;

export function createTable<Row>(
  options: TableOptions<Row>,
  send: (message: object) => void,
): { table: Table<Row>; subscriber: Subscriber } {
  const rows = signal<Rows<Row> | null>(null);
  const fault = signal<string | null>(null);
  let filter = options.filter;
  let id = '';

  function subscribe(): void {
    if (id) send({ type: 'unsubscribe', id });
    id = `${options.noun}-${++requests}`;
    send({ type: 'subscribe', id, noun: options.noun, filter, limit: options.limit });
  }

  function receive(message: ServerMessage): void {
    if (message.id !== id) return;
    fault.value = message.type === 'error' ? message.detail : null;
    // The server sends a table's own rows under the table's own id.
    if (message.type === 'snapshot') rows.value = rowsOfSnapshot(message as Snapshot<Row>, options);
    if (message.type === 'delta') take(message as Delta<Row>);
  }

  function take(delta: Delta<Row>): void {
    const after = rows.value && rowsAfter(rows.value, delta, options, performance.now());
    if (after) rows.value = after;
    else subscribe();
  }

  function setFilter(wanted: Filter): void {
    filter = wanted;
    subscribe();
  }

  return { table: { rows, fault, setFilter }, subscriber: { subscribe, receive } };
}
