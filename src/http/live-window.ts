/** What a live subscription shows: its rows and how many match in all, as a snapshot, and what changed since. */
import type { Anomaly } from '../contract/anomaly.ts';
import type { Failover } from '../contract/failover.ts';
import type { Service } from '../contract/service.ts';
import type { VirtualRouter } from '../contract/vrrp.ts';

/** What has happened since the windows were last told. */
export interface News {
  /** Slots that were made, changed or freed, each once. */
  readonly slots: Uint32Array;
  hasSlot(slot: number): boolean;
  /** All of them as they are now; made once, however many windows ask. */
  services(): readonly Service[];
  routers(): readonly VirtualRouter[];
  anomalies(): readonly Anomaly[];
  failovers(): readonly Failover[];
}

export interface Rows {
  readonly items: unknown[];
  readonly total: number;
}

export interface Changes {
  readonly upsert: unknown[];
  readonly remove: string[];
  readonly total: number;
}

export interface LiveWindow {
  /** Looks at everything anew. */
  open(news: News): Rows;
  /** What is different since the last call of either; null for nothing. */
  next(news: News): Changes | null;
}
