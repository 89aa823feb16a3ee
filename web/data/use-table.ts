/** A window of a list, as a hook: opened with the component, closed with it. */
import { useEffect, useState } from 'preact/hooks';
import type { LiveNoun } from '../../src/contract/live.ts';
import { openTable, type Table, type TableSource } from './table.ts';
import type { Filter, Window } from './window.ts';

const MOST_ROWS = 1000;

export type WindowRequest<Noun extends LiveNoun> = Pick<Window<Noun>, 'noun'> & Partial<Window<Noun>>;

const NO_FILTER: Filter = {};

/** Without more said: the first 1000 rows of all, in the list's own order. */
export function useTable<Noun extends LiveNoun>(source: TableSource, request: WindowRequest<Noun>): Table<Noun> {
  const { noun, filter = NO_FILTER, sort = null, offset = 0, limit = MOST_ROWS } = request;
  const window: Window<Noun> = { noun, filter, sort, offset, limit };
  const [table] = useState(() => openTable(source, window));
  useEffect(() => table.ask(window), [table, JSON.stringify(window)]);
  useEffect(() => () => table.close(), [table]);
  return table;
}
