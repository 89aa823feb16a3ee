/** What the address says of a list: filter, order, the row whose details are shown. Pure. */
import type { Filter } from '../data/window.ts';
import { queryOf, textOfQuery } from '../parts/filter.ts';

/** Parameters of the page itself. */
const OWN_PARAMETERS = ['at', 'sort', 'row'];

export interface ListAddress {
  readonly filter: Filter;
  /** The filter as it is written in the box. */
  readonly text: string;
  readonly sort: string | null;
  /** Id of the row whose details are shown. */
  readonly row: string | null;
}

/** @param others further parameters that are the page's and no filter */
export function listAddressOf(query: Readonly<Record<string, string>>, defaultSort: string | null, others: readonly string[]): ListAddress {
  const filters = Object.entries(query).filter(([name]) => !OWN_PARAMETERS.includes(name) && !others.includes(name));
  const filter = Object.fromEntries(filters);
  return { filter, text: textOfQuery(queryOf(filter)), sort: query.sort ?? defaultSort, row: query.row ?? null };
}

/** The changes of the address that put one filter in the place of another. */
export function filterChange(before: Filter, after: Filter): Readonly<Record<string, string | null>> {
  return { ...Object.fromEntries(Object.keys(before).map((name) => [name, null])), ...after };
}
