/** What is wrong: one entry per rule and subject, with first, last, count and end. Rules raise them, time ends them. */
import type { EventSubject, Severity } from './events.ts';
import type { Finding, Rule } from './rule.ts';

export interface Anomaly {
  /** `kind-N`, N counting within the kind. */
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly subject: EventSubject;
  /** Null while it was never raised (`unknown`). */
  firstMicros: number | null;
  lastMicros: number | null;
  endedMicros: number | null;
  count: number;
  /** What was seen last; when unknown, why. */
  text: string;
  check: 'raised' | 'clear' | 'unknown';
  /** The event that told of it last; null when there was none. */
  eventId: string | null;
}

/** It began or ended. */
export interface AnomalyTurn {
  readonly anomaly: Anomaly;
  readonly turn: 'raised' | 'ended';
  readonly atMicros: number;
  /** What was seen last at that moment. */
  readonly text: string;
}

interface Entry {
  readonly anomaly: Anomaly;
  readonly rule: Rule;
  toldMicros: number;
}

const MOST_ANOMALIES = 8192;
const MOST_OF_A_KIND = 512;
/** Turns kept for who fetches them; the oldest go. */
const MOST_TURNS = 10_000;
/** The same anomaly is told again as an event only after so long, however often it ends and begins. */
const TELL_AGAIN_MICROS = 60_000_000;
const SECOND = 1_000_000;

export function subjectKey(subject: EventSubject): string {
  return Object.entries(subject)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

export class Anomalies {
  readonly all: Anomaly[] = [];
  /** Findings for which there was no room. */
  overflowed = 0;
  readonly #byKey = new Map<string, Entry>();
  readonly #perKind = new Map<string, number>();
  readonly #changed = new Set<Anomaly>();
  #turns: AnomalyTurn[] = [];

  /** True when it is to be told as an event: it begins, and was not told a short while ago. */
  raise(rule: Rule, finding: Finding): Anomaly | null {
    const entry = this.#find(rule, finding.subject);
    if (!entry) return null;
    const { anomaly } = entry;
    const begins = anomaly.check !== 'raised';
    anomaly.check = 'raised';
    anomaly.firstMicros ??= finding.atMicros;
    anomaly.lastMicros = finding.atMicros;
    anomaly.endedMicros = null;
    anomaly.count++;
    anomaly.text = finding.text;
    this.#changed.add(anomaly);
    if (begins) this.#turned(anomaly, 'raised', finding.atMicros);
    if (!begins || rule.form === 'silent' || finding.atMicros - entry.toldMicros < TELL_AGAIN_MICROS) return null;
    entry.toldMicros = finding.atMicros;
    return anomaly;
  }

  clear(rule: Rule, subject: EventSubject, atMicros: number): void {
    const entry = this.#byKey.get(`${rule.kind} ${subjectKey(subject)}`);
    if (entry?.anomaly.check === 'raised') this.#end(entry.anomaly, atMicros);
  }

  unknown(rule: Rule, subject: EventSubject, why: string): void {
    const anomaly = this.#find(rule, subject)?.anomaly;
    if (!anomaly || anomaly.check === 'raised' || (anomaly.check === 'unknown' && anomaly.text === why)) return;
    anomaly.check = 'unknown';
    anomaly.text = why;
    this.#changed.add(anomaly);
  }

  known(rule: Rule, subject: EventSubject): void {
    const key = `${rule.kind} ${subjectKey(subject)}`;
    const anomaly = this.#byKey.get(key)?.anomaly;
    if (anomaly?.check !== 'unknown') return;
    anomaly.check = 'clear';
    this.#changed.add(anomaly);
  }

  /** Ends those that nothing has raised for as long as their rule says. */
  advance(nowMicros: number): void {
    for (const { anomaly, rule } of this.#byKey.values()) {
      if (anomaly.check !== 'raised' || rule.quietSeconds === null || anomaly.lastMicros === null) continue;
      const endMicros = anomaly.lastMicros + rule.quietSeconds * SECOND;
      if (endMicros <= nowMicros) this.#end(anomaly, endMicros);
    }
  }

  /** Since the last call, for the store. */
  takeChanged(): Anomaly[] {
    const taken = [...this.#changed];
    this.#changed.clear();
    return taken;
  }

  /** Since the last call, in order, for alerts. */
  takeTurns(): AnomalyTurn[] {
    const taken = this.#turns;
    this.#turns = [];
    return taken;
  }

  /** Puts a stored one back; for the start only. */
  restore(anomaly: Anomaly, rule: Rule): void {
    this.#add({ anomaly, rule, toldMicros: anomaly.lastMicros ?? Number.NEGATIVE_INFINITY });
  }

  #end(anomaly: Anomaly, atMicros: number): void {
    anomaly.check = 'clear';
    anomaly.endedMicros = atMicros;
    this.#changed.add(anomaly);
    this.#turned(anomaly, 'ended', atMicros);
  }

  #turned(anomaly: Anomaly, turn: AnomalyTurn['turn'], atMicros: number): void {
    this.#turns.push({ anomaly, turn, atMicros, text: anomaly.text });
    if (this.#turns.length > MOST_TURNS) this.#turns.shift();
  }

  #find(rule: Rule, subject: EventSubject): Entry | null {
    const known = this.#byKey.get(`${rule.kind} ${subjectKey(subject)}`);
    if (known) return known;
    const ofKind = this.#perKind.get(rule.kind) ?? 0;
    if (ofKind >= MOST_OF_A_KIND || this.all.length >= MOST_ANOMALIES) {
      this.overflowed++;
      return null;
    }
    const anomaly: Anomaly = {
      id: `${rule.kind}-${ofKind + 1}`,
      kind: rule.kind,
      severity: rule.severity,
      subject,
      firstMicros: null,
      lastMicros: null,
      endedMicros: null,
      count: 0,
      text: '',
      check: 'clear',
      eventId: null,
    };
    return this.#add({ anomaly, rule, toldMicros: Number.NEGATIVE_INFINITY });
  }

  #add(entry: Entry): Entry {
    const { anomaly, rule } = entry;
    this.#perKind.set(rule.kind, (this.#perKind.get(rule.kind) ?? 0) + 1);
    this.#byKey.set(`${rule.kind} ${subjectKey(anomaly.subject)}`, entry);
    this.all.push(anomaly);
    return entry;
  }
}
