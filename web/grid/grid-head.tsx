/** The heading of a grid: a click on a name sorts by it, a second one the other way about. */
// biome-ignore-all lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
// biome-ignore-all lint/a11y/useFocusableInteractive: the buttons inside have the focus
import type { Column } from './column.ts';

interface HeadProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly sort: string | null;
  readonly hasDetails: boolean;
  onSort(sort: string): void;
}

const directionOf = (order: string, sort: string | null): 'ascending' | 'descending' | 'none' =>
  sort === order ? 'ascending' : sort === `-${order}` ? 'descending' : 'none';

const ARROWS = { ascending: ' ▲', descending: ' ▼', none: '' } as const;

export function GridHead<Row>({ columns, sort, hasDetails, onSort }: HeadProps<Row>) {
  return (
    <div role="row" class="head" aria-rowindex={1}>
      {columns.map(({ name, heading = name, title, sort: order, isNumber }) => {
        const direction = order === undefined ? undefined : directionOf(order, sort);
        return (
          <span
            key={name}
            role="columnheader"
            class={`cell ${name}${isNumber ? ' number' : ''}`}
            title={title}
            aria-sort={direction === 'none' ? undefined : direction}
          >
            {order === undefined || direction === undefined ? (
              heading
            ) : (
              <button type="button" onClick={() => onSort(direction === 'ascending' ? `-${order}` : order)}>
                {heading}
                <span aria-hidden="true">{ARROWS[direction]}</span>
              </button>
            )}
          </span>
        );
      })}
      {hasDetails && (
        <span role="columnheader" class="cell open">
          <span class="unseen">details</span>
        </span>
      )}
    </div>
  );
}
