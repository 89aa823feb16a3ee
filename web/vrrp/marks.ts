/** Events as marks on a lane: those that would cover each other are one mark. Pure. */
import type { Event } from '../../src/contract/event.ts';
import { SEVERITIES } from '../parts/severity.ts';
import { fractionAt, type TimeRange } from './range.ts';

/** Marks nearer to each other than this are one, in pixels. */
const MARK_PIXELS = 14;

export interface EventMark {
  /** Fraction of the range, where the first of them happened. */
  readonly left: number;
  /** The worst of them, the first among equals. */
  readonly event: Event;
  readonly ids: readonly string[];
}

const worse = (a: Event, b: Event): boolean => SEVERITIES.indexOf(a.severity) > SEVERITIES.indexOf(b.severity);

/** @param width pixels of the whole range */
export function marksOf(events: readonly Event[], range: TimeRange, width: number): EventMark[] {
  const placed = events.map((event) => ({ event, left: fractionAt(range, Date.parse(event.at)) }));
  const shown = placed.filter(({ left }) => left >= 0 && left <= 1).sort((a, b) => a.left - b.left);
  const marks: EventMark[] = [];
  for (const { event, left } of shown) {
    const last = marks.at(-1);
    if (!last || (left - last.left) * width >= MARK_PIXELS) marks.push({ left, event, ids: [event.id] });
    else marks[marks.length - 1] = { left: last.left, event: worse(event, last.event) ? event : last.event, ids: [...last.ids, event.id] };
  }
  return marks;
}
