/** What metrics are read from, at the moment they are asked for. */
import type { Registry } from 'prom-client';
import type { AlertDesk } from '../contract/alert.ts';
import type { CaptureStatus } from '../contract/capture.ts';
import type { JournalNumbers } from '../contract/history.ts';
import type { HttpNumbers } from '../contract/http-numbers.ts';
import type { StoreNumbers } from '../contract/store-status.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Service } from '../state/services.ts';

export interface MetricsContext {
  readonly monitor: Monitor;
  /** The monitor's time. */
  nowMicros(): number;
  capture(): CaptureStatus[];
  /** Null when nothing is stored. */
  store(): Omit<StoreNumbers, 'lastError'> | null;
  /** Absent or null when no history is kept. */
  history?(): JournalNumbers | null;
  /** Absent where nobody is told. */
  readonly alerts?: Pick<AlertDesk, 'numbers' | 'receivers'>;
  /** Absent where nothing is served. */
  http?(): HttpNumbers;
  /** Whether names of other exporters are given besides; not, when absent. */
  readonly compat?: boolean;
  /** The sensor's name. */
  readonly sensor: string;
  /** Of this program. */
  readonly version: string;
}

/** What the collectors of one scrape share. */
export interface Scrape extends MetricsContext {
  /** All services as they are now; made once a scrape. */
  services(): readonly Service[];
  /** No more series than the name may have; what is left out is counted. */
  bounded<Of>(name: string, samples: readonly Of[]): readonly Of[];
}

/** Adds its metrics to the registry; they are read at each scrape. */
export type Collector = (registry: Registry, scrape: Scrape) => void;
