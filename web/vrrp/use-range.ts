/** The range that the page shows, as a hook: what the address says, moved at once and written there when it rests. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { PageState } from '../shell/page-state.ts';
import type { AxisHandle } from './gestures.ts';
import { queryOf, rangeOf, type TimeRange } from './range.ts';

/** Browsers refuse an address that changes all the time. */
const REST_MILLIS = 200;

/** @param knownFromMillis when the oldest figures begin; null: there are none */
export function useRange(page: PageState, knownFromMillis: number | null): AxisHandle {
  const moved = useSignal<TimeRange | null>(null);
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  function show(range: TimeRange): void {
    moved.value = range;
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      moved.value = null;
      page.setQuery(queryOf(range));
    }, REST_MILLIS);
  }

  function reset(): void {
    window.clearTimeout(timer.current);
    moved.value = null;
    page.setQuery({ from: null, to: null });
  }

  const nowMillis = page.now.value;
  return { range: moved.value ?? rangeOf(page.place.value.query, nowMillis, knownFromMillis), nowMillis, show, reset };
}
