/** The filter box: terms as the REST API takes them (`vip=10.0.0.1:443 state=ESTABLISHED`), apart by spaces or `&`. Pure. */

/** Values by field, as the server takes them: several values of one field, any of which may match, stand apart by commas. */
export type Filter = Readonly<Record<string, string>>;

export interface ParsedFilter {
  /** The terms that are some. */
  readonly filter: Filter;
  /** What is wrong with the first term that is none. */
  readonly fault: string | null;
}

/** Fields that the page itself offers; the server knows more and has the last word. */
export const FILTER_FIELDS = ['vip', 'client', 'dest', 'state', 'proto', 'service', 'origin'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

const TERM = /^([a-z]+[<>]?)=(.+)$/i;

const termsOf = (text: string): string[] => text.split(/[\s&]+/).filter((term) => term !== '');

export function parseFilter(text: string): ParsedFilter {
  const filter = new Map<string, string>();
  let fault: string | null = null;
  for (const term of termsOf(text)) {
    const match = TERM.exec(term);
    if (match) filter.set(match[1], [filter.get(match[1]) ?? [], match[2]].flat().join(','));
    else fault ??= `“${term}” is no filter; write FIELD=VALUE, for example state=ESTABLISHED`;
  }
  return { filter: Object.fromEntries(filter), fault };
}

/** The text with this term in place of what it said about the field; without it when it stood there already. */
export function toggleTerm(text: string, field: string, value: string): string {
  const terms = termsOf(text);
  const term = `${field}=${value}`;
  const others = terms.filter((t) => !t.startsWith(`${field}=`));
  return (terms.includes(term) ? others : [...others, term]).join(' ');
}

/** The filter as the query part of an address, so that a view can be passed on; `''` for none. */
export function queryOf(filter: Filter): string {
  const query = new URLSearchParams(filter).toString();
  return query === '' ? '' : `?${query}`;
}

/** The filter text that an address asks for. */
export function textOfQuery(query: string): string {
  return [...new URLSearchParams(query)].map(([field, value]) => `${field}=${value}`).join(' ');
}
