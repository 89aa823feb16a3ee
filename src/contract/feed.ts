/** How what watches is told: the WebSocket hub listens, the pipeline speaks. */
import type { MonitorEvent } from '../state/events.ts';

/** @param slots slots that were made, changed or freed since the last call */
export type LiveListener = (slots: readonly number[], events: readonly MonitorEvent[]) => void;

export interface LiveFeed {
  /** @returns what to call to hear no more */
  subscribe(listener: LiveListener): () => void;
}
