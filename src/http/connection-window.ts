/** The first rows of the connection table that match a filter, kept exact by looking again only at what changed. */
import { connectionOf } from '../contract/connection.ts';
import type { ConnectionFilter } from '../contract/connection-query.ts';
import { BLOCK, siftBlock, siftSlots } from '../contract/connection-sieve.ts';
import { sessionId } from '../state/session.ts';
import type { HttpContext } from './context.ts';
import type { Changes, LiveWindow, News, Rows } from './live-window.ts';
import { SlotSet } from './slot-set.ts';

/** How often a filter whose answers change by themselves is put to the whole table. */
const RESCAN_MICROS = 1_000_000;

export class ConnectionWindow implements LiveWindow {
  private readonly context: HttpContext;
  private readonly filter: ConnectionFilter;
  private readonly limit: number;
  private readonly matching = new SlotSet();
  /** Ids of the rows shown, by slot. */
  private shown = new Map<number, string>();
  private total = 0;
  private scannedMicros = 0;

  constructor(context: HttpContext, filter: ConnectionFilter, limit: number) {
    this.context = context;
    this.filter = filter;
    this.limit = limit;
  }

  open(): Rows {
    const nowMicros = this.context.nowMicros();
    this.scan(nowMicros);
    const slots = this.window();
    this.shown = new Map(slots.map((slot) => [slot, this.idOf(slot)]));
    this.total = this.matching.size;
    return { items: slots.map((slot) => this.rowOf(slot, nowMicros)), total: this.total };
  }

  next({ slots, hasSlot }: News): Changes | null {
    const nowMicros = this.context.nowMicros();
    if (this.filter.drifts && Math.abs(nowMicros - this.scannedMicros) >= RESCAN_MICROS) this.scan(nowMicros);
    else this.look(slots, nowMicros);
    const before = this.shown;
    const now = this.window();
    this.shown = new Map(now.map((slot) => [slot, (!hasSlot(slot) && before.get(slot)) || this.idOf(slot)]));
    const changed = now.filter((slot) => hasSlot(slot) || !before.has(slot));
    const remove = [...before].filter(([slot, id]) => this.shown.get(slot) !== id).map(([, id]) => id);
    if (changed.length === 0 && remove.length === 0 && this.total === this.matching.size) return null;
    this.total = this.matching.size;
    return { upsert: changed.map((slot) => this.rowOf(slot, nowMicros)), remove, total: this.total };
  }

  /** A session may have gone since the table was looked at; the next look takes it out. */
  private window(): number[] {
    const { sessions } = this.context.monitor;
    return this.matching.first(this.limit).filter((slot) => sessions.inUse(slot));
  }

  /** The whole table. */
  private scan(nowMicros: number): void {
    const { monitor } = this.context;
    const sieves = this.filter.bind(monitor, nowMicros);
    const slots = new Uint32Array(BLOCK);
    this.matching.clear();
    for (let block = 0; block < monitor.sessions.top; block += BLOCK) {
      const count = siftBlock(monitor.sessions, sieves, block, slots);
      for (let i = 0; i < count; i++) this.matching.add(slots[i]);
    }
    this.scannedMicros = nowMicros;
  }

  /** Only these slots. */
  private look(changed: Uint32Array, nowMicros: number): void {
    const { monitor } = this.context;
    const slots = changed.slice();
    for (const slot of slots) this.matching.delete(slot);
    const count = siftSlots(monitor.sessions, this.filter.bind(monitor, nowMicros), slots);
    for (let i = 0; i < count; i++) this.matching.add(slots[i]);
  }

  private idOf(slot: number): string {
    return sessionId(this.context.monitor.sessions, slot);
  }

  private rowOf(slot: number, nowMicros: number) {
    return connectionOf(this.context.monitor, slot, nowMicros);
  }
}
