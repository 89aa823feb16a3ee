/** Alertmanager's API, version 2. It groups, routes and silences; what burns is sent again and again, as Prometheus does. */
import type { Notification } from '../contract/alert.ts';
import type { ReceiverConfig } from '../contract/alerting.ts';
import { postJson } from './http-post.ts';
import { readSecret } from './secret-file.ts';
import type { Outcome } from './target.ts';

type AlertmanagerConfig = NonNullable<ReceiverConfig['alertmanager']>;

/** As Prometheus: it may miss so many of our messages before it takes the alert for resolved. */
const MISSED = 4;

/** Names as in Prometheus rules: VrrpTwoMasters for vrrp.two_masters. */
function alertName(kind: string): string {
  return kind.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Its times are the wall's, by which Alertmanager lets alerts go; a recording's may lie far before them.
 * @param resendMs how often what burns is sent
 */
export function alertmanagerAlert(notification: Notification, nowMs: number, resendMs: number) {
  const { status, kind, severity, subject, summary, meaning, advice, startsAt, endsAt, sensor, url } = notification;
  const startMs = Math.min(Date.parse(startsAt), nowMs);
  const isOver = status === 'resolved';
  // Resolved ends when it ended; what merely happened burns for as long as one that is not sent again.
  const endMs = isOver ? Math.max(startMs, Math.min(endsAt === null ? nowMs : Date.parse(endsAt), nowMs)) : nowMs + MISSED * resendMs;
  const of = Object.entries(subject).filter(([name]) => name !== 'mac' && name !== 'daemon');
  const labels = Object.fromEntries(of.map(([name, value]) => [name, String(value)]));
  const annotations = { summary, description: meaning ?? summary, ...(advice === null ? {} : { runbook: advice }) };
  return {
    labels: { alertname: alertName(kind), severity, kind, sensor, ...labels },
    annotations: status === 'flapping' ? { ...annotations, flapping: 'true' } : annotations,
    startsAt: new Date(startMs).toISOString(),
    endsAt: new Date(endMs).toISOString(),
    generatorURL: url,
  };
}

/** One message for any number of alerts. */
export function sendAlertmanager(
  url: string,
  { basicAuthFile }: AlertmanagerConfig,
  notifications: readonly Notification[],
  resendMs: number,
  stop: AbortSignal,
): Promise<Outcome> {
  const now = Date.now();
  const body = JSON.stringify(notifications.map((notification) => alertmanagerAlert(notification, now, resendMs)));
  const credentials = basicAuthFile === undefined ? null : Buffer.from(readSecret(basicAuthFile)).toString('base64');
  const headers: Record<string, string> = credentials === null ? {} : { authorization: `Basic ${credentials}` };
  return postJson(`${url.replace(/\/+$/, '')}/api/v2/alerts`, body, headers, stop);
}
