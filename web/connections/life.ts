/** The life of a session out of its sync records. Pure. */
import type { SessionRecords } from '../../src/contract/session-record.ts';
import { durationText, endpointText } from '../parts/text.ts';

export type LifeRecord = SessionRecords['items'][number];

/** What of a record may differ from the one before, as it is written. */
const TEXTS = {
  state: (r: LifeRecord) => r.state,
  timeout: (r: LifeRecord) => `${r.timeoutSeconds}s`,
  flags: (r: LifeRecord) => r.flags.join(' '),
  destination: (r: LifeRecord) => endpointText(r.destination),
  forward: (r: LifeRecord) => r.forward,
  director: (r: LifeRecord) => `${r.daemon} syncid ${r.syncid}`,
  version: (r: LifeRecord) => `version ${r.version}`,
} as const;
export type LifeField = keyof typeof TEXTS;
const FIELDS = Object.keys(TEXTS) as LifeField[];

export interface LifeRow {
  readonly record: LifeRecord;
  /** Milliseconds since the record before; null of the first. */
  readonly sinceMillis: number | null;
  readonly texts: Readonly<Record<LifeField, string>>;
  /** What differs from the record before; nothing of the first. */
  readonly changed: ReadonlySet<LifeField>;
}

const textsOf = (record: LifeRecord) =>
  Object.fromEntries(FIELDS.map((field) => [field, TEXTS[field](record)])) as Readonly<Record<LifeField, string>>;

/** @param records oldest first */
export function lifeOf(records: readonly LifeRecord[]): readonly LifeRow[] {
  const texts = records.map(textsOf);
  return records.map((record, at) => {
    const before = records[at - 1];
    const changed = before ? FIELDS.filter((field) => texts[at][field] !== texts[at - 1][field]) : [];
    const sinceMillis = before ? Date.parse(record.at) - Date.parse(before.at) : null;
    return { record, sinceMillis, texts: texts[at], changed: new Set(changed) };
  });
}

export interface StateSpan {
  readonly state: string;
  readonly fromMillis: number;
  readonly toMillis: number;
}

/** Which state it was in, from the first record on; the last one lasts to `endMillis`. */
export function stateSpans(records: readonly LifeRecord[], endMillis: number): readonly StateSpan[] {
  const starts = records.filter(({ state }, at) => at === 0 || state !== records[at - 1].state);
  return starts.map(({ state, at }, index) => ({
    state,
    fromMillis: Date.parse(at),
    toMillis: index + 1 < starts.length ? Date.parse(starts[index + 1].at) : endMillis,
  }));
}

/** `+120 ms`, `+3.2 s`, `+2m05s`. */
export function intervalText(millis: number): string {
  if (millis < 1000) return `+${millis} ms`;
  const seconds = (millis / 1000).toFixed(1);
  return Number(seconds) < 60 ? `+${seconds} s` : `+${durationText(Number(seconds))}`;
}
