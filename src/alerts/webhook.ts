/** Generic JSON, signed as the Standard Webhooks specification says: `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
import { Webhook } from 'standardwebhooks';
import type { Notification } from '../contract/alert.ts';
import type { ReceiverConfig } from '../contract/alerting.ts';
import { postJson } from './http-post.ts';
import { readSecret } from './secret-file.ts';
import type { Outcome } from './target.ts';

type WebhookConfig = NonNullable<ReceiverConfig['webhook']>;

/** @throws Error that says where the secret should come from, never what was found there */
function signature(secretFile: string, id: string, sentAt: Date, body: string): string {
  const secret = readSecret(secretFile);
  if (!/^(whsec_)?[A-Za-z0-9+/]{4,}={0,2}$/.test(secret))
    throw new Error(`the secret in ${secretFile} is none: write whsec_ and at least 24 random octets in base64`);
  return new Webhook(secret).sign(id, sentAt, body);
}

export function sendWebhook(
  { url, headers = {}, secretFile, authorizationFile }: WebhookConfig,
  notification: Notification,
  stop: AbortSignal,
): Promise<Outcome> {
  const { id, status, at } = notification;
  const body = JSON.stringify({ type: `alert.${status}`, timestamp: at, data: notification });
  // Of this attempt, not of the event: receivers refuse old ones as replayed.
  const sentAt = new Date();
  const standard = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    ...(secretFile === undefined ? {} : { 'webhook-signature': signature(secretFile, id, sentAt, body) }),
    ...(authorizationFile === undefined ? {} : { authorization: readSecret(authorizationFile) }),
  };
  return postJson(url, body, { ...headers, ...standard }, stop);
}
