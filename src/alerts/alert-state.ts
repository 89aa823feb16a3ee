/** One alert: what is so, what the receivers know of it, and what they are to be told next. */
import { createHash } from 'node:crypto';
import type { AlertRule } from '../contract/alerting.ts';
import type { EventSubject, Severity } from '../state/events.ts';
import type { News } from './news.ts';

/** Kept over a restart as it is. All times are the monitor's. */
export interface AlertState {
  readonly fingerprint: string;
  readonly kind: string;
  severity: Severity;
  /** As the latest news has it. */
  subject: EventSubject;
  vips: readonly string[];
  /** Name of the first rule that matches. */
  rule: string;
  text: string;
  startsMicros: number;
  /** Null: it burns. */
  endsMicros: number | null;
  /** It has just happened, and nobody was told. */
  fresh: boolean;
  told: 'nothing' | 'firing' | 'resolved' | 'flapping';
  toldMicros: number | null;
  /** Notifications so far: with the begin it makes their ids, the same ones after a restart. */
  notified: number;
  flapping: boolean;
  /** When the latest beginnings and ends were learnt, as many as damping looks at. */
  changes: number[];
  suppressedBy: string | null;
}

export type Due = 'firing' | 'resolved' | 'flapping' | 'happened';

/** The master comes and goes, the virtual router stays: who it was is not part of what the alert is about. */
function lastingSubject({ change, subject }: News): EventSubject {
  if (change !== 'happened' || subject.vrid === undefined) return subject;
  const { address: _, mac: __, ...rest } = subject;
  return rest;
}

/** The same for all news of one thing. */
export function fingerprintOf(news: News): string {
  const subject = Object.entries(lastingSubject(news)).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([news.kind, subject]))
    .digest('hex')
    .slice(0, 16);
}

export function newAlert(news: News, fingerprint: string, rule: string): AlertState {
  const { kind, severity, subject, vips, text, atMicros } = news;
  return {
    fingerprint,
    kind,
    severity,
    subject,
    vips,
    rule,
    text,
    startsMicros: atMicros,
    // As if it had ended, so that `apply` begins it.
    endsMicros: atMicros,
    fresh: false,
    told: 'nothing',
    toldMicros: null,
    notified: 0,
    flapping: false,
    changes: [],
    suppressedBy: null,
  };
}

/**
 * Brings it up to date. False when the news is none: it burnt, or was over, already.
 * @param nowMicros when it was learnt: what is told by silence is dated back
 */
export function apply(alert: AlertState, news: News, { name, flap, resolved }: AlertRule, nowMicros: number): boolean {
  const { change, text, atMicros, severity, subject, vips } = news;
  if (change === 'ended' ? alert.endsMicros !== null : change === 'raised' && alert.endsMicros === null) return false;
  Object.assign(alert, { text, severity, subject, vips, rule: name });
  alert.fresh = change === 'happened';
  // Who was not told that it had ended is told anew that it burns.
  if (change === 'raised' && !resolved && alert.told === 'firing') alert.told = 'nothing';
  if (change !== 'ended') alert.startsMicros = atMicros;
  alert.endsMicros = change === 'raised' ? null : atMicros;
  alert.changes = [...alert.changes.filter((at) => at > nowMicros - flap.withinMicros), nowMicros].slice(-flap.changes);
  if (alert.changes.length >= flap.changes) alert.flapping = true;
  return true;
}

/** What the receivers are to be told at a moment; null: they know. A flapping alert that has calmed down is one no more. */
export function due(alert: AlertState, { flap, repeatMicros, resolved }: AlertRule, nowMicros: number): Due | null {
  if (alert.flapping) {
    if (nowMicros - (alert.changes.at(-1) ?? 0) < flap.quietMicros) return alert.told === 'flapping' ? null : 'flapping';
    alert.flapping = false;
    alert.changes = [];
  }
  if (alert.fresh) return 'happened';
  if (alert.endsMicros !== null) {
    if (alert.told === 'firing' || alert.told === 'flapping') return resolved ? 'resolved' : null;
    return null;
  }
  if (alert.told !== 'firing') return 'firing';
  return repeatMicros !== null && nowMicros - (alert.toldMicros ?? 0) >= repeatMicros ? 'firing' : null;
}

/** Nothing more can come of it unless there is news. */
export function isOver(alert: AlertState, { flap }: AlertRule, nowMicros: number): boolean {
  return alert.endsMicros !== null && !alert.flapping && nowMicros - (alert.changes.at(-1) ?? 0) >= flap.withinMicros;
}
