/** Which stretch of time the page shows, and how it is moved. Pure; times are milliseconds since 1970. */
import { isoText } from '../parts/text.ts';

export interface TimeRange {
  readonly fromMillis: number;
  readonly toMillis: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What can be asked for, as the address has it. */
export const SPANS: readonly (readonly [name: string, title: string, millis: number])[] = [
  ['5m', '5 min', 5 * MINUTE],
  ['1h', '1 h', HOUR],
  ['6h', '6 h', 6 * HOUR],
];
/** Until as much is known as was asked for, the axis is one of these: it grows seldom rather than all the time. */
const SHORTER = [30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR];
const SHORTEST = SECOND;
const LONGEST = 24 * HOUR;

type RangeQuery = Readonly<Record<string, string>>;

/** What was zoomed to or panned to stands; all else ends now and moves along. */
export const isHeld = ({ from, to }: RangeQuery): boolean => Date.parse(from) < Date.parse(to);

export const spanOf = ({ span }: RangeQuery): (typeof SPANS)[number] => SPANS.find(([name]) => name === span) ?? SPANS[0];

/** @param knownFromMillis when the oldest figures begin; null: there are none */
export function rangeOf(query: RangeQuery, nowMillis: number, knownFromMillis: number | null): TimeRange {
  if (isHeld(query)) return { fromMillis: Date.parse(query.from), toMillis: Date.parse(query.to) };
  const [, , asked] = spanOf(query);
  const known = nowMillis - (knownFromMillis ?? nowMillis - asked);
  const millis = Math.min(asked, SHORTER.find((shorter) => shorter >= known) ?? asked);
  return { fromMillis: nowMillis - millis, toMillis: nowMillis };
}

export const queryOf = ({ fromMillis, toMillis }: TimeRange): { from: string; to: string } => ({
  from: isoText(fromMillis),
  to: isoText(toMillis),
});

export const lengthOf = ({ fromMillis, toMillis }: TimeRange): number => toMillis - fromMillis;

/** @param fraction of the range, 0 at its beginning */
export const timeAt = (range: TimeRange, fraction: number): number => range.fromMillis + fraction * lengthOf(range);

/** Where a time is drawn: 0 at the beginning of the range, 1 at its end, beyond them outside. */
export const fractionAt = (range: TimeRange, millis: number): number => (millis - range.fromMillis) / lengthOf(range);

/**
 * @param factor below 1 shows less
 * @param fraction what is there stays where it is
 */
export function zoomed(range: TimeRange, factor: number, fraction: number): TimeRange {
  const length = Math.min(LONGEST, Math.max(SHORTEST, lengthOf(range) * factor));
  const fromMillis = timeAt(range, fraction) - fraction * length;
  return { fromMillis, toMillis: fromMillis + length };
}

/** A part of the range, in any order of its ends. */
export function cut(range: TimeRange, fraction: number, other: number): TimeRange {
  const [from, to] = [fraction, other].map((one) => timeAt(range, Math.max(0, Math.min(1, one)))).sort((a, b) => a - b);
  return to - from >= SHORTEST ? { fromMillis: from, toMillis: to } : zoomed({ fromMillis: from, toMillis: from + SHORTEST }, 1, 0);
}

/**
 * @param fraction of its length; above 0 to later times
 * @param nowMillis the future begins at the middle at the earliest
 */
export function panned(range: TimeRange, fraction: number, nowMillis: number): TimeRange {
  const length = lengthOf(range);
  const toMillis = Math.min(range.toMillis + fraction * length, Math.max(range.toMillis, nowMillis + length / 2));
  return { fromMillis: toMillis - length, toMillis };
}

const STEPS = [
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400].map((seconds) => seconds * SECOND),
];

export interface Ticks {
  readonly stepMillis: number;
  /** Times at whole multiples of the step. */
  readonly times: readonly number[];
}

export function ticksOf(range: TimeRange, most: number): Ticks {
  const stepMillis = STEPS.find((step) => lengthOf(range) / step <= most) ?? STEPS[STEPS.length - 1];
  const first = Math.ceil(range.fromMillis / stepMillis) * stepMillis;
  const count = Math.max(0, Math.floor((range.toMillis - first) / stepMillis) + 1);
  return { stepMillis, times: Array.from({ length: count }, (_, i) => first + i * stepMillis) };
}

/** Time of day in the reader's zone (or `timeZone`), as exact as the step asks for. */
export function tickText(millis: number, stepMillis: number, timeZone?: string): string {
  const seconds = stepMillis < MINUTE ? ({ second: '2-digit' } as const) : {};
  const fraction = stepMillis < SECOND ? ({ fractionalSecondDigits: stepMillis < 100 ? 3 : 1 } as const) : {};
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', ...seconds, ...fraction, ...zone }).format(millis);
}
