/** A window of a list for as long as a component shows it: live, or as it was at the moment that the page shows. */
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from '@preact/signals';
import type { LiveNoun } from '../../src/contract/live.ts';
import type { Live } from './live.ts';
import type { TableEnd } from './live-table.ts';
import { createPastTable } from './past-table.ts';
import type { Rows } from './rows.ts';
import { sameWindow, type Window } from './window.ts';

export interface TableSource {
  readonly live: Live;
  /** Null: now. */
  readonly moment: ReadonlySignal<string | null>;
  /** The rows stand still; only a window that was not shown yet is still filled. */
  readonly paused: ReadonlySignal<boolean>;
}

export type Table<Noun extends LiveNoun> = TableEnd<Noun>;

export function openTable<Noun extends LiveNoun>({ live, moment, paused }: TableSource, first: Window<Noun>): Table<Noun> {
  const rows: Signal<Rows<Noun> | null> = signal(null);
  const fault = signal<string | null>(null);
  const end: Signal<TableEnd<Noun> | null> = signal(null);
  let window = first;

  const stopOpening = effect(() => {
    const at = moment.value;
    const opened = at === null ? live.open(window) : createPastTable(window, at);
    end.value = opened;
    return () => opened.close();
  });
  const stopShowing = effect(() => {
    const latest = end.value?.rows.value ?? null;
    const isRefused = latest === null && end.value?.fault.value != null;
    const shown = untracked(() => rows.value);
    if (isRefused) rows.value = null;
    // Rows of the source before stay until there are others, so that nothing flickers.
    if (latest !== null && !(paused.value && shown && shown.window === latest.window)) rows.value = latest;
  });
  const stopTelling = effect(() => {
    fault.value = end.value?.fault.value ?? null;
  });

  return {
    rows,
    fault,
    isWaiting: computed(() => end.value?.isWaiting.value ?? false),
    ask(wanted) {
      if (sameWindow(wanted, window)) return;
      window = wanted;
      end.value?.ask(wanted);
    },
    close() {
      stopShowing();
      stopTelling();
      stopOpening();
    },
  };
}
