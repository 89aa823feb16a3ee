/** A column of a grid. Pure. */
import type { ComponentChildren } from 'preact';
import type { Tone } from '../parts/tone.ts';

export interface Column<Row> {
  /** Class of its cells, and its heading. */
  readonly name: string;
  /** The heading, where the name is none. */
  readonly heading?: string;
  /** What it says, in a few words. */
  readonly title: string;
  /** Track of a CSS grid; or characters that it has at least, and then as many as the longest text that was shown. */
  readonly width: string | { readonly characters: number };
  /** What the cell shows; also what is to be read when `render` draws more. */
  text(row: Row, nowMillis: number): string;
  /** The filter field and value that a click on the cell adds, and a second click takes out; null: none. */
  term?(row: Row): readonly [field: string, value: string] | null;
  /** The server's name of the order by this column. */
  readonly sort?: string;
  tone?(row: Row, nowMillis: number): Tone;
  /** More than the text, shown when the pointer rests on the cell. */
  hint?(row: Row, nowMillis: number): string;
  readonly isNumber?: boolean;
  /** In place of the plain text. */
  render?(row: Row, nowMillis: number): ComponentChildren;
}

/** Characters of the longest text of each column that grows with its texts; never fewer than before. */
export function longestTexts<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  nowMillis: number,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const growing = columns.flatMap(({ name, width, text }) => (typeof width === 'string' ? [] : [{ name, text, least: width.characters }]));
  return Object.fromEntries(
    growing.map(({ name, text, least }) => [
      name,
      rows.reduce((most, row) => Math.max(most, text(row, nowMillis).length), before[name] ?? least),
    ]),
  );
}

/** The tracks of all columns, as `grid-template-columns` takes them. */
export function tracksOf<Row>(columns: readonly Column<Row>[], longest: Readonly<Record<string, number>>): string {
  return columns.map(({ name, width }) => (typeof width === 'string' ? width : `minmax(${longest[name]}ch, 1fr)`)).join(' ');
}
