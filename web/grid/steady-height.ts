/** Chromium lets go of a scrollbar that is dragged when the height of what it scrolls changes; so the height waits for the hand. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** @returns whether the element's scrollbar is held now */
export function useScrollbarHeld(scroller: RefObject<HTMLElement | null>): RefObject<boolean> {
  const held = useRef(false);
  useEffect(() => {
    const stopped = new AbortController();
    const options = { signal: stopped.signal };
    const take = (event: PointerEvent): void => {
      held.current = event.target === scroller.current && event.offsetX >= (scroller.current?.clientWidth ?? 0);
    };
    // Not every browser tells that a scrollbar was let go.
    const look = ({ buttons }: PointerEvent): void => {
      if (buttons === 0) held.current = false;
    };
    window.addEventListener('pointerdown', take, options);
    window.addEventListener('pointerup', look, options);
    window.addEventListener('pointermove', look, options);
    return () => stopped.abort();
  }, [scroller]);
  return held;
}

/** The height, or the one before while the scrollbar is held. */
export function useSteadyHeight(height: number, held: RefObject<boolean>): number {
  const before = useRef(height);
  if (!held.current) before.current = height;
  return before.current;
}
