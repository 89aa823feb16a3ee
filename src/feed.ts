/** Hands what changed to whoever watches, once a tick. */
import type { LiveFeed, LiveListener } from './contract/feed.ts';

export interface Feed extends LiveFeed {
  publish: LiveListener;
}

export function createFeed(): Feed {
  const listeners = new Set<LiveListener>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish(slots, events) {
      for (const listener of listeners) listener(slots, events);
    },
  };
}
