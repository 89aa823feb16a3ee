/** Ties state, store and source to the HTTP server and the metrics. */
import type { Clock } from './clock.ts';
import type { Listen } from './config.ts';
import { EXIT, OperatorError } from './errors.ts';
import type { Feed } from './feed.ts';
import { createApp } from './http/app.ts';
import type { Logger } from './log.ts';
import { createMetrics } from './metrics/registry.ts';
import type { Source } from './source.ts';
import type { Monitor } from './state/monitor.ts';
import type { Store } from './store/store.ts';

export interface ServeOptions {
  readonly listen: Listen;
  readonly monitor: Monitor;
  readonly clock: Clock;
  readonly store: Store;
  readonly feed: Feed;
  /** Null until the source is up. */
  readonly source: () => Source | null;
  readonly log: Logger;
}

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}
