/** The rows of a grid: only those that can be seen are drawn, however long the list is. */
// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell
import type { ComponentChildren, RefObject } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Mark } from '../data/rows.ts';
import type { VirtualRows } from '../parts/virtual-rows.ts';
import { type Column, longestTexts, tracksOf } from './column.ts';
import { GridHead } from './grid-head.tsx';
import { cellId, GridRow, RowToCome } from './grid-row.tsx';
import { type IdWindow, rowsMoved, type Selected } from './grid-window.ts';
import { useScrollbarHeld, useSteadyHeight } from './steady-height.ts';

export interface GridRowsProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly items: readonly Row[];
  readonly held: IdWindow;
  readonly marks: ReadonlyMap<string, Mark>;
  /** Rows of the whole list, and those that can be scrolled to. */
  readonly count: number;
  readonly reachable: number;
  readonly rowHeight: number;
  readonly virtual: VirtualRows;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly nowMillis: number;
  readonly selected: Selected | null;
  /** Id of the row whose details are shown; undefined when rows have none. */
  readonly opened: string | null | undefined;
  readonly sort: string | null;
  onSort(sort: string): void;
  onPick(cell: { readonly row: number; readonly column: number }): void;
  /** Stands where there are no rows. */
  readonly children: ComponentChildren;
}

/** Who reads down the list keeps the row at the top where it is while rows above it come and go; at the top, the first rows are shown. */
function useAnchor(scroller: RefObject<HTMLDivElement | null>, held: IdWindow, rowHeight: number, isScrolled: RefObject<boolean>): void {
  const before = useRef(held);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && !isScrolled.current && element.scrollTop >= rowHeight && before.current.offset === held.offset) {
      const moved = rowsMoved(Math.floor(element.scrollTop / rowHeight), before.current, held);
      if (moved !== 0) element.scrollTop += moved * rowHeight;
    }
    before.current = held;
  }, [held, rowHeight, scroller, isScrolled]);
}

/** The row and column that the event happened on. */
/** None for a link in a cell, which leads where it says. */
function cellOf(event: Event): { readonly row: number; readonly column: number } | null {
  if (event.target instanceof Element && event.target.closest('a')) return null;
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=gridcell][data-column]') : null;
  const row = Number(cell?.closest('[aria-rowindex]')?.getAttribute('aria-rowindex')) - 2;
  return cell ? { row, column: Number(cell.dataset.column) } : null;
}

export function GridRows<Row>(props: GridRowsProps<Row>) {
  const { columns, items, held, marks, rowHeight, virtual, scroller, nowMillis, selected, opened } = props;
  const longest = useRef<Readonly<Record<string, number>>>({});
  const tracks = useMemo(() => {
    longest.current = longestTexts(columns, items, nowMillis, longest.current);
    return `${tracksOf(columns, longest.current)}${opened === undefined ? '' : ' 2ch'}`;
  }, [columns, items, opened === undefined]);
  const scrollbarHeld = useScrollbarHeld(scroller);
  const height = useSteadyHeight(props.reachable * rowHeight, scrollbarHeld);
  useAnchor(scroller, held, rowHeight, scrollbarHeld);

  function draw(index: number) {
    const row = items[index - held.offset];
    if (row === undefined) return <RowToCome key={index} index={index} height={rowHeight} />;
    const id = held.ids[index - held.offset];
    const mark = marks.get(id);
    return (
      <GridRow
        key={id}
        row={row}
        id={id}
        columns={columns}
        index={index}
        height={rowHeight}
        nowMillis={nowMillis}
        mark={mark && mark.endsAtMillis > performance.now() ? mark.kind : null}
        selectedColumn={index === selected?.row ? selected.column : null}
        isOpen={opened === undefined ? null : opened === id}
      />
    );
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled for the whole page
    <div
      ref={scroller}
      class="scroll grid"
      style={{ '--tracks': tracks }}
      role="grid"
      tabIndex={0}
      aria-labelledby="grid-title"
      aria-readonly="true"
      aria-rowcount={props.count + 1}
      aria-colcount={columns.length + (opened === undefined ? 0 : 1)}
      aria-activedescendant={selected && virtual.indexes.includes(selected.row) ? cellId(selected.row, selected.column) : undefined}
      onClick={(event) => {
        const cell = cellOf(event);
        if (cell) props.onPick(cell);
      }}
    >
      <GridHead columns={columns} sort={props.sort} hasDetails={opened !== undefined} onSort={props.onSort} />
      <div role="rowgroup" class="rows" style={{ height: `${height}px` }}>
        {virtual.indexes.map(draw)}
      </div>
      {props.count === 0 && props.children}
    </div>
  );
}
