/** One report per master change: who, why, how long without a master, who was told, and what became of the sessions. */
import type { MonitorEvent } from './events.ts';
import type { NeighborNews } from './neighbors.ts';
import type { RouterChange } from './routers.ts';

export interface Failover {
  /** The id of its event. */
  readonly id: string;
  readonly change: RouterChange;
}

export class Failovers {
  readonly all: Failover[] = [];
  #changed: Failover[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A master change begins a report. */
  change(_change: RouterChange, _event: MonitorEvent): void {}

  neighbor(_news: NeighborNews, _segment: number): void {}

  /** Every event, for the timelines of the reports that are still open. */
  event(_event: MonitorEvent): void {}

  advance(_nowMicros: number): void {}

  /** Since the last call, for the store. */
  takeChanged(): Failover[] {
    const taken = this.#changed;
    this.#changed = [];
    return taken;
  }
}
