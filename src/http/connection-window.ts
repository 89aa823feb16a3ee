/** Rows of the connection table that match a filter, kept exact by looking again only at what changed. */
import { connectionOf } from '../contract/connection.ts';
import type { ConnectionOrder } from '../contract/connection-order.ts';
import type { ConnectionFilter } from '../contract/connection-query.ts';
import { type Place, rowsAt } from '../contract/connection-rows.ts';
import { BLOCK, siftBlock, siftSlots } from '../contract/connection-sieve.ts';
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
    const { filter, order, place } = this.options;
    const { sessions } = this.context.monitor;
    if (order.keys !== null) return this.sorted(nowMicros);
    const { scannedMicros } = this;
    if (scannedMicros === null || (filter.drifts && Math.abs(nowMicros - scannedMicros) >= RESCAN_MICROS)) this.scan(nowMicros);
    return this.matching.slice(place.offset, place.limit).filter((slot) => sessions.inUse(slot));
  }

  /** Between two looks at the whole table, what is left of the window. */
  private sorted(nowMicros: number): number[] {
    const { filter, pace } = this.options;
    const beganMs = performance.now();
    if ((this.moved || filter.drifts) && beganMs - this.lookedAtMs >= pace.everyMs()) {
      this.look(nowMicros);
      this.lookedAtMs = performance.now();
      pace.looked(this, this.lookedAtMs - beganMs);
    } else this.placed = this.placed.filter((slot) => this.isStill(slot));
    return this.placed.filter((slot) => this.context.monitor.sessions.inUse(slot));
  }

  private look(nowMicros: number): void {
    const { filter, order, place } = this.options;
    if (this.scannedMicros === null || filter.drifts) this.scan(nowMicros);
    this.placed = rowsAt(this.context.monitor.sessions, this.matching.block, order, place).slots;
    this.moved = false;
  }

  /** Whether the slot matches and has the session that it had. */
  private isStill(slot: number): boolean {
    return this.matching.has(slot) && (!this.touched.has(slot) || this.shown.get(slot)?.id === this.idOf(slot));
  }

  /** The whole table. */
  private scan(nowMicros: number): void {
    const { monitor } = this.context;
    const sieves = this.options.filter.bind(monitor, nowMicros);
    const slots = new Uint32Array(BLOCK);
    this.matching.clear();
    for (let block = 0; block < monitor.sessions.top; block += BLOCK) {
      const count = siftBlock(monitor.sessions, sieves, block, slots);
      for (let i = 0; i < count; i++) this.matching.add(slots[i]);
    }
    this.scannedMicros = nowMicros;
  }

  private row(slot: number, nowMicros: number): Shown {
    return { id: this.idOf(slot), text: JSON.stringify(connectionOf(this.context.monitor, slot, nowMicros)) };
  }

  private idOf(slot: number): string {
    return sessionId(this.context.monitor.sessions, slot);
  }
}
