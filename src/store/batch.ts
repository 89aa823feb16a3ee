/** What goes to the writer thread at once: rows copied out of the table, and the few small lists whole. */
import type { AlertRow } from '../contract/alert.ts';
import type { Anomaly } from '../state/anomalies.ts';
import type { Daemon } from '../state/daemons.ts';
import type { MonitorEvent } from '../state/events.ts';
import type { EventEvidence } from '../state/evidence.ts';
import type { Failover } from '../state/failovers.ts';
import type { Segment } from '../state/segments.ts';
import type { Service } from '../state/services.ts';
import { LONG_WORDS, ROW, WORD, WORDS } from '../state/session-layout.ts';
import type { SessionExtra } from '../state/session-rows.ts';
import type { Sessions } from '../state/sessions.ts';

/** A slot number and the row that lies there; a row that is not in use says that the slot was freed. */
export const BATCH_WORDS = 1 + WORDS;

export interface CopiedRows {
  /** `BATCH_WORDS` words each, ascending by slot. */
  readonly rows: Uint32Array<ArrayBuffer>;
  /** `LONG_WORDS` words for each row in use that is of IPv6, in the same order. */
  readonly long: Uint32Array<ArrayBuffer>;
  /** For each row in use that has one, in the same order. */
  readonly extras: readonly SessionExtra[];
}

export interface Batch {
  /** The live tables are emptied first: the file held another run's. */
  readonly reset: boolean;
  readonly sessions: CopiedRows;
  /** Null: as they were. */
  readonly segments: readonly Segment[] | null;
  /** Those that changed. */
  readonly daemons: readonly Daemon[];
  /** Null: not looked at. */
  readonly services: readonly Service[] | null;
  readonly events: readonly MonitorEvent[];
  /** Those that changed. */
  readonly anomalies: readonly Anomaly[];
  /** Those that changed. */
  readonly failovers: readonly Failover[];
  /** The frames behind events, new ones only. */
  readonly evidence: readonly EventEvidence[];
  /** Those that changed. */
  readonly alerts: readonly AlertRow[];
  /** The monitor's time; null before its first frame. */
  readonly atMicros: number | null;
}

/** Copies rows as they are now. Slots beyond the table count as freed. */
export function copyRows(sessions: Sessions, slots: Uint32Array): CopiedRows {
  const { words } = sessions;
  const rows = new Uint32Array(slots.length * BATCH_WORDS);
  const extras: SessionExtra[] = [];
  const ofIpv6: number[] = [];
  for (let i = 0, to = 0; i < slots.length; i++) {
    const slot = slots[i];
    const from = slot * WORDS;
    rows[to++] = slot;
    for (let word = 0; word < WORDS; word++) rows[to++] = words[from + word];
    const flags = words[from + WORD.flags];
    if (flags & ROW.ipv6) ofIpv6.push(slot);
    const extra = flags & ROW.extra ? sessions.extra(slot) : undefined;
    if (extra) extras.push(extra);
  }
  return { rows, long: copyLong(sessions, ofIpv6), extras };
}

function copyLong(sessions: Sessions, slots: readonly number[]): Uint32Array<ArrayBuffer> {
  const long = new Uint32Array(slots.length * LONG_WORDS);
  for (let i = 0; i < slots.length; i++) sessions.copyLongAddresses(slots[i], long, i * LONG_WORDS);
  return long;
}

/** What need not be copied to reach another thread. */
export function transferable({ sessions }: Batch): ArrayBuffer[] {
  return [sessions.rows.buffer, sessions.long.buffer];
}
