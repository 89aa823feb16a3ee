/** One row of the connection table. */
// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active cell
import type { Connection } from '../src/contract/connection.ts';
import { COLUMNS } from './connection-columns.ts';
import { type Mark, toneOf } from './model.ts';

export interface ConnectionRowProps {
  readonly connection: Connection;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly nowMillis: number;
  readonly mark: Mark | undefined;
  /** The selected cell's column; null when it is in another row. */
  readonly selectedColumn: number | null;
}

export const cellId = (row: number, column: number): string => `cell-${row}-${column}`;

export function ConnectionRow({ connection, index, top, height, nowMillis, mark, selectedColumn }: ConnectionRowProps) {
  const marked = mark && mark.endsAtMillis > performance.now() ? ` ${mark.kind}` : '';
  return (
    <div
      role="row"
      class={`row${marked}${selectedColumn === null ? '' : ' selected'}`}
      // The heading is row 1.
      aria-rowindex={index + 2}
      data-id={connection.id}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      {COLUMNS.map((column, at) => {
        const text = column.text(connection, nowMillis);
        const tone = column.name === 'state' ? ` tone-${toneOf(connection.state)}` : '';
        return (
          <span
            key={column.name}
            role="gridcell"
            id={cellId(index, at)}
            class={`cell ${column.name}${tone}${column.term ? ' term' : ''}`}
            data-column={at}
            aria-selected={selectedColumn === at}
            title={text}
          >
            {text}
          </span>
        );
      })}
    </div>
  );
}
