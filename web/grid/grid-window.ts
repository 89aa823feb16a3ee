/** Which part of a long list a grid asks for, and how much of the list can be scrolled to. Pure. */

/** Rows asked for at once: the server has a window ready in a few hundred milliseconds, the wheel turns two hundred rows a second. */
export const WINDOW_ROWS = 500;
/** So near to the edge of the window, the next one is asked for. */
const MARGIN_ROWS = 150;
/** Chromium draws no element that is higher than 2^25 pixels; the others stop at the same or later. */
const MOST_PIXELS = 32_000_000;

export interface Drawn {
  readonly first: number;
  readonly last: number;
}

/** Where the window should begin: where it does, while that holds what is drawn and some more, else around that. */
export function offsetFor({ first, last }: Drawn, offset: number, total: number): number {
  const holdsBefore = offset === 0 || first - MARGIN_ROWS >= offset;
  const end = offset + WINDOW_ROWS;
  const holdsAfter = end >= total || last + MARGIN_ROWS < end;
  if (holdsBefore && holdsAfter && first >= offset && first < Math.max(end, 1)) return offset;
  return Math.max(0, Math.floor((first + last - WINDOW_ROWS) / 2));
}

/**
 * How many rows the list has: it ends where a window is not full, for the total may be a second ahead of the rows.
 * @param held rows of the window that begins at `offset`, of `limit` asked for
 */
export function countOf({
  offset,
  limit,
  held,
  total,
}: {
  readonly offset: number;
  readonly limit: number;
  readonly held: number;
  readonly total: number;
}): number {
  const isEnd = held < limit && (held > 0 || offset === 0);
  return isEnd ? offset + held : Math.max(total, offset + held);
}

/** How many rows can be scrolled to. */
export const reachableRows = (count: number, rowHeight: number): number => Math.min(count, Math.floor(MOST_PIXELS / rowHeight));

/** A window of ids and where it begins. */
export interface IdWindow {
  readonly offset: number;
  readonly ids: readonly string[];
}

/** By how many rows the row at the top of the view moved between two windows; 0 when it is in neither, or it and those below it are gone. */
export function rowsMoved(top: number, before: IdWindow, after: IdWindow): number {
  if (top < before.offset) return 0;
  const places = new Map(after.ids.map((id, place) => [id, place]));
  for (let index = top - before.offset; index < before.ids.length; index++) {
    const now = places.get(before.ids[index]);
    if (now !== undefined) return after.offset + now - (before.offset + index);
  }
  return 0;
}

/** The selected cell: of a row that is known, or of a place whose row is not there yet. */
export interface Selected {
  readonly id: string | null;
  readonly row: number;
  readonly column: number;
}

/** The selection stays with its row while that moves; the same object when nothing changed. */
export function followed(selected: Selected | null, { offset, ids }: IdWindow): Selected | null {
  if (selected === null) return null;
  const { id, row, column } = selected;
  if (id === null) {
    const found = ids[row - offset];
    return found === undefined ? selected : { id: found, row, column };
  }
  const at = ids.indexOf(id);
  return at < 0 || offset + at === row ? selected : { id, row: offset + at, column };
}
