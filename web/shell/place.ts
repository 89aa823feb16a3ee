/** Where in the page one is: the address says all of it, so that it can be passed on, kept and gone back to. Pure. */

/** The pages, by the first part of their path; the server answers at these paths. */
export const PAGES = ['overview', 'connections', 'vrrp', 'failovers', 'neighbors', 'groups', 'daemons', 'events', 'anomalies'] as const;
export type PageName = (typeof PAGES)[number];

export interface Place {
  readonly page: PageName;
  /** Of one item of the page, as in `/failovers/ID`. */
  readonly id: string | null;
  /** Filters as of REST, `sort`, and `at`, the moment that is shown. */
  readonly query: Readonly<Record<string, string>>;
}

/** A moment that is none would leave the page without a clock. */
function queryOf(search: string): Place['query'] {
  const { at, ...query } = Object.fromEntries(new URLSearchParams(search));
  return at === undefined || Number.isNaN(Date.parse(at)) ? query : { ...query, at };
}

/** Null for an address that is none of ours. */
export function placeOf({ pathname, search }: Pick<URL, 'pathname' | 'search'>): Place | null {
  const [, first = '', id, ...rest] = pathname.split('/');
  const page = first === '' ? 'overview' : PAGES.find((name) => name === first);
  if (page === undefined || rest.length > 0) return null;
  return { page, id: id ? decodeURIComponent(id) : null, query: queryOf(search) };
}

export function hrefOf({ page, id = null, query = {} }: { page: PageName; id?: string | null; query?: Place['query'] }): string {
  const path = page === 'overview' ? '/' : `/${page}${id === null ? '' : `/${encodeURIComponent(id)}`}`;
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
