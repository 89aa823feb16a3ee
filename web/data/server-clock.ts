/** The server's clock on the page: set by each status, a step each second between them, at rest while the connection is lost. */
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Status } from '../../src/contract/status.ts';
import type { Link } from './live.ts';

const SECOND = 1000;

export function createServerClock(link: ReadonlySignal<Link>, status: ReadonlySignal<Status | null>): ReadonlySignal<number> {
  const now = signal(Date.now());
  let offset = Date.now() - performance.now();
  let timer = 0;

  function tick(): void {
    window.clearTimeout(timer);
    const millis = performance.now() + offset;
    now.value = millis;
    timer = window.setTimeout(tick, SECOND - (millis % SECOND));
  }

  effect(() => {
    const asOf = status.value?.asOf;
    if (!asOf) return;
    const before = offset;
    offset = Date.parse(asOf) - performance.now();
    // The clock of a recording is another than the reader's.
    if (Math.abs(offset - before) > SECOND) tick();
  });
  effect(() => {
    window.clearTimeout(timer);
    if (link.value.phase !== 'lost') tick();
  });
  return now;
}
