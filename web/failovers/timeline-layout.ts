/**
 * Where the marks of the timeline stand, and their labels, none over another. Time is logarithmic to both sides of the change,
 * so that milliseconds around it and the minutes after it are readable in one picture. Pure.
 */
import type { Step } from './timeline.ts';

/** Steps too close to be told apart, with one mark and a label of several lines. */
export interface Mark {
  readonly x: number;
  readonly steps: readonly Step[];
  readonly label: Label | null;
}

interface Label {
  readonly lines: readonly Pick<Step, 'label' | 'tone' | 'kind'>[];
  /** Of its first line, counted from 0. */
  readonly row: number;
  /** Which end of the text stands at the mark. */
  readonly anchor: 'start' | 'end';
}

export interface Tick {
  readonly x: number;
  readonly text: string;
}

export interface TimelineLayout {
  readonly marks: readonly Mark[];
  readonly ticks: readonly Tick[];
  /** Of labels. */
  readonly rows: number;
  /** Where a time stands, in milliseconds from the change on. */
  readonly xOf: (millis: number) => number;
}

/** Of a monospaced letter at 11 px, with a little to spare. */
export const LETTER_PX = 6.7;
/** Between a mark and its label, and after a label. */
export const LABEL_GAP_PX = 5;
const SAME_MARK_PX = 5;
const TICK_GAP_PX = 8;
const MOST_LINES = 5;
const MOST_ANNOUNCED = 2;
const MOST_ROWS = 18;
/** What is shown at the least to both sides, in milliseconds. */
const LEAST_MILLIS = 10;

const TICKS: readonly (readonly [millis: number, text: string])[] = [
  [1, '1 ms'],
  [10, '10 ms'],
  [100, '100 ms'],
  [1000, '1 s'],
  [10_000, '10 s'],
  [100_000, '100 s'],
  [1_000_000, '1000 s'],
];

/** Linear within the first millisecond, logarithmic beyond. */
const scaled = (millis: number): number => Math.sign(millis) * Math.log10(1 + Math.abs(millis));

function scaleOf(steps: readonly Step[], width: number): (millis: number) => number {
  const times = steps.map(({ atMillis }) => atMillis);
  const first = scaled(Math.min(-LEAST_MILLIS, ...times) * 1.5);
  const last = scaled(Math.max(LEAST_MILLIS, ...times));
  return (millis) => ((scaled(millis) - first) / (last - first)) * width;
}

/** The change always; of the others those that have room. */
function ticksOf(xOf: (millis: number) => number, width: number): Tick[] {
  const all = [
    [0, 'change'] as const,
    ...TICKS.flatMap(([millis, text]) => [[millis, `+${text}`] as const, [-millis, `\u2212${text}`] as const]),
  ];
  const ticks: Tick[] = [];
  for (const [millis, text] of all) {
    const [x, half] = [xOf(millis), (text.length * LETTER_PX) / 2];
    const isFree = ticks.every((other) => Math.abs(other.x - x) >= half + (other.text.length * LETTER_PX) / 2 + TICK_GAP_PX);
    if (isFree && x >= half && x <= width - half) ticks.push({ x, text });
  }
  return ticks.sort((a, b) => a.x - b.x);
}

/** Many addresses are told by their number, many lines by the first of them. */
function linesOf(steps: readonly Step[]): Label['lines'] {
  const announced = steps.filter(({ kind }) => kind === 'announcement');
  const others = steps.filter(({ kind }) => kind !== 'announcement');
  const lines =
    announced.length <= MOST_ANNOUNCED
      ? steps
      : [...others, { label: `${announced.length} addresses announced`, tone: 'info', kind: 'announcement' } as const];
  if (lines.length <= MOST_LINES) return lines;
  const kept = lines.slice(0, MOST_LINES - 1);
  return [...kept, { label: `and ${lines.length - kept.length} more, see the table`, tone: 'info', kind: 'event' }];
}

interface Box {
  readonly x: number;
  readonly steps: readonly Step[];
  readonly lines: Label['lines'];
  readonly anchor: Label['anchor'];
  readonly left: number;
  readonly right: number;
}

function shortened<Line extends { readonly label: string }>(line: Line, width: number): Line {
  const letters = Math.floor((width - 2 * LABEL_GAP_PX) / LETTER_PX);
  return line.label.length <= letters ? line : { ...line, label: `${line.label.slice(0, letters - 1)}\u2026` };
}

/** The label stands to the right of its mark, where that goes over the edge to the left; a long one is cut to the better side. */
function boxOf(steps: readonly Step[], x: number, width: number): Box {
  const whole = linesOf(steps);
  const longest = Math.max(...whole.map(({ label }) => label.length)) * LETTER_PX + 2 * LABEL_GAP_PX;
  const anchor = x + longest <= width || width - x >= x ? 'start' : 'end';
  const room = Math.min(longest, anchor === 'start' ? width - x : x);
  const lines = room < longest ? whole.map((line) => shortened(line, room)) : whole;
  return { x, steps, lines, anchor, left: anchor === 'start' ? x : x - room, right: anchor === 'start' ? x + room : x };
}

/** Marks in order; those too close to the first of a group are of that group. */
function boxesOf(steps: readonly Step[], xOf: (millis: number) => number, width: number): Box[] {
  const groups: { x: number; steps: Step[] }[] = [];
  for (const step of steps) {
    const x = xOf(step.atMillis);
    const last = groups.at(-1);
    if (last && x - last.x < SAME_MARK_PX) last.steps.push(step);
    else groups.push({ x, steps: [step] });
  }
  return groups.map((group) => boxOf(group.steps, group.x, width));
}

const isWithin = (x: number, { left, right }: Box): boolean => x > left && x < right;
const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right;

/**
 * From the top down: a line leads from each mark straight to its label, so a label that reaches under another mark stands below
 * that mark's label. Two that reach under each other cannot both stand; of them the first that may be left out is.
 */
function placed(boxes: readonly Box[]): Map<Box, number> {
  const rows = new Map<Box, number>();
  let waiting = [...boxes];
  while (waiting.length > 0) {
    const isFree = (box: Box): boolean => waiting.every((other) => other === box || !isWithin(other.x, box));
    const next = waiting.find(isFree);
    if (next) {
      const above = [...rows].filter(([box]) => overlap(box, next)).map(([box, row]) => row + box.lines.length);
      const row = Math.max(0, ...above);
      if (row + next.lines.length <= MOST_ROWS) rows.set(next, row);
    }
    const gone = next ?? waiting.find(({ steps }) => steps.every(({ kind, tone }) => kind === 'event' && tone === 'info')) ?? waiting[0];
    waiting = waiting.filter((box) => box !== gone);
  }
  return rows;
}

/** @param steps in order of time; @param width in px */
export function timelineLayout(steps: readonly Step[], width: number): TimelineLayout {
  const xOf = scaleOf(steps, width);
  const boxes = boxesOf(steps, xOf, width);
  const rows = placed(boxes);
  const marks = boxes.map((box) => {
    const row = rows.get(box);
    return { x: box.x, steps: box.steps, label: row === undefined ? null : { lines: box.lines, row, anchor: box.anchor } };
  });
  const depth = Math.max(0, ...[...rows].map(([box, row]) => row + box.lines.length));
  return { marks, ticks: ticksOf(xOf, width), rows: depth, xOf };
}
