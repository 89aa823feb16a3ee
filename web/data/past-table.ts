/** One window of a list as it was at a moment. */
import { signal } from '@preact/signals';
import type { LiveNoun } from '../../src/contract/live.ts';
import { askPast } from './ask-server.ts';
import type { TableEnd } from './live-table.ts';
import type { RowOf } from './noun-rows.ts';
import { type Rows, rowsOfSnapshot } from './rows.ts';
import { pathOf, type Window } from './window.ts';

interface Page<Noun extends LiveNoun> {
  readonly items: readonly RowOf<Noun>[];
  readonly total: number;
}

/** There is one status, which is no list. */
const pageOf = <Noun extends LiveNoun>(noun: Noun, body: unknown): Page<Noun> =>
  noun === 'status' ? { items: [body as RowOf<Noun>], total: 1 } : (body as Page<Noun>);

/** What is told of now only. */
const WITHOUT_PAST: readonly LiveNoun[] = ['capture'];

export function createPastTable<Noun extends LiveNoun>(first: Window<Noun>, at: string): TableEnd<Noun> {
  const rows = signal<Rows<Noun> | null>(null);
  const fault = signal<string | null>(null);
  const isWaiting = signal(true);
  let asking = new AbortController();

  async function ask(window: Window<Noun>): Promise<void> {
    if (WITHOUT_PAST.includes(window.noun)) {
      isWaiting.value = false;
      fault.value = `what the ${window.noun} was like then is not kept`;
      return;
    }
    asking.abort();
    asking = new AbortController();
    isWaiting.value = true;
    const { signal: cancelled } = asking;
    const answer = await askPast(window.noun === 'status' ? '/api/v1/status' : pathOf(window), at, cancelled);
    if (cancelled.aborted) return;
    isWaiting.value = false;
    fault.value = answer.fault;
    if (answer.fault === null) rows.value = rowsOfSnapshot(pageOf(window.noun, answer.body), window);
  }

  void ask(first);
  return { rows, fault, isWaiting, ask: (window) => void ask(window), close: () => asking.abort() };
}
