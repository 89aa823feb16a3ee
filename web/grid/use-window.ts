/** The rows of a list around what is drawn, and how many there are in all. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveNoun } from '../../src/contract/live.ts';
import type { Table } from '../data/table.ts';
import { useTable } from '../data/use-table.ts';
import type { Filter } from '../data/window.ts';
import type { PageState } from '../shell/page-state.ts';
import { type Drawn, offsetFor, WINDOW_ROWS } from './grid-window.ts';

/** Least milliseconds between two windows asked for: whoever scrolls on does not want those between. */
const ASK_MILLIS = 250;
/** So long the answer to one question is waited for before the next is asked: a server that is busy has no queue of them. */
const PATIENCE_MILLIS = 1000;

interface Windowed<Noun extends LiveNoun> {
  readonly table: Table<Noun>;
  /** Told with each drawing what can be seen. */
  see(drawn: Drawn | null): void;
}

export function useWindow<Noun extends LiveNoun>(page: PageState, noun: Noun, filter: Filter, sort: string | null): Windowed<Noun> {
  const list = JSON.stringify([filter, sort]);
  const [asked, ask] = useState({ list, offset: 0 });
  // Another list begins at its beginning.
  const offset = asked.list === list ? asked.offset : 0;
  const table = useTable(page, { noun, filter, sort, offset, limit: WINDOW_ROWS });
  const timer = useRef({ id: 0, lastMillis: 0 });
  const seen = useRef<Drawn | null>(null);

  function askAround(): void {
    timer.current = { id: 0, lastMillis: performance.now() };
    const total = table.rows.peek()?.total ?? 0;
    if (seen.current) ask({ list, offset: offsetFor(seen.current, offset, total) });
  }
  const latest = useRef(askAround);
  latest.current = askAround;
  useEffect(() => () => window.clearTimeout(timer.current.id), []);

  return {
    table,
    see(drawn) {
      seen.current = drawn;
      const rows = table.rows.peek();
      if (timer.current.id !== 0 || !drawn || offsetFor(drawn, offset, rows?.total ?? 0) === offset) return;
      const sinceMillis = performance.now() - timer.current.lastMillis;
      const isWaiting = rows !== null && rows.window.offset !== offset;
      // The answer draws the page again, and so does its clock.
      if (isWaiting && sinceMillis < PATIENCE_MILLIS) return;
      const delay = Math.max(0, ASK_MILLIS - sinceMillis);
      timer.current.id = window.setTimeout(() => latest.current(), delay);
    },
  };
}
