/** The addresses behind the receivers of the file. */
import type { Alerting, ReceiverConfig } from '../contract/alerting.ts';
import { sendAlertmanager } from './alertmanager.ts';
import { sendSlack } from './slack.ts';
import { sendSyslog } from './syslog.ts';
import type { Target } from './target.ts';
import { sendWebhook } from './webhook.ts';

/** Alertmanagers of a cluster each get everything, as from Prometheus; so each has a queue of its own. */
function targetsOf({ name, webhook, slack, alertmanager, syslog }: ReceiverConfig, resendMs: number): Target[] {
  const only = { id: name, receiver: name };
  if (webhook) return [{ ...only, kind: 'webhook', send: (one, stop) => sendWebhook(webhook, one, stop) }];
  if (slack) return [{ ...only, kind: 'slack', send: (one, stop) => sendSlack(slack, one, stop) }];
  if (syslog) return [{ ...only, kind: 'syslog', send: (one, stop) => sendSyslog(syslog, one, stop) }];
  if (!alertmanager) return [];
  return alertmanager.urls.map((url, i) => ({
    id: i === 0 ? name : `${name}#${i + 1}`,
    receiver: name,
    kind: 'alertmanager',
    send: (one, stop) => sendAlertmanager(url, alertmanager, [one], resendMs, stop),
    resend: (burning, stop) => sendAlertmanager(url, alertmanager, burning, resendMs, stop),
  }));
}

/** @param resendMs how often an Alertmanager is told again of what burns */
export function allTargets({ receivers }: Alerting, resendMs: number): Target[] {
  return receivers.flatMap((receiver) => targetsOf(receiver, resendMs));
}
