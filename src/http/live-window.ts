/** What a live subscription shows: the first rows of a list that match, and what is different since it was last looked at. */
import type { Anomaly } from '../contract/anomaly.ts';
import type { CaptureStatus } from '../contract/capture.ts';
import type { Daemon } from '../contract/daemon.ts';
import type { Event } from '../contract/event.ts';
import type { Failover } from '../contract/failover.ts';
import type { Group } from '../contract/group.ts';
import type { Neighbor } from '../contract/neighbor.ts';
import type { Service } from '../contract/service.ts';
import type { Status } from '../contract/status.ts';
import type { VirtualRouter } from '../contract/vrrp.ts';

/** The lists as they are now; each made once, however many windows ask. */
export interface News {
  services(): readonly Service[];
  daemons(): readonly Daemon[];
  routers(): readonly VirtualRouter[];
  neighbors(): readonly Neighbor[];
  groups(): readonly Group[];
  anomalies(): readonly Anomaly[];
  failovers(): readonly Failover[];
  capture(): readonly CaptureStatus[];
  events(): readonly Event[];
  status(): Status;
}

export interface Changes {
  /** Rows that came or changed, as JSON, by id. */
  readonly upsert: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
  /** Rows that match, in the window or not. */
  readonly total: number;
}

export interface LiveWindow {
  /** These slots of the connection table were made, changed or freed, each once. */
  note(slots: Uint32Array): void;
  /** What is different since the last call; all there is at the first. */
  next(news: News): Changes;
  /** The rows of the last call, in the order of the window, as JSON. */
  rows(): string[];
  /** Their ids, in the same order. */
  ids(): string[];
  /** Nobody looks any more. */
  close?(): void;
}
