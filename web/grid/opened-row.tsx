/** What the columns do not say of one row, beside the grid or below it. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { LiveNoun } from '../../src/contract/live.ts';
import type { RowOf } from '../data/noun-rows.ts';
import { useAnswer } from '../data/use-answer.ts';
import type { PageState } from '../shell/page-state.ts';

interface OpenedRowProps<Noun extends LiveNoun> {
  readonly page: PageState;
  readonly noun: Noun;
  readonly id: string;
  /** Null when it is in no window that is held. */
  readonly row: RowOf<Noun> | null;
  onClose(): void;
  children(row: RowOf<Noun>): ComponentChildren;
}

/** How often a row that scrolled out of the window is asked for again, in milliseconds. */
const EVERY_MILLIS = 5000;

export function OpenedRow<Noun extends LiveNoun>({ page, noun, id, row, onClose, children }: OpenedRowProps<Noun>) {
  const asked = useAnswer<RowOf<Noun>>(page, row === null ? `/api/v1/${noun}/${encodeURIComponent(id)}` : null, EVERY_MILLIS);
  const latest = useRef<RowOf<Noun> | null>(null);
  latest.current = row ?? asked.body.value ?? latest.current;
  const isGone = row === null && asked.fault.value !== null;
  return (
    <aside class="details" aria-label="details">
      <button type="button" class="tool close" aria-label="close the details" title="close (Esc)" onClick={onClose}>
        ✕
      </button>
      {isGone && (
        <p class="note" role="status">
          {latest.current ? 'Gone from the list; this is what was known last.' : `${id} is not in the list.`}
        </p>
      )}
      {latest.current && children(latest.current)}
    </aside>
  );
}
