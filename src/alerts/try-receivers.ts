/** A test notification to each address, once, without a monitor. */
import type { Alerting } from '../contract/alerting.ts';
import { type Sender, testNotification } from './notification.ts';
import { attempt } from './target.ts';
import { allTargets } from './targets.ts';

const RESEND_MS = 60_000;

export interface Tried {
  readonly id: string;
  readonly kind: string;
  /** Null: it arrived. */
  readonly error: string | null;
}

/** @param receiver null: all of them */
export function tryReceivers(alerting: Alerting, receiver: string | null, sender: Sender): Promise<Tried[]> {
  const targets = allTargets(alerting, RESEND_MS).filter((target) => receiver === null || target.receiver === receiver);
  const notification = testNotification(Date.now() * 1000, sender);
  const never = new AbortController().signal;
  return Promise.all(
    targets.map(async ({ id, kind, send }) => {
      const outcome = await attempt(() => send(notification, never));
      return { id, kind, error: outcome.delivered ? null : outcome.error };
    }),
  );
}
