/** Addresses and commands that give the rows of a list elsewhere. */
import type { LiveNoun } from '../../src/contract/live.ts';
import type { Filter } from '../data/window.ts';

/** A form in which the server writes lists. */
export interface ListForm {
  readonly name: string;
  /** Of the parameter `format`. */
  readonly format: string;
  /** Extension of a file. */
  readonly extension: string;
}

const IPVSADM: ListForm = { name: 'ipvsadm text', format: 'text', extension: 'txt' };
const CSV: ListForm = { name: 'CSV', format: 'csv', extension: 'csv' };
const JSON_PAGE: ListForm = { name: 'JSON', format: 'json', extension: 'json' };
const JSON_LINES: ListForm = { name: 'JSON lines', format: 'ndjson', extension: 'ndjson' };

/** Lists that `ipvsadm` prints too. */
const hasText = (noun: LiveNoun): boolean => noun === 'connections' || noun === 'services';

export const copyForms = (noun: LiveNoun): readonly ListForm[] => [...(hasText(noun) ? [IPVSADM] : []), CSV, JSON_PAGE];
export const fileForms = (noun: LiveNoun): readonly ListForm[] => [...(hasText(noun) ? [IPVSADM] : []), CSV, JSON_LINES];

export interface ListQuestion {
  readonly noun: LiveNoun;
  readonly filter: Filter;
  readonly sort: string | null;
  /** Null: now. */
  readonly at: string | null;
}

/** What is copied at most, and the most that the server sorts in one answer. */
export const MOST_COPIED = 1000;

const pathOf = (noun: LiveNoun, query: Readonly<Record<string, string>>): string => {
  const text = new URLSearchParams(query).toString();
  return `/api/v1/${noun}${text === '' ? '' : `?${text}`}`;
};

const momentOf = (at: string | null): Readonly<Record<string, string>> => (at === null ? {} : { at });

/** The first rows in the order of the grid. */
export function pagePath({ noun, filter, sort, at }: ListQuestion, format: string): string {
  return pathOf(noun, { format, ...filter, ...(sort !== null && { sort }), limit: String(MOST_COPIED), ...momentOf(at) });
}

/** All rows that match, in the list's own order. */
export const wholePath = ({ noun, filter, at }: ListQuestion, format: string): string =>
  pathOf(noun, { format, ...filter, ...momentOf(at) });

/** For a shell of POSIX: inside single quotes only they themselves mean something. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** @param origin as in `http://127.0.0.1:9960` */
export function curlCommand(origin: string, path: string): string {
  return `curl ${quoted(origin + path)}`;
}

/** @throws Error in words */
export async function textAt(path: string): Promise<string> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`the monitor answers ${response.status}`);
  return response.text();
}
