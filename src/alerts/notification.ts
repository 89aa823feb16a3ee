/** What a receiver is told. */
import { createHash } from 'node:crypto';
import type { Notification } from '../contract/alert.ts';
import { timeText } from '../contract/scalars.ts';
import { RULES } from '../state/rules/all.ts';
import type { AlertState, Due } from './alert-state.ts';

/** Where a notification comes from. */
export interface Sender {
  readonly sensor: string;
  /** lvscope's page. */
  readonly url: string;
}

const RULE_OF = new Map(RULES.map((rule) => [rule.kind, rule]));

/** The same words give the same id: who gets a notification twice knows it by that. */
function idOf(...words: readonly (string | number)[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 32)}`;
}

/** @param alert as it is at that moment, this notification counted */
export function notificationOf(alert: AlertState, status: Due, atMicros: number, { sensor, url }: Sender): Notification {
  const { fingerprint, kind, severity, subject, text, startsMicros, endsMicros, rule, notified } = alert;
  const known = RULE_OF.get(kind);
  return {
    id: idOf(sensor, fingerprint, status, startsMicros, notified),
    status,
    fingerprint,
    kind,
    severity,
    subject,
    summary: status === 'flapping' ? `${text} (it comes and goes: nothing more is told until it is calm)` : text,
    meaning: known?.meaning ?? null,
    advice: known?.advice ?? null,
    startsAt: timeText(startsMicros),
    endsAt: endsMicros === null ? null : timeText(endsMicros),
    at: timeText(atMicros),
    rule,
    sensor,
    url,
  };
}

/** What `lvscope alert test` sends. */
export function testNotification(nowMicros: number, { sensor, url }: Sender): Notification {
  const now = timeText(nowMicros);
  return {
    id: idOf(sensor, 'test', nowMicros),
    status: 'test',
    fingerprint: 'test',
    kind: 'lvscope.test',
    severity: 'info',
    subject: {},
    summary: `a test of lvscope on ${sensor}: nothing is wrong`,
    meaning: 'This receiver can be reached.',
    advice: null,
    startsAt: now,
    endsAt: now,
    at: now,
    rule: 'test',
    sensor,
    url,
  };
}
