/** The page's clock in finer steps, for what is seen to run down. */
import { effect, type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PageState } from '../shell/page-state.ts';

/** Milliseconds, as `page.now`; stands still where the page does: in the past, paused, not connected, not looked at. */
export function useFineClock(page: PageState, everyMillis: number): ReadonlySignal<number> {
  const clock = useSignal(page.now.peek());
  useEffect(() => {
    return effect(() => {
      const base = page.now.value;
      const runs = page.moment.value === null && page.link.value.phase === 'live' && !page.paused.value;
      if (!page.paused.value) clock.value = base;
      if (!runs) return;
      const takenAt = performance.now();
      const timer = window.setInterval(() => {
        if (!document.hidden) clock.value = base + performance.now() - takenAt;
      }, everyMillis);
      return () => window.clearInterval(timer);
    });
  }, [page, everyMillis]);
  return clock;
}
