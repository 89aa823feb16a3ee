/** Which rows of a long list are drawn: TanStack's virtualizer as a Preact hook. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualizerOptions } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

export interface VirtualRowsOptions {
  readonly keys: readonly string[];
  readonly rowHeight: number;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Height of what sticks to the top of the scroller and covers rows. */
  readonly headHeight: number;
}

type RowVirtualizer = Virtualizer<HTMLDivElement, HTMLDivElement>;

export function useVirtualRows({ keys, rowHeight, scroller, headHeight }: VirtualRowsOptions): RowVirtualizer {
  const [, redraw] = useReducer<number, undefined>((count) => count + 1, 0);
  const options: VirtualizerOptions<HTMLDivElement, HTMLDivElement> = {
    count: keys.length,
    getItemKey: (index) => keys[index],
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingEnd: headHeight,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [virtualizer] = useState<RowVirtualizer>(() => new Virtualizer(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  return virtualizer;
}
