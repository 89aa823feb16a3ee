/** The rows of the connection table: only the visible ones are drawn, expiry counts down each second, every value filters. */
// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell
import { useComputed } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Connection } from '../src/contract/connection.ts';
import { COLUMNS } from './connection-columns.ts';
import { ConnectionRow, cellId } from './connection-row.tsx';
import { placeAfter } from './grid-keys.ts';
import { useMedia } from './media.ts';
import { anchoredOffset, longestEndpoint } from './model.ts';
import { isTyping, usePageKeys } from './page-keys.ts';
import type { PageState } from './page-state.ts';
import { useVirtualRows } from './virtual-rows.ts';

/** Heights in pixels; connections.css draws what fits into them. */
const ROW_HEIGHT = 22;
const NARROW_ROW_HEIGHT = 64;
const HEAD_HEIGHT = 24;
const NARROW = '(max-width: 720px)';

/** Keeps the row at the top of the window where it is while rows above it come and go. */
function useAnchor(scroller: RefObject<HTMLDivElement | null>, keys: readonly string[], rowHeight: number): void {
  const before = useRef(keys);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && before.current !== keys) element.scrollTop = anchoredOffset(element.scrollTop, rowHeight, before.current, keys);
    before.current = keys;
  }, [keys, rowHeight, scroller]);
}

function Head() {
  return (
    <div role="row" class="head" aria-rowindex={1}>
      {COLUMNS.map(({ name, title }) => (
        <span key={name} role="columnheader" class={`cell ${name}`} title={title}>
          {name}
        </span>
      ))}
    </div>
  );
}

function Empty({ page }: { page: PageState }) {
  if (page.filterFault.value) return <p class="empty">The filter was refused.</p>;
  if (!page.connections.rows.value) return <p class="empty">Waiting for the first answer…</p>;
  if (page.filterText.value) return <p class="empty">No session matches {page.filterText.value}</p>;
  return <p class="empty">No session known yet: they appear as sync datagrams are heard.</p>;
}

/** The session and column that the event happened on. */
function cellOf(event: Event): { readonly id: string; readonly column: number } | null {
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=gridcell]') : null;
  const id = cell?.closest<HTMLElement>('[data-id]')?.dataset.id;
  return cell && id !== undefined ? { id, column: Number(cell.dataset.column) } : null;
}

export function ConnectionGrid({ page }: { page: PageState }) {
  const { shown, selection } = page;
  const scroller = useRef<HTMLDivElement>(null);
  const keys = useComputed(() => shown.value.map(({ id }) => id)).value;
  const addressWidth = useComputed(() => longestEndpoint(shown.value)).value;
  const rowHeight = useMedia(NARROW) ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const virtualizer = useVirtualRows({ keys, rowHeight, scroller, headHeight: HEAD_HEIGHT });
  useAnchor(scroller, keys, rowHeight);

  function filterBy(connection: Connection, column: number): void {
    const term = COLUMNS[column].term?.(connection);
    if (term) page.toggle(...term);
  }

  function move(key: string): boolean {
    const place = placeAfter(key, selection.place.value, shown.value.length, COLUMNS.length);
    if (!place) return false;
    selection.select(shown.value[place.row].id, place.column);
    virtualizer.scrollToIndex(place.row);
    scroller.current?.focus({ preventScroll: true });
    return true;
  }

  usePageKeys((event) => {
    const here = event.target === scroller.current;
    const { value: place } = selection.place;
    if (event.key === 'Enter' && here && place) filterBy(shown.value[place.row], place.column);
    // Letters mean the table wherever the focus is; arrows scroll the page unless the table has it.
    else if (isTyping(event) || (event.key.length > 1 && !here)) return false;
    else return move(event.key);
    return true;
  });

  function handleClick(event: MouseEvent): void {
    const cell = cellOf(event);
    const connection = cell && shown.value.find(({ id }) => id === cell.id);
    if (!connection) return;
    selection.select(cell.id, cell.column);
    // Whoever marks text wants to copy it.
    if (window.getSelection()?.isCollapsed !== false) filterBy(connection, cell.column);
  }

  const place = selection.place.value;
  const marks = page.connections.rows.value?.marks;
  const drawn = virtualizer.getVirtualItems().filter(({ index }) => index < shown.value.length);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled for the whole page
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
      aria-activedescendant={place ? cellId(place.row, place.column) : undefined}
      onClick={handleClick}
    >
      <Head />
      <div role="rowgroup" class="rows" style={{ height: `${virtualizer.getTotalSize()}px` }}>
        {drawn.map(({ index, start, size }) => (
          <ConnectionRow
            key={keys[index]}
            connection={shown.value[index]}
            index={index}
            top={start}
            height={size}
            nowMillis={page.now.value}
            mark={marks?.get(keys[index])}
            selectedColumn={index === place?.row ? place.column : null}
          />
        ))}
      </div>
      {keys.length === 0 && <Empty page={page} />}
    </div>
  );
}
