/** What is drawn of a virtual router over time: who was what, when nobody was master, when two were. Pure. */
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';
import { fractionAt, type TimeRange } from './range.ts';

export type LaneHistory = VrrpHistory['routers'][number];

/** `resigned`: it said so itself; `gone`: it fell silent while it was master. */
export type BarKind = 'master' | 'backup' | 'resigned' | 'gone' | 'lost' | 'two-masters';

export interface Bar {
  readonly kind: BarKind;
  /** Milliseconds since 1970. */
  readonly fromMillis: number;
  /** Now for what still lasts. */
  readonly toMillis: number;
  readonly lasts: boolean;
}

interface Stretch {
  readonly from: string;
  readonly to: string | null;
}

function barOf(kind: BarKind, { from, to }: Stretch, nowMillis: number): Bar {
  const fromMillis = Date.parse(from);
  return { kind, fromMillis, toMillis: to === null ? Math.max(fromMillis, nowMillis) : Date.parse(to), lasts: to === null };
}

/** Whether the last advert before it went said priority 0: RFC 5798 section 5.2.4. */
function resigned({ priority }: LaneHistory, { from, stepSeconds }: VrrpHistory, goneMillis: number): boolean {
  return priority[Math.floor((goneMillis - Date.parse(from)) / (1000 * stepSeconds))] === 0;
}

export function laneBars(history: VrrpHistory, lane: LaneHistory, nowMillis: number): Bar[] {
  return lane.spans.map((span) => {
    const isResigned = span.role === 'gone' && resigned(lane, history, Date.parse(span.from));
    return barOf(isResigned ? 'resigned' : span.role, span, nowMillis);
  });
}

/** Times at which more than one was master. */
function twoMasters(history: VrrpHistory, nowMillis: number): Bar[] {
  const spans = history.routers.flatMap(({ spans }) =>
    spans.filter(({ role }) => role === 'master').map((span) => barOf('master', span, nowMillis)),
  );
  const turns = spans.flatMap(({ fromMillis, toMillis, lasts }) => [
    { atMillis: fromMillis, change: 1, lasts },
    { atMillis: toMillis, change: -1, lasts },
  ]);
  // One that ends as the other begins was no second master.
  turns.sort((a, b) => a.atMillis - b.atMillis || a.change - b.change);
  const bars: Bar[] = [];
  let masters = 0;
  let sinceMillis = 0;
  for (const { atMillis, change, lasts } of turns) {
    masters += change;
    if (masters === 2 && change > 0) sinceMillis = atMillis;
    if (masters === 1 && change < 0 && atMillis > sinceMillis)
      bars.push({ kind: 'two-masters', fromMillis: sinceMillis, toMillis: atMillis, lasts });
  }
  return bars;
}

/** What should not be, oldest first. */
export function troubleBars(history: VrrpHistory, nowMillis: number): Bar[] {
  const lost = history.lost.map((stretch) => barOf('lost', stretch, nowMillis));
  return [...lost, ...twoMasters(history, nowMillis)].sort((a, b) => a.fromMillis - b.fromMillis);
}

/** Where a bar is drawn, both as fractions of the range; null: not in it. */
export function placeIn(range: TimeRange, { fromMillis, toMillis }: Bar): { left: number; width: number } | null {
  const left = Math.max(0, fractionAt(range, fromMillis));
  const right = Math.min(1, fractionAt(range, toMillis));
  return right < 0 || left > 1 || right < left ? null : { left, width: right - left };
}
