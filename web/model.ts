/** What the page makes of the server's messages: rows by id, which of them moved, their order. Pure; times in milliseconds. */
import type { Connection } from '../src/contract/connection.ts';
import type { Event } from '../src/contract/event.ts';
import type { Delta, Snapshot } from '../src/contract/live.ts';
import type { Service } from '../src/contract/service.ts';
import { endpointText } from './text.ts';

/** How long a row that came or changed stays marked. */
export const MARK_MILLIS = 2000;

export interface Mark {
  readonly kind: 'came' | 'changed';
  readonly endsAtMillis: number;
}

/** One subscription's rows as of `seq`. */
export interface Rows<Row> {
  readonly byId: ReadonlyMap<string, Row>;
  readonly marks: ReadonlyMap<string, Mark>;
  /** Rows at the server that match the filter; the page holds at most the subscription's limit of them. */
  readonly total: number;
  readonly seq: number;
}

export type SnapshotOf<Row> = Omit<Snapshot, 'items'> & { readonly items: readonly Row[] };
export type DeltaOf<Row> = Omit<Delta, 'upsert'> & { readonly upsert: readonly Row[] };

/** What a table must know of its rows. */
export interface RowKind<Row> {
  keyOf(row: Row): string;
  /** Whether a row that was sent again deserves a mark. */
  differs(before: Row, after: Row): boolean;
}

export function rowsOfSnapshot<Row>(
  { items, total, seq }: Pick<SnapshotOf<Row>, 'items' | 'total' | 'seq'>,
  { keyOf }: RowKind<Row>,
): Rows<Row> {
  return { byId: new Map(items.map((item) => [keyOf(item), item])), marks: new Map(), total, seq };
}

/** The rows after the delta, or null when a delta before it is missing: then only a new snapshot tells the truth. */
export function rowsAfter<Row>(
  rows: Rows<Row>,
  delta: Omit<DeltaOf<Row>, 'type' | 'id'>,
  kind: RowKind<Row>,
  nowMillis: number,
): Rows<Row> | null {
  if (delta.seq !== rows.seq + 1) return null;
  const byId = new Map(rows.byId);
  const marks = new Map([...rows.marks].filter(([, mark]) => mark.endsAtMillis > nowMillis));
  for (const key of delta.remove) {
    byId.delete(key);
    marks.delete(key);
  }
  for (const row of delta.upsert) {
    const key = kind.keyOf(row);
    const before = byId.get(key);
    if (!before) marks.set(key, { kind: 'came', endsAtMillis: nowMillis + MARK_MILLIS });
    else if (kind.differs(before, row)) marks.set(key, { kind: 'changed', endsAtMillis: nowMillis + MARK_MILLIS });
    byId.set(key, row);
  }
  return { byId, marks, total: delta.total, seq: delta.seq };
}

/** Whether the operator should look: another state or real server. A sync that only confirms a session is no change. */
export function connectionDiffers(before: Connection, after: Connection): boolean {
  return (
    before.state !== after.state ||
    before.active !== after.active ||
    before.destination.address !== after.destination.address ||
    before.destination.port !== after.destination.port
  );
}

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);

/** Youngest session first; sessions of one moment in the order of their ids, so that rows never swap places. */
export function youngestFirst(connections: Iterable<Connection>): Connection[] {
  return [...connections].sort((a, b) => descending(a.firstSeen, b.firstSeen) || descending(b.id, a.id));
}

export function latestFirst(events: Iterable<Event>): Event[] {
  return [...events].sort((a, b) => descending(a.at, b.at) || descending(a.id, b.id));
}

export type Tone = 'up' | 'opening' | 'closing' | 'plain' | 'bad';

const TONES: Readonly<Record<string, Tone>> = {
  ESTABLISHED: 'up',
  ASSURED: 'up',
  UDP: 'up',
  'ERR!': 'bad',
  REJECTED: 'bad',
  NONE: 'plain',
  LISTEN: 'plain',
};
const OPENING = /^(SYN|INIT|C-|COOKIE)/;

/** The colour family of a state; the state's name always stands beside the colour. */
export function toneOf(state: string): Tone {
  return TONES[state] ?? (OPENING.test(state) ? 'opening' : 'closing');
}

/** `255.255.255.255:65535`: a column for IPv4 is never narrower, so that it does not move. */
const ENDPOINT_CHARACTERS = 21;

/** Characters that an address column needs for all its rows. */
export function longestEndpoint(connections: readonly Connection[]): number {
  const lengths = connections.flatMap((c) => [c.client, c.virtual, c.destination]).map((endpoint) => endpointText(endpoint).length);
  return lengths.reduce((a, b) => Math.max(a, b), ENDPOINT_CHARACTERS);
}

type Destination = Service['destinations'][number];

/** Each real server's part of its service's sessions, active and inactive, 0..1; all 0 when there is none. */
export function sharesOf(destinations: readonly Destination[]): number[] {
  const counts = destinations.map((d) => d.active + d.inactive);
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => (sum === 0 ? 0 : count / sum));
}

export interface Totals {
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
  readonly newPerSecond: number;
}

/** A service's own line: the sums over its real servers. */
export function totalsOf(destinations: readonly Destination[]): Totals {
  const sum = (of: (d: Destination) => number) => destinations.reduce((total, d) => total + of(d), 0);
  return {
    active: sum((d) => d.active),
    inactive: sum((d) => d.inactive),
    persistent: sum((d) => d.persistent),
    newPerSecond: sum((d) => d.newPerSecond),
  };
}

/** Wait before the next attempt to connect: 0.5 s doubled each time, 10 s at most. */
export function retryDelayMillis(failures: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(failures, 10));
}

/** What to scroll by so that the row which was at the top of the window stays there, when rows above it came or went. */
export function anchoredOffset(offset: number, rowHeight: number, before: readonly string[], after: readonly string[]): number {
  if (offset < rowHeight) return offset;
  const top = Math.floor(offset / rowHeight);
  for (let index = top; index < before.length; index++) {
    const now = after.indexOf(before[index]);
    if (now >= 0) return offset + (now - index) * rowHeight;
  }
  return offset;
}
