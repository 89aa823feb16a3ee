/** The live connection table: only the visible rows are drawn, expiry counts down each second, every value filters. */
// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell
import { useComputed, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { COLUMNS } from './connection-columns.ts';
import { ConnectionDetails } from './connection-details.tsx';
import { ConnectionRow, cellId } from './connection-row.tsx';
import { FilterBox } from './filter-box.tsx';
import { placeAfter } from './grid-keys.ts';
import { useMedia } from './media.ts';
import { anchoredOffset, longestEndpoint } from './model.ts';
import type { PageState } from './page-state.ts';
import { countText } from './text.ts';
import { useVirtualRows } from './virtual-rows.ts';
import './connections.css';

/** Heights in pixels; page.css draws what fits into them. */
const ROW_HEIGHT = 22;
const NARROW_ROW_HEIGHT = 64;
const HEAD_HEIGHT = 24;
const NARROW = '(max-width: 720px)';

/** A cell stays selected while its session moves through the table. */
interface Selection {
  readonly id: string;
  readonly column: number;
}

/** Keeps the row at the top of the window where it is while rows above it come and go. */
function useAnchor(scroller: RefObject<HTMLDivElement | null>, keys: readonly string[], rowHeight: number): void {
  const before = useRef(keys);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && before.current !== keys) element.scrollTop = anchoredOffset(element.scrollTop, rowHeight, before.current, keys);
    before.current = keys;
  }, [keys, rowHeight, scroller]);
}

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLInputElement;

function Heading({ page }: { page: PageState }) {
  const rows = page.connections.rows.value;
  const live = page.status.value?.sessions.live ?? rows?.total ?? 0;
  const held = rows?.byId.size ?? 0;
  return (
    <h2 id="connections-title">
      Connections{' '}
      <span class="dim" id="connections-count">
        {rows && `${countText(rows.total)} of ${countText(Math.max(live, rows.total))}`}
        {rows && held < rows.total && `, ${countText(held)} listed`}
      </span>
    </h2>
  );
}

export function Connections({ page }: { page: PageState }) {
  const scroller = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const selection = useSignal<Selection | null>(null);
  const keys = useComputed(() => page.shown.value.map(({ id }) => id)).value;
  const addressWidth = useComputed(() => longestEndpoint(page.shown.value)).value;
  const rowHeight = useMedia(NARROW) ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const virtualizer = useVirtualRows({ keys, rowHeight, scroller, headHeight: HEAD_HEIGHT });
  useAnchor(scroller, keys, rowHeight);

  const shown = page.shown.value;
  const marks = page.connections.rows.value?.marks;
  const selectedRow = selection.value ? keys.indexOf(selection.value.id) : -1;
  const selectedColumn = selection.value?.column ?? 0;

  function select(row: number, column: number): void {
    selection.value = { id: keys[row], column };
    virtualizer.scrollToIndex(row);
  }

  function filterBy(row: number, column: number): void {
    const term = shown[row] && COLUMNS[column].term?.(shown[row]);
    if (term) page.toggle(...term);
  }

  function clear(): void {
    selection.value = null;
    page.filterText.value = '';
    input.current?.blur();
  }

  function handleKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape') clear();
    else if (isTyping(event.target)) return;
    else if (event.key === '/') input.current?.focus();
    else if (event.key === 'Enter' && event.target === scroller.current && selectedRow >= 0) filterBy(selectedRow, selectedColumn);
    else {
      const place = placeAfter(
        event.key,
        selectedRow < 0 ? null : { row: selectedRow, column: selectedColumn },
        keys.length,
        COLUMNS.length,
      );
      // Arrows and the like scroll the page unless the table has the focus; letters always mean the table.
      if (!place || (event.key.length > 1 && event.target !== scroller.current)) return;
      select(place.row, place.column);
      scroller.current?.focus({ preventScroll: true });
    }
    event.preventDefault();
  }

  useEffect(() => {
    window.addEventListener('keydown', handleKey);
    return () => window.removeEventListener('keydown', handleKey);
  });

  function handleClick(event: MouseEvent): void {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=gridcell]') : null;
    const row = cell?.closest<HTMLElement>('[data-row]');
    if (!cell || !row) return;
    const at = { row: Number(row.dataset.row), column: Number(cell.dataset.column) };
    selection.value = { id: keys[at.row], column: at.column };
    // Whoever marks text wants to copy it.
    if (window.getSelection()?.isCollapsed !== false) filterBy(at.row, at.column);
  }

  return (
    <section class="panel connections" aria-labelledby="connections-title">
      <header>
        <Heading page={page} />
        <FilterBox page={page} input={input} />
      </header>
      <p id="filter-fault" class="fault" role="status">
        {page.filterFault.value}
      </p>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled for the whole page */}
      <div
        ref={scroller}
        class="scroll grid"
        style={{ '--address': `${addressWidth}ch` }}
        role="grid"
        tabIndex={0}
        aria-labelledby="connections-title"
        aria-readonly="true"
        aria-rowcount={keys.length + 1}
        aria-colcount={COLUMNS.length}
        aria-activedescendant={selectedRow < 0 ? undefined : cellId(selectedRow, selectedColumn)}
        onClick={handleClick}
      >
        <div role="row" class="head" aria-rowindex={1}>
          {COLUMNS.map(({ name, title }) => (
            <span key={name} role="columnheader" class={`cell ${name}`} title={title}>
              {name}
            </span>
          ))}
        </div>
        <div role="rowgroup" class="rows" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {virtualizer.getVirtualItems().map(({ index, start, size }) => {
            const connection = shown[index];
            return (
              connection && (
                <ConnectionRow
                  key={connection.id}
                  connection={connection}
                  index={index}
                  top={start}
                  height={size}
                  nowMillis={page.now.value}
                  mark={marks?.get(connection.id)}
                  selectedColumn={index === selectedRow ? selectedColumn : null}
                />
              )
            );
          })}
        </div>
        {keys.length === 0 && <Empty page={page} />}
      </div>
      <ConnectionDetails page={page} selected={shown[selectedRow] ?? null} />
    </section>
  );
}

function Empty({ page }: { page: PageState }) {
  if (!page.connections.rows.value) return <p class="empty">Waiting for the first answer…</p>;
  if (page.filterText.value) return <p class="empty">No session matches {page.filterText.value}</p>;
  return <p class="empty">No session known yet: they appear as sync datagrams are heard.</p>;
}
