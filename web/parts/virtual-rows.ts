/** Which rows of a long list are drawn: TanStack's virtualizer as a Preact hook. Rows are known by their place, and equally high. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualizerOptions } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

/** The virtualizer writes down every row when their number changes: it is told of whole blocks, so that this is rare. */
const BLOCK_ROWS = 4096;

export interface VirtualRowsOptions {
  readonly count: number;
  readonly rowHeight: number;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Height of what sticks to the top of the scroller and covers rows. */
  readonly headHeight: number;
}

export interface VirtualRows {
  /** The rows to draw, in order. */
  readonly indexes: readonly number[];
  /** Those that can be seen, the last one too; null before the first measurement. */
  readonly visible: { readonly first: number; readonly last: number } | null;
  scrollTo(row: number): void;
}

export function useVirtualRows({ count, rowHeight, scroller, headHeight }: VirtualRowsOptions): VirtualRows {
  const [, redraw] = useReducer<number, undefined>((times) => times + 1, 0);
  const options: VirtualizerOptions<HTMLDivElement, HTMLDivElement> = {
    count: Math.ceil(count / BLOCK_ROWS) * BLOCK_ROWS,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingEnd: headHeight,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  const indexes = virtualizer.getVirtualIndexes().filter((index) => index < count);
  const { range } = virtualizer;
  const visible = range && { first: Math.min(range.startIndex, count), last: Math.min(range.endIndex, count - 1) };
  return { indexes, visible, scrollTo: (row) => virtualizer.scrollToIndex(row) };
}
