/** One window of a list as it is now: kept by a snapshot and the deltas after it. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveAnswer, LiveNoun, LiveRequest, Subscribe } from '../../src/contract/live.ts';
import { type DeltaOf, type Rows, rowsAfter, rowsOfSnapshot, type SnapshotOf } from './rows.ts';
import type { Window } from './window.ts';

/** People read no faster. */
const EVERY_MS = 250;

export interface TableEnd<Noun extends LiveNoun> {
  /** Null until the first answer. */
  readonly rows: ReadonlySignal<Rows<Noun> | null>;
  /** Why the server refused what was asked for last; the rows are then those asked for before. */
  readonly fault: ReadonlySignal<string | null>;
  /** What was asked for last has not been answered yet: the rows are those asked for before. */
  readonly isWaiting: ReadonlySignal<boolean>;
  ask(window: Window<Noun>): void;
  close(): void;
}

/** The end of a table that the connection holds. */
export interface Subscriber {
  /** The connection is new: nothing is subscribed. */
  start(): void;
  /** Takes no notice of answers to other tables and to requests of its own that it has given up. */
  receive(answer: LiveAnswer): void;
}

/** The subscription that rows are from: what the server knows it by, and which message was the last. */
interface Held {
  readonly id: string;
  readonly epoch: string;
  readonly resume: string;
  readonly seq: number;
}

let requests = 0;

export function createLiveTable<Noun extends LiveNoun>(
  first: Window<Noun>,
  send: (request: LiveRequest) => void,
): TableEnd<Noun> & { readonly subscriber: Subscriber } {
  const rows = signal<Rows<Noun> | null>(null);
  const fault = signal<string | null>(null);
  const isWaiting = signal(false);
  let held: Held | null = null;
  /** The subscription asked for in place of the one held. */
  let asked: { readonly id: string; readonly window: Window<Noun> } | null = null;
  let wanted = first;

  function drop(subscription: { readonly id: string } | null): void {
    if (subscription !== null) send({ type: 'unsubscribe', id: subscription.id });
  }

  function subscribe(since?: Subscribe['since']): void {
    drop(asked);
    isWaiting.value = true;
    asked = { id: `${wanted.noun}-${++requests}`, window: wanted };
    const { noun, filter, sort, offset, limit } = wanted;
    // There is one status, in no order.
    const order = noun === 'status' ? {} : { offset, ...(sort !== null && { sort }) };
    send({ type: 'subscribe', id: asked.id, noun, filter, ...order, limit, everyMs: EVERY_MS, ...(since && { since }) });
  }

  function refused(detail: string): void {
    asked = null;
    isWaiting.value = false;
    fault.value = detail;
    // Without a subscription the rows would grow old.
    if (held === null) rows.value = null;
  }

  function fill(snapshot: SnapshotOf<Noun>): void {
    const { id, epoch, resume, seq } = snapshot;
    const window = id === asked?.id ? asked.window : (rows.value?.window ?? wanted);
    if (id === asked?.id) {
      drop(held);
      asked = null;
    }
    isWaiting.value = asked !== null;
    held = { id, epoch, resume, seq };
    fault.value = null;
    rows.value = rowsOfSnapshot(snapshot, window);
  }

  function change(delta: DeltaOf<Noun>): void {
    // The server knew where the connection was cut.
    if (held && delta.id === asked?.id) {
      held = { ...held, id: delta.id };
      asked = null;
      isWaiting.value = false;
    }
    if (held && rows.value && delta.seq === held.seq + 1) {
      held = { ...held, seq: delta.seq };
      rows.value = rowsAfter(rows.value, delta, performance.now());
    } else if (asked === null) subscribe();
  }

  function receive(answer: LiveAnswer): void {
    if (answer.id === null || (answer.id !== asked?.id && answer.id !== held?.id)) return;
    // The rows of a subscription are of the noun that was asked for.
    if (answer.type === 'snapshot') fill(answer as SnapshotOf<Noun>);
    else if (answer.type === 'delta') change(answer as DeltaOf<Noun>);
    else refused(answer.detail);
  }

  function start(): void {
    asked = null;
    const { epoch, resume, seq } = held ?? {};
    const goesOn = epoch !== undefined && resume !== undefined && seq !== undefined && rows.value?.window === wanted;
    if (!goesOn) held = null;
    subscribe(goesOn ? { epoch, resume, seq } : undefined);
  }

  return {
    rows,
    fault,
    isWaiting,
    ask(window) {
      wanted = window;
      subscribe();
    },
    close() {
      drop(asked);
      drop(held);
      asked = null;
      held = null;
    },
    subscriber: { start, receive },
  };
}
