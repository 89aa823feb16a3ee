/** Zoom and pan of what stands over one time axis, by mouse, finger and wheel. */
import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { cut, panned, type TimeRange, timeAt, zoomed } from './range.ts';

/** Less is a click, in pixels. */
const DRAG_PIXELS = 4;
/** One notch of a wheel: a fifth. */
const WHEEL_FACTOR = 1.25;

export interface AxisHandle {
  readonly range: TimeRange;
  /** The page's now. */
  readonly nowMillis: number;
  show(range: TimeRange): void;
  reset(): void;
}

export interface Gestures {
  /** The moment under the pointer. */
  readonly cursorMillis: Signal<number | null>;
  /** What is being drawn to zoom into, as fractions of the range. */
  readonly selection: Signal<readonly [from: number, to: number] | null>;
}

interface Drag {
  readonly pointer: number;
  readonly x: number;
  readonly range: TimeRange;
  readonly pans: boolean;
  moved: boolean;
}

/**
 * @param element what the gestures are made over; the axis is its width less the gutter
 * @param gutter pixels at its left
 */
export function useGestures(element: RefObject<HTMLElement | null>, gutter: number, axis: AxisHandle): Gestures {
  const cursorMillis = useSignal<number | null>(null);
  const selection = useSignal<Gestures['selection']['value']>(null);
  const latest = useRef({ axis, gutter });
  latest.current = { axis, gutter };

  useEffect(() => {
    const over = element.current;
    if (!over) return;
    const stopped = new AbortController();
    const options = { signal: stopped.signal };
    let drag: Drag | null = null;

    const place = () => ({
      left: over.getBoundingClientRect().left + latest.current.gutter,
      width: over.clientWidth - latest.current.gutter,
    });
    function fractionOf({ clientX }: MouseEvent): number {
      const { left, width } = place();
      return (clientX - left) / width;
    }

    over.addEventListener(
      'pointerdown',
      (event) => {
        const fraction = fractionOf(event);
        if (event.button !== 0 || fraction < 0 || fraction > 1) return;
        drag = { pointer: event.pointerId, x: event.clientX, range: latest.current.axis.range, pans: event.shiftKey, moved: false };
      },
      options,
    );
    over.addEventListener(
      'pointermove',
      (event) => {
        const fraction = fractionOf(event);
        cursorMillis.value = fraction >= 0 && fraction <= 1 ? timeAt(latest.current.axis.range, fraction) : null;
        if (drag?.pointer !== event.pointerId) return;
        if (!drag.moved && Math.abs(event.clientX - drag.x) < DRAG_PIXELS) return;
        // From here on no click is meant.
        if (!drag.moved) over.setPointerCapture(event.pointerId);
        drag.moved = true;
        const { left, width } = place();
        if (drag.pans) latest.current.axis.show(panned(drag.range, (drag.x - event.clientX) / width, latest.current.axis.nowMillis));
        else selection.value = [(drag.x - left) / width, Math.max(0, Math.min(1, fraction))];
      },
      options,
    );
    const end = () => {
      drag = null;
      selection.value = null;
    };
    over.addEventListener(
      'pointerup',
      () => {
        const drawn = selection.value;
        if (drag && drawn) latest.current.axis.show(cut(drag.range, ...drawn));
        end();
      },
      options,
    );
    over.addEventListener('pointercancel', end, options);
    over.addEventListener(
      'pointerleave',
      () => {
        cursorMillis.value = null;
      },
      options,
    );
    over.addEventListener('dblclick', () => latest.current.axis.reset(), options);
    over.addEventListener(
      'wheel',
      (event) => {
        // Without Ctrl the wheel scrolls, as everywhere.
        if (!event.ctrlKey) return;
        event.preventDefault();
        const factor = event.deltaY < 0 ? 1 / WHEEL_FACTOR : WHEEL_FACTOR;
        latest.current.axis.show(zoomed(latest.current.axis.range, factor, Math.max(0, Math.min(1, fractionOf(event)))));
      },
      { ...options, passive: false },
    );
    return () => stopped.abort();
  }, [element]);

  return { cursorMillis, selection };
}
