/** Orders of connections: by which numbers of a row they go. */

import { STATE_NAMES } from '../../dissectors/ipvs-states.ts';
import { LONG_WORDS, ROW, WORDS as ROW_WORDS, stateKey, WORD } from '../state/session-layout.ts';
import type { Sessions } from '../state/sessions.ts';
import { type Column, expiresAtColumn, firstSeenColumn, syncCountColumn } from './connection-columns.ts';
import { type EndpointName, PORT_OF, stateIndexTable } from './connection-sieve.ts';
import { refuseParameter } from './problem.ts';
import { protoText } from './scalars.ts';

// An imported name is looked up in every turn of a loop, a constant of this file is not.
const WORDS = ROW_WORDS;
const FLAGS = WORD.flags;
const IPV6 = ROW.ipv6;
const SYNCED = ROW.synced;
const PROTO = WORD.destinationPortProtoState;

/** What a row is ordered by: three numbers, most significant first, then its slot. An address with its port needs them all. */
export type Position = readonly [first: number, second: number, third: number, slot: number];

/** The second and the third number. */
interface RestKeys {
  readonly of: (slot: number) => readonly [second: number, third: number];
  readonly columns: readonly [second: Column, third: Column];
}

export interface Keys {
  /** The first number of each slot of a block. */
  readonly first: Column;
  /** Asked for only when the first number does not decide; null when it always does. */
  readonly rest: RestKeys | null;
}

export interface ConnectionOrder {
  /** As asked for, with its `-`. */
  readonly name: string;
  /** Null: the order of the table itself. Rows of equal keys stay in that order. */
  readonly keys: ((sessions: Sessions) => Keys) | null;
}

const NO_REST = [0, 0] as const;
const TWO_48 = 2 ** 48;
const TWO_32 = 2 ** 32;
const TWO_16 = 2 ** 16;

const columnKeys =
  (column: (sessions: Sessions) => Column) =>
  (sessions: Sessions): Keys => ({ first: column(sessions), rest: null });

function columnOf(numberOf: (slot: number) => number): Column {
  return (slots, count, into) => {
    for (let i = 0; i < count; i++) into[i] = numberOf(slots[i]);
  };
}

const restKeys = (second: (slot: number) => number, third: (slot: number) => number): RestKeys => ({
  of: (slot) => [second(slot), third(slot)],
  columns: [columnOf(second), columnOf(third)],
});

function negated(column: Column): Column {
  return (slots, count, into) => {
    column(slots, count, into);
    for (let i = 0; i < count; i++) into[i] = -into[i];
  };
}

function reversedRest({ of, columns: [second, third] }: RestKeys): RestKeys {
  return {
    of(slot) {
      const [one, other] = of(slot);
      return [-one, -other];
    },
    columns: [negated(second), negated(third)],
  };
}

/** Reverses the order of the keys; rows of equal keys stay in the order of the table. */
const reversed = ({ first, rest }: Keys): Keys => ({ first: negated(first), rest: rest && reversedRest(rest) });

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

/** Place of each protocol's name in the alphabet. */
const PROTO_RANKS = Array.from({ length: 256 }, (_, proto) => protoText(proto)).map(
  (name, _, all) => all.filter((other) => other < name).length,
);

const protoKeys = ({ words }: Sessions): Keys => ({
  first(slots, count, into) {
    for (let i = 0; i < count; i++) into[i] = PROTO_RANKS[(words[slots[i] * WORDS + PROTO] >>> 8) & 0xff];
  },
  rest: null,
});

/** local, then synced. */
const originKeys = ({ words }: Sessions): Keys => ({
  first(slots, count, into) {
    for (let i = 0; i < count; i++) into[i] = words[slots[i] * WORDS + FLAGS] & SYNCED;
  },
  rest: null,
});

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
          if (words[row + FLAGS] & IPV6) {
            const from = longFrom(row);
            into[i] = TWO_48 + long[from] * TWO_16 + (long[from + 1] >>> 16);
          } else into[i] = words[row + address] * TWO_16 + portOf(row);
        }
      },
      rest: restKeys(
        (slot) => {
          const row = slot * WORDS;
          const from = longFrom(row);
          return words[row + FLAGS] & IPV6 ? (long[from + 1] & 0xffff) * TWO_32 + long[from + 2] : 0;
        },
        (slot) => {
          const row = slot * WORDS;
          return words[row + FLAGS] & IPV6 ? long[longFrom(row) + 3] * TWO_16 + portOf(row) : 0;
        },
      ),
    };
  };

const ORDERS: Readonly<Record<string, (sessions: Sessions) => Keys>> = {
  proto: protoKeys,
  expires: columnKeys(expiresAtColumn),
  age: ageKeys,
  client: endpointKeys('client'),
  virtual: endpointKeys('virtual'),
  destination: endpointKeys('destination'),
  state: stateKeys,
  syncCount: columnKeys(syncCountColumn),
  origin: originKeys,
};
export const CONNECTION_ORDERS = Object.keys(ORDERS);

/** @throws Refusal for an order that is not offered */
export function parseConnectionOrder(text: string | null): ConnectionOrder {
  if (text === null) return { name: '', keys: null };
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  if (!Object.hasOwn(ORDERS, name))
    return refuseParameter('sort', text, `${CONNECTION_ORDERS.join(', ')}, or one of them with a - before it`);
  return { name: text, keys: descending ? (sessions) => reversed(ORDERS[name](sessions)) : ORDERS[name] };
}

export function comparePositions(a: Position, b: Position): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

/** @param first its first number */
export function positionOf({ rest }: Keys, first: number, slot: number): Position {
  const [second, third] = rest?.of(slot) ?? NO_REST;
  return [first, second, third, slot];
}
