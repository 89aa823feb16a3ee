/** Which key does what in a grid. Pure. */

export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** Steps in rows, in pages of them, and in columns. */
type Step = readonly [rows: number, pages: number, columns: number];

const STEPS: Readonly<Record<string, Step>> = {
  j: [1, 0, 0],
  k: [-1, 0, 0],
  ArrowDown: [1, 0, 0],
  ArrowUp: [-1, 0, 0],
  h: [0, 0, -1],
  l: [0, 0, 1],
  ArrowLeft: [0, 0, -1],
  ArrowRight: [0, 0, 1],
  PageDown: [0, 1, 0],
  PageUp: [0, -1, 0],
  'g g': [-Infinity, 0, 0],
  Home: [-Infinity, 0, 0],
  G: [Infinity, 0, 0],
  End: [Infinity, 0, 0],
};

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that can be seen at once, at least 1. */
  readonly pageRows: number;
}

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));

/** The place that the key leads to, from none to the first; null when the key does not move or there is nowhere to go. */
export function placeAfter(key: string, from: GridPlace | null, { rows, columns, pageRows }: GridSize): GridPlace | null {
  const step = STEPS[key];
  if (!step || rows === 0) return null;
  if (from === null) return { row: 0, column: 0 };
  return { row: clamp(from.row + step[0] + step[1] * pageRows, rows), column: clamp(from.column + step[2], columns) };
}
