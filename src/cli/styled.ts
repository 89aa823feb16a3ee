/** Text with meaning for the eye. Colour never says anything alone: every word stands there without it as well. */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'inverse' | 'red' | 'yellow' | 'green' | 'cyan';

export interface Span {
  readonly text: string;
  readonly style?: Style;
}
/** What stands on one line, from left to right; printable. */
export type Line = readonly Span[];

/** See no-color.org; a dumb terminal has no colours either. */
export function hasColours(stream: NodeJS.WriteStream = process.stdout): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

const MEANINGS: readonly (readonly [words: RegExp, style: Style])[] = [
  [/^(critical|lost|two_masters|NOT SEEN|down)$/, 'red'],
  [/^warning$/, 'yellow'],
  [/^master$/, 'green'],
];
/** Cells of a table stand two spaces apart. */
const CELLS = /( {2,}|, )/;

const styleOf = (cell: string): Style | undefined => MEANINGS.find(([words]) => words.test(cell))?.[1];

/** A line of a table, with the cells coloured that need a look. */
export function tinted(text: string): Line {
  return text.split(CELLS).map((cell) => {
    const style = styleOf(cell);
    return style ? { text: cell, style } : { text: cell };
  });
}

export function plainText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** No wider than the screen: a line that wraps moves all below it. */
export function fitted(line: Line, width: number): Line {
  const spans: Span[] = [];
  let left = width;
  for (const span of line) {
    if (left <= 0) break;
    const text = [...span.text].slice(0, left).join('');
    spans.push({ ...span, text });
    left -= [...text].length;
  }
  return spans;
}

export function ansi(line: Line, colours: boolean): string {
  return line.map(({ text, style }) => (style && colours ? styleText(style, text, { validateStream: false }) : text)).join('');
}
