/** Which rows of a list are asked for. Pure. */
import type { LiveNoun } from '../../src/contract/live.ts';

/** Parameters as the server takes them: several values of one field, any of which may match, stand apart by commas; an expression is `q`. */
export type Filter = Readonly<Record<string, string>>;

/** Rows `offset`..`offset + limit - 1` of those that match, in an order. */
export interface Window<Noun extends LiveNoun> {
  readonly noun: Noun;
  readonly filter: Filter;
  /** A field, with `-` before it for the reverse; null: the list's own order. */
  readonly sort: string | null;
  readonly offset: number;
  /** 1..1000 */
  readonly limit: number;
}

export const sameWindow = <Noun extends LiveNoun>(a: Window<Noun>, b: Window<Noun>): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The address of the window's rows. */
export function pathOf({ noun, filter, sort, offset, limit }: Window<LiveNoun>): string {
  const order = sort === null ? {} : { sort };
  return `/api/v1/${noun}?${new URLSearchParams({ ...filter, ...order, offset: String(offset), limit: String(limit) })}`;
}
