/** Rows of the connection table that match a filter, kept exact by looking again only at what changed. */
import { connectionOf } from '../contract/connection.ts';
import type { ConnectionOrder } from '../contract/connection-order.ts';
import type { ConnectionFilter } from '../contract/connection-query.ts';
import { type Place, rowsAt, type SlotSource } from '../contract/connection-rows.ts';
import { siftBlock, siftSlots } from '../contract/connection-sieve.ts';
import { sessionId } from '../state/session.ts';
import type { HttpContext } from './context.ts';
import type { Changes, LiveWindow } from './live-window.ts';
import type { LookPace } from './look-pace.ts';
import { SlotSet } from './slot-set.ts';

/** How often a filter whose answers change by themselves is put to the whole table. */
const RESCAN_MICROS = 1_000_000;

interface Shown {
  readonly id: string;
  readonly text: string;
}

interface ConnectionWindowOptions {
  readonly filter: ConnectionFilter;
  readonly order: ConnectionOrder;
  readonly place: Place;
  /** Says when a window of an order other than the table's own is looked at again. */
  readonly pace: LookPace;
}

export class ConnectionWindow implements LiveWindow {
  private readonly context: HttpContext;
  private readonly options: ConnectionWindowOptions;
  private readonly matching = new SlotSet();
  /** By slot, in the order of the window. */
  private shown = new Map<number, Shown>();
  /** Slots shown that changed since. */
  private touched = new Set<number>();
  private scannedMicros: number | null = null;
  /** Which slots the window showed at the last look, in an order other than the table's own. */
  private placed: readonly number[] = [];
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Something came, went or changed since the last look. */
  private moved = true;

  constructor(context: HttpContext, options: ConnectionWindowOptions) {
    this.context = context;
    this.options = options;
  }

  note(slots: Uint32Array): void {
    if (this.scannedMicros === null) return;
    this.moved = true;
    for (const slot of slots) {
      this.matching.delete(slot);
      if (this.shown.has(slot)) this.touched.add(slot);
    }
    const { monitor } = this.context;
    const changed = slots.slice();
    const count = siftSlots(monitor.sessions, this.options.filter.bind(monitor, this.context.nowMicros()), changed);
    for (let i = 0; i < count; i++) this.matching.add(changed[i]);
  }

  next(): Changes {
    const nowMicros = this.context.nowMicros();
    const slots = this.slots(nowMicros);
    const { touched, shown: before } = this;
    this.touched = new Set();
    this.shown = new Map(slots.map((slot) => [slot, (!touched.has(slot) && before.get(slot)) || this.row(slot, nowMicros)]));
    const changed = [...this.shown].filter(([slot, row]) => before.get(slot) !== row);
    const gone = [...before].filter(([slot, { id }]) => this.shown.get(slot)?.id !== id);
    return {
      upsert: new Map(changed.map(([, { id, text }]) => [id, text])),
      remove: gone.map(([, { id }]) => id),
      total: this.matching.size,
    };
  }

  /** With the seconds that each has left now, unless its slot has another session by now. */
  rows(): string[] {
    const nowMicros = this.context.nowMicros();
    return [...this.shown].map(([slot, { id, text }]) => (this.idOf(slot) === id ? this.row(slot, nowMicros).text : text));
  }

  ids(): string[] {
    return Array.from(this.shown.values(), ({ id }) => id);
  }

  close(): void {
    this.options.pace.leave(this);
  }

  /** Those to be shown. A session may have gone since the table was looked at; the next look takes it out. */
  private slots(nowMicros: number): number[] {
    const { order } = this.options;
    const { sessions } = this.context.monitor;
    const slots = order.keys === null ? this.unsorted(nowMicros) : this.sorted(nowMicros);
    return slots.filter((slot) => sessions.inUse(slot));
  }

  private unsorted(nowMicros: number): readonly number[] {
    const { filter, place } = this.options;
    const { scannedMicros } = this;
    const mustScan = scannedMicros === null || (filter.drifts && Math.abs(nowMicros - scannedMicros) >= RESCAN_MICROS);
    return mustScan ? this.look(nowMicros) : this.matching.slice(place.offset, place.limit);
  }

  /** Between two looks at the whole table, what is left of the window. */
  private sorted(nowMicros: number): readonly number[] {
    const { filter, pace } = this.options;
    const beganMs = performance.now();
    if ((this.moved || filter.drifts) && beganMs - this.lookedAtMs >= pace.everyMs()) {
      this.placed = this.look(nowMicros);
      this.moved = false;
      this.lookedAtMs = performance.now();
      pace.looked(this, this.lookedAtMs - beganMs);
    } else this.placed = this.placed.filter((slot) => this.isStill(slot));
    return this.placed;
  }

  private look(nowMicros: number): readonly number[] {
    const { filter, order, place } = this.options;
    const source = this.scannedMicros === null || filter.drifts ? this.scanning(nowMicros) : this.matching.block;
    return rowsAt(this.context.monitor.sessions, source, order, place).slots;
  }

  /** Whether the slot matches and has the session that it had. */
  private isStill(slot: number): boolean {
    return this.matching.has(slot) && (!this.touched.has(slot) || this.shown.get(slot)?.id === this.idOf(slot));
  }

  /** Puts the filter to the table anew; what matches is remembered on the way. */
  private scanning(nowMicros: number): SlotSource {
    const { monitor } = this.context;
    const sieves = this.options.filter.bind(monitor, nowMicros);
    this.matching.clear();
    this.scannedMicros = nowMicros;
    return (from, slots) => {
      const count = siftBlock(monitor.sessions, sieves, from, slots);
      for (let i = 0; i < count; i++) this.matching.add(slots[i]);
      return count;
    };
  }

  private row(slot: number, nowMicros: number): Shown {
    return { id: this.idOf(slot), text: JSON.stringify(connectionOf(this.context.monitor, slot, nowMicros)) };
  }

  private idOf(slot: number): string {
    return sessionId(this.context.monitor.sessions, slot);
  }
}
