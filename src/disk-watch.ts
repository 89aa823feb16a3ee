/** Watches what is written to the disk: that it could not be is an anomaly, which ends when writing goes on. */
import type { JournalNumbers } from './contract/history.ts';
import type { StoreNumbers } from './contract/store-status.ts';
import type { Monitor } from './state/monitor.ts';
import { NOT_KEPT, NOT_STORED } from './state/rules/disk.ts';

/** What to call at every tick, with what store and history count. */
export function createDiskWatch(monitor: Monitor): (store: StoreNumbers, history: JournalNumbers | null, atMicros: number) => void {
  let writeErrors = 0;
  let lostFrames = 0;

  function lookAtStore(store: StoreNumbers, atMicros: number): void {
    if (store.writeErrors === writeErrors) return;
    writeErrors = store.writeErrors;
    const text = `nothing is written to the database (${writeErrors} attempts failed since the start): ${store.lastError ?? 'it was written again since'}`;
    monitor.checks.raise(NOT_STORED, { atMicros, subject: {}, text, frames: [], details: { writeErrors } });
  }

  function lookAtHistory(history: JournalNumbers, atMicros: number): void {
    if (history.lostFrames === lostFrames) return;
    lostFrames = history.lostFrames;
    const text = `${lostFrames} frames were not kept in the history since the start: ${history.lastError ?? 'the disk is too slow'}`;
    monitor.checks.raise(NOT_KEPT, { atMicros, subject: {}, text, frames: [], details: { lostFrames } });
  }

  return (store, history, atMicros) => {
    lookAtStore(store, atMicros);
    if (history) lookAtHistory(history, atMicros);
  };
}
