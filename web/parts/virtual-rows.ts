/** Which rows of a long list are drawn: TanStack's virtualizer as a Preact hook. Rows are known by their place, and equally high. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualizerOptions } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

/**
 * What the virtualizer takes for one item. It writes down every item whenever their number changes, which takes longer than a
 * frame for a million rows; and the page is drawn when another block comes into view, not for each row.
 */
const BLOCK_ROWS = 16;
/** The number of blocks is a multiple of this, so that it seldom changes. */
const ROUND_BLOCKS = 256;

export interface VirtualRowsOptions {
  readonly count: number;
  readonly rowHeight: number;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Height of what sticks to the top of the scroller and covers rows. */
  readonly headHeight: number;
}

export interface VirtualRows {
  /** The rows to draw, in order: those that can be seen and some around them. */
  readonly indexes: readonly number[];
  /** Rows that can be seen at once, at least 1. */
  readonly pageRows: number;
  /** Scrolls no farther than needed. */
  scrollTo(row: number): void;
}

export function useVirtualRows({ count, rowHeight, scroller, headHeight }: VirtualRowsOptions): VirtualRows {
  const [, redraw] = useReducer<number, undefined>((times) => times + 1, 0);
  const options: VirtualizerOptions<HTMLDivElement, HTMLDivElement> = {
    count: Math.ceil(count / BLOCK_ROWS / ROUND_BLOCKS) * ROUND_BLOCKS,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight * BLOCK_ROWS,
    overscan: 1,
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

  const seenPixels = (virtualizer.scrollRect?.height ?? 0) - headHeight;
  return {
    indexes: virtualizer
      .getVirtualIndexes()
      .flatMap((block) => Array.from({ length: BLOCK_ROWS }, (_, row) => block * BLOCK_ROWS + row))
      .filter((index) => index < count),
    pageRows: Math.max(1, Math.floor(seenPixels / rowHeight)),
    scrollTo(row) {
      const top = row * rowHeight;
      const offset = virtualizer.scrollOffset ?? 0;
      virtualizer.scrollToOffset(Math.min(top, Math.max(offset, top + rowHeight - seenPixels)));
    },
  };
}
