/** A list of the server as a page: its filter, all of its rows, the details of one. */

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { LiveNoun } from '../../src/contract/live.ts';
import { keyOf, type RowOf } from '../data/noun-rows.ts';
import { parseFilter, toggleTerm } from '../parts/filter.ts';
import { FilterBox } from '../parts/filter-box.tsx';
import { useMedia } from '../parts/media.ts';
import { countText } from '../parts/text.ts';
import { useVirtualRows } from '../parts/virtual-rows.ts';
import { isTyping, usePageKeys } from '../shell/keys.ts';
import type { PageState } from '../shell/page-state.ts';
import type { Column } from './column.ts';
import { ExportMenu } from './export-menu.tsx';
import { placeAfter } from './grid-keys.ts';
import { GridRows } from './grid-rows.tsx';
import { countOf, type Drawn, followed, reachableRows, type Selected } from './grid-window.ts';
import { filterChange, listAddressOf } from './list-address.ts';
import { OpenedRow } from './opened-row.tsx';
import { SortChoice } from './sort-choice.tsx';
import { useWindow } from './use-window.ts';
import './grid.css';

/** In pixels; grid.css draws what fits into them. */
const ROW_HEIGHT = 22;
const HEAD_HEIGHT = 24;
const NARROW = '(max-width: 720px)';
const NO_MARKS = new Map();

export interface GridProps<Noun extends LiveNoun> {
  readonly page: PageState;
  readonly noun: Noun;
  /** What the rows are, as a heading. */
  readonly heading: string;
  readonly columns: readonly Column<RowOf<Noun>>[];
  /** As long as the address names no order; null: the list's own. */
  readonly defaultSort: string | null;
  /** Height of a row in pixels where the window is narrow, when the page's own style then draws rows of several lines; else a row stays a line. */
  readonly cardHeight?: number;
  /** How many there are without a filter; without it, as many as match. */
  readonly count?: number;
  /** Parameters of the address that are the page's and no filter. */
  readonly ownParameters?: readonly string[];
  /** An example of a filter. */
  readonly example: string;
  /** What to say when there is none at all. */
  readonly empty: string;
  /** More about one row; without it rows cannot be opened. */
  details?(row: RowOf<Noun>): ComponentChildren;
  /** The page of a row, where it has one of its own in place of details. */
  hrefOf?(row: RowOf<Noun>): string;
}

const drawnOf = (indexes: readonly number[]): Drawn | null =>
  indexes.length === 0 ? null : { first: indexes[0], last: indexes[indexes.length - 1] };

const NO_PARAMETERS: readonly string[] = [];

export function Grid<Noun extends LiveNoun>(props: GridProps<Noun>) {
  const { page, noun, columns, details, cardHeight, ownParameters = NO_PARAMETERS } = props;
  const address = listAddressOf(page.place.value.query, props.defaultSort, ownParameters);
  const { filter, text, sort, row: opened } = address;
  const input = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const selection = useSignal<Selected | null>(null);
  const isNarrow = useMedia(NARROW);
  const isCards = isNarrow && cardHeight !== undefined;
  const rowHeight = isCards ? cardHeight : ROW_HEIGHT;

  const { table, see } = useWindow(page, noun, filter, sort);
  const rows = table.rows.value;
  const fault = table.fault.value;
  const held = useMemo(() => ({ offset: rows?.window.offset ?? 0, ids: rows?.items.map(keyOf) ?? [] }), [rows]);
  const total = rows?.total ?? 0;
  const count = rows ? countOf({ ...rows.window, held: rows.items.length, total }) : 0;
  const reachable = reachableRows(count, rowHeight);
  const virtual = useVirtualRows({ count: reachable, rowHeight, scroller, headHeight: isCards ? 0 : HEAD_HEIGHT });
  const selected = followed(selection.value, held);
  const listed = JSON.stringify([filter, sort]);

  useLayoutEffect(() => see(drawnOf(virtual.indexes)));
  useLayoutEffect(() => {
    if (selected !== selection.peek()) selection.value = selected;
  });
  // Another list is read from its beginning.
  useLayoutEffect(() => scroller.current?.scrollTo(0, 0), [listed]);

  const rowAt = (index: number): RowOf<Noun> | undefined => rows?.items[index - held.offset];
  const setFilter = (next: string) => page.setQuery(filterChange(filter, parseFilter(next).filter));
  const open = (id: string | null) => page.setQuery({ row: id });
  const setSort = (order: string) => page.setQuery({ sort: order === props.defaultSort ? null : order });

  /** Filters by the cell's value; opens the row where there is none. */
  function use({ row: index, column }: { readonly row: number; readonly column: number }): void {
    const row = rowAt(index);
    if (row === undefined) return;
    const term = columns[column]?.term?.(row);
    if (term) setFilter(toggleTerm(text, ...term));
    else if (details) open(opened === keyOf(row) ? null : keyOf(row));
    else if (props.hrefOf) page.follow(props.hrefOf(row));
  }

  function pick(cell: { readonly row: number; readonly column: number }): void {
    const row = rowAt(cell.row);
    if (row === undefined) return;
    selection.value = { ...cell, id: keyOf(row) };
    const hasMore = columns[cell.column] === undefined || columns[cell.column].term || props.hrefOf;
    // Whoever marks text wants to copy it.
    if (hasMore && window.getSelection()?.isCollapsed !== false) use(cell);
  }

  function move(key: string): boolean {
    const size = { rows: reachable, columns: columns.length + (details ? 1 : 0), pageRows: virtual.pageRows };
    const place = placeAfter(key, selected, size);
    if (!place) return false;
    const row = rowAt(place.row);
    selection.value = { ...place, id: row === undefined ? null : keyOf(row) };
    virtual.scrollTo(place.row);
    scroller.current?.focus({ preventScroll: true });
    return true;
  }

  function leave(): void {
    if (opened !== null) open(null);
    else {
      selection.value = null;
      if (text !== '') setFilter('');
    }
  }

  usePageKeys((key, event) => {
    // Keys of the filter box are its own.
    if (isTyping(event)) return false;
    const here = event.target === scroller.current;
    const row = selected && rowAt(selected.row);
    if (key === '/') input.current?.focus();
    else if (key === 'Escape') leave();
    else if (key === 'Enter' && here && selected) use(selected);
    else if (key === ' ' && here && row && details) open(opened === keyOf(row) ? null : keyOf(row));
    // Letters mean the table wherever the focus is; arrows scroll the page unless the table has it.
    else if (event.key.length > 1 && !here) return false;
    else return move(key);
    return true;
  });

  return (
    <section class={`panel list list-${noun}${isCards ? ' cards' : ''}`} aria-labelledby="grid-title">
      <header>
        <h2 id="grid-title">
          {props.heading}{' '}
          <span class="dim" id={`${noun}-count`}>
            {rows && `${countText(total)} of ${countText(Math.max(props.count ?? total, total))}`}
          </span>
        </h2>
        {isCards && <SortChoice columns={columns} sort={sort} onSort={setSort} />}
        <ExportMenu question={{ noun, filter, sort, at: page.moment.value }} total={total} />
        <FilterBox
          input={input}
          text={text}
          fault={fault}
          fields={page.lists.value?.[noun]?.fields ?? []}
          example={props.example}
          onFilter={setFilter}
        />
      </header>
      {reachable < count && (
        <p class="note">
          Only the first {countText(reachable)} can be reached by scrolling; a filter narrows, another order begins elsewhere.
        </p>
      )}
      <div class="list-parts">
        <GridRows
          columns={columns}
          items={rows?.items ?? []}
          held={held}
          marks={rows?.marks ?? NO_MARKS}
          count={count}
          reachable={reachable}
          rowHeight={rowHeight}
          virtual={virtual}
          scroller={scroller}
          nowMillis={page.now.value}
          selected={selected}
          opened={details ? opened : undefined}
          sort={sort}
          onSort={setSort}
          onPick={pick}
        >
          <p class="empty">
            {fault !== null
              ? 'The filter was refused.'
              : rows === null
                ? 'Waiting for the first answer…'
                : text
                  ? `Nothing matches ${text}`
                  : props.empty}
          </p>
        </GridRows>
        {details && opened !== null && (
          <OpenedRow
            key={opened}
            page={page}
            noun={noun}
            id={opened}
            row={rows?.items.find((row) => keyOf(row) === opened) ?? null}
            onClose={() => open(null)}
          >
            {details}
          </OpenedRow>
        )}
      </div>
    </section>
  );
}
