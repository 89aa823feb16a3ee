/** Which key does what in the connection table. Pure. */

export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

const STEPS: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  j: [1, 0],
  k: [-1, 0],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
  h: [0, -1],
  l: [0, 1],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageDown: [20, 0],
  PageUp: [-20, 0],
  g: [-Infinity, 0],
  Home: [-Infinity, 0],
  G: [Infinity, 0],
  End: [Infinity, 0],
};

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));

/** The place that the key leads to, from none to the first; null when the key does not move or there is nowhere to go. */
export function placeAfter(key: string, from: GridPlace | null, rows: number, columns: number): GridPlace | null {
  const step = STEPS[key];
  if (!step || rows === 0) return null;
  if (from === null) return { row: 0, column: 0 };
  return { row: clamp(from.row + step[0], rows), column: clamp(from.column + step[1], columns) };
}
