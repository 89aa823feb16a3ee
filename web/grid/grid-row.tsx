/** One row of a grid, and what stands for one that is not there yet. */
// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Mark } from '../data/rows.ts';
import type { Column } from './column.ts';

interface RowProps<Row> {
  readonly row: Row;
  readonly id: string;
  readonly columns: readonly Column<Row>[];
  /** Of the whole list, from 0. */
  readonly index: number;
  readonly height: number;
  readonly nowMillis: number;
  readonly mark: Mark['kind'] | null;
  /** The column of the selected cell; null when it is in another row. */
  readonly selectedColumn: number | null;
  /** Null when rows of this grid have no details. */
  readonly isOpen: boolean | null;
}

export const cellId = (row: number, column: number): string => `cell-${row}-${column}`;

const placeOf = (index: number, height: number) => ({ transform: `translateY(${index * height}px)`, height: `${height}px` });

function classOf<Row>({ name, tone, isNumber, term }: Column<Row>, row: Row, nowMillis: number): string {
  const clicked = term && term(row) !== null ? ' term' : '';
  return `cell ${name}${isNumber ? ' number' : ''}${tone ? ` tone-${tone(row, nowMillis)}` : ''}${clicked}`;
}

/** Drawn again only when something of it changed: scrolling draws many rows many times. */
export function GridRow<Row>(props: RowProps<Row>): VNode {
  const { row, id, columns, index, height, nowMillis, mark, selectedColumn, isOpen } = props;
  return useMemo(
    () => (
      <div
        role="row"
        class={`row${mark === null ? '' : ` ${mark}`}${selectedColumn === null ? '' : ' selected'}${isOpen ? ' opened' : ''}`}
        // The heading is row 1.
        aria-rowindex={index + 2}
        data-id={id}
        style={placeOf(index, height)}
      >
        {columns.map((column, at) => {
          const text = column.text(row, nowMillis);
          return (
            <span
              key={column.name}
              role="gridcell"
              id={cellId(index, at)}
              class={classOf(column, row, nowMillis)}
              data-column={at}
              aria-selected={selectedColumn === at}
              title={column.hint ? column.hint(row, nowMillis) : text}
            >
              {column.render ? column.render(row, nowMillis) : text}
            </span>
          );
        })}
        {isOpen !== null && (
          <span
            role="gridcell"
            id={cellId(index, columns.length)}
            class="cell open"
            data-column={columns.length}
            aria-selected={selectedColumn === columns.length}
          >
            <button type="button" tabIndex={-1} aria-label="details" aria-expanded={isOpen} title="details (Space)">
              {isOpen ? '◂' : '▸'}
            </button>
          </span>
        )}
      </div>
    ),
    [row, id, columns, index, height, nowMillis, mark, selectedColumn, isOpen],
  );
}

/** Of the same height, so that nothing moves when the row comes. */
export function RowToCome({ index, height }: { index: number; height: number }) {
  return (
    <div role="row" class="row to-come" aria-rowindex={index + 2} style={placeOf(index, height)}>
      <span role="gridcell" class="cell" aria-label="not there yet" />
    </div>
  );
}
