/** The first rows of the connection table that match a filter, kept exact by looking again only at what changed. */
import { connectionOf } from '../contract/connection.ts';
import type { ConnectionFilter } from '../contract/connection-query.ts';
import { BLOCK, siftBlock, siftSlots } from '../contract/connection-sieve.ts';
import { sessionId } from '../state/session.ts';
import type { HttpContext } from './context.ts';
import type { Changes, LiveWindow } from './live-window.ts';
import { SlotSet } from './slot-set.ts';

/** How often a filter whose answers change by themselves is put to the whole table. */
const RESCAN_MICROS = 1_000_000;

interface Shown {
  readonly id: string;
  readonly text: string;
}

export class ConnectionWindow implements LiveWindow {
  private readonly context: HttpContext;
  private readonly filter: ConnectionFilter;
  private readonly limit: number;
  private readonly matching = new SlotSet();
  /** By slot, ascending. */
  private shown = new Map<number, Shown>();
  /** Slots shown that changed since. */
  private touched = new Set<number>();
  private scannedMicros: number | null = null;

  constructor(context: HttpContext, filter: ConnectionFilter, limit: number) {
    this.context = context;
    this.filter = filter;
    this.limit = limit;
  }

  note(slots: Uint32Array): void {
    if (this.scannedMicros === null) return;
    for (const slot of slots) {
      this.matching.delete(slot);
      if (this.shown.has(slot)) this.touched.add(slot);
    }
    const { monitor } = this.context;
    const changed = slots.slice();
    const count = siftSlots(monitor.sessions, this.filter.bind(monitor, this.context.nowMicros()), changed);
    for (let i = 0; i < count; i++) this.matching.add(changed[i]);
  }

  next(): Changes {
    const nowMicros = this.context.nowMicros();
    const { scannedMicros, touched, shown: before } = this;
    if (scannedMicros === null || (this.filter.drifts && Math.abs(nowMicros - scannedMicros) >= RESCAN_MICROS)) this.scan(nowMicros);
    this.touched = new Set();
    this.shown = new Map(this.window().map((slot) => [slot, (!touched.has(slot) && before.get(slot)) || this.row(slot, nowMicros)]));
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

  private row(slot: number, nowMicros: number): Shown {
    return { id: this.idOf(slot), text: JSON.stringify(connectionOf(this.context.monitor, slot, nowMicros)) };
  }

  private idOf(slot: number): string {
    return sessionId(this.context.monitor.sessions, slot);
  }
}
