/** Queries as they come in, from the query part of an address or from a live subscription, and what lists have in common. */

import { type TSchema, Type } from 'typebox';
import { refuseParameter } from './problem.ts';
import { Nullable, Time } from './scalars.ts';

/** Parameters by name; several values of one field stand apart by commas. */
export type Query = Readonly<Record<string, string>>;

export const DEFAULT_LIMIT = 100;
export const MOST_LIMIT = 1000;
/** Above any list that there can be. */
export const MOST_OFFSET = 2 ** 32 - 1;
const LIST_PARAMETERS = ['limit', 'cursor', 'offset', 'sort', 'fields'] as const;

/** @param noun what to call the shape, as in ConnectionList */
export function listOf<Item extends TSchema>(item: Item, noun: string) {
  return Type.Object(
    {
      items: Type.Array(item),
      nextCursor: Nullable(
        Type.String({ description: 'give it as cursor for the next page; null: there is none, or an offset was given' }),
      ),
      total: Type.Optional(Type.Integer({ minimum: 0, description: 'only with an offset: how many match in all' })),
      asOf: Time,
    },
    { $id: `${noun}List` },
  );
}

/** What every list takes besides its filters. */
export interface ListQuery {
  readonly limit: number;
  readonly cursor: string | null;
  /** Rows before the page; null: the page follows the cursor, and nobody asks how many rows there are. Never both. */
  readonly offset: number | null;
  readonly sort: string | null;
  /** As asked for, apart by commas; null: all. */
  readonly fields: string | null;
  readonly filters: Query;
}

/** @throws Refusal for a limit outside 1..1000, an offset that is none, or one beside a cursor */
export function parseListQuery(query: Query): ListQuery {
  const filters = Object.entries(query).filter(([name]) => !LIST_PARAMETERS.some((p) => p === name));
  return {
    limit: parseLimit(query.limit, MOST_LIMIT) ?? DEFAULT_LIMIT,
    cursor: query.cursor ?? null,
    offset: parseOffset(query),
    sort: query.sort ?? null,
    fields: query.fields ?? null,
    filters: Object.fromEntries(filters),
  };
}

/** Null when none was given. @throws Refusal for what is no whole number from 1 to `most` */
export function parseLimit(text: string | undefined, most: number): number | null {
  if (text === undefined) return null;
  const limit = Number(text);
  if (!/^\d{1,16}$/.test(text) || limit < 1 || limit > most) return refuseParameter('limit', text, `a whole number from 1 to ${most}`);
  return limit;
}

function parseOffset({ offset, cursor }: Query): number | null {
  if (offset === undefined) return null;
  if (!/^\d{1,10}$/.test(offset) || Number(offset) > MOST_OFFSET)
    return refuseParameter('offset', offset, `a whole number from 0 to ${MOST_OFFSET}`);
  return cursor === undefined
    ? Number(offset)
    : refuseParameter('offset', offset, 'no offset beside a cursor: either says where the page begins');
}

/** @throws Refusal for anything but `true` and `false` */
export function parseSwitch(query: Query, name: string): boolean {
  const text = query[name] ?? 'false';
  if (text !== 'true' && text !== 'false') return refuseParameter(name, text, 'true or false');
  return text === 'true';
}

/** The words apart by commas, none of them empty. @throws Refusal when one is, or there are too many */
export function parseValues(name: string, text: string, expected: string): string[] {
  const values = text.split(',').map((value) => value.trim());
  if (values.includes('')) return refuseParameter(name, text, `${expected}; several apart by commas`);
  if (values.length > MOST_LIMIT) return refuseParameter(name, text, `at most ${MOST_LIMIT} values`);
  return values;
}

/** Opaque to who asks; a list that does not know it refuses it. */
export function cursorText(position: readonly (string | number | boolean | null)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Null when the text is none of ours. */
export function parseCursor(text: string): readonly unknown[] | null {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(position) ? position : null;
  } catch {
    return null;
  }
}

/** @throws Refusal always */
export function refuseCursor(text: string): never {
  return refuseParameter('cursor', text, 'the nextCursor of a page of this list in the same order; leave it out to begin anew');
}
