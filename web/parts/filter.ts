/**
 * The filter box: terms as the REST API takes them (`vip=10.0.0.1:443 state=ESTABLISHED`), apart by spaces or `&`; or an
 * expression (`client == 198.51.100.0/24 && !(state == CLOSE)`), which the server reads. Pure.
 */

import type { Filter } from '../data/window.ts';

export interface ParsedFilter {
  /** The terms that are some. */
  readonly filter: Filter;
  /** What is wrong with the first term that is none. */
  readonly fault: string | null;
}

const TERM = /^([a-z][\w.]*[<>]?)=(?!=)(.+)$/i;
/** What stands in no list of terms but in every expression with more than one word. */
const EXPRESSION = /[=!<>]=|[<>()"]|\s=|=\s|\bexists\b/i;

const termsOf = (text: string): string[] => text.split(/[\s&]+/).filter((term) => term !== '');

/** Whether the server is to read it as one expression. */
export const isExpression = (text: string): boolean => !termsOf(text).every((term) => TERM.test(term)) && EXPRESSION.test(text);

export function parseFilter(text: string): ParsedFilter {
  if (isExpression(text)) return { filter: { q: text.trim() }, fault: null };
  const filter = new Map<string, string>();
  let fault: string | null = null;
  for (const term of termsOf(text)) {
    const match = TERM.exec(term);
    if (match) filter.set(match[1], [filter.get(match[1]) ?? [], match[2]].flat().join(','));
    else fault ??= `“${term}” is no filter; write FIELD=VALUE, for example state=ESTABLISHED`;
  }
  return { filter: Object.fromEntries(filter), fault };
}

/** The expression and this comparison; without it, or another of the field, where it stood last. */
function toggleComparison(text: string, field: string, value: string): string {
  const last = / && (\w+) == ([^\s()]+)$/.exec(text);
  const others = last?.[1] === field ? text.slice(0, last.index) : text;
  if (others !== text && last?.[2] === value) return others;
  return `${/\|\||\bor\b/i.test(others) && !/^\([^()]*\)$/.test(others) ? `(${others})` : others} && ${field} == ${value}`;
}

/** The text with this term in place of what it said about the field; without it when it stood there already. */
export function toggleTerm(text: string, field: string, value: string): string {
  if (isExpression(text)) return toggleComparison(text, field, value);
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
  const { q, ...fields } = Object.fromEntries(new URLSearchParams(query));
  const terms = Object.entries(fields);
  if (q === undefined) return terms.map(([field, value]) => `${field}=${value}`).join(' ');
  const comparisons = terms.map(([field, value]) => `${field}=${value.includes(',') ? `[${value}]` : value}`);
  return comparisons.length === 0 ? q : [`(${q})`, ...comparisons].join(' && ');
}
