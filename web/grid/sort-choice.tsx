/** The order of the rows where there is no heading to click on. */
import type { Column } from './column.ts';

interface SortChoiceProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly sort: string | null;
  onSort(sort: string): void;
}

export function SortChoice<Row>({ columns, sort, onSort }: SortChoiceProps<Row>) {
  const orders = columns.flatMap(({ name, heading = name, sort: order }) =>
    order === undefined
      ? []
      : [
          [order, `${heading} ▲`],
          [`-${order}`, `${heading} ▼`],
        ],
  );
  return (
    <select aria-label="order" value={sort ?? ''} onChange={({ currentTarget }) => onSort(currentTarget.value)}>
      {orders.map(([order, title]) => (
        <option key={order} value={order}>
          {title}
        </option>
      ))}
    </select>
  );
}
