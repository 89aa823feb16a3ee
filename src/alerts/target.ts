/** One address that notifications are sent to, and what came of an attempt. */
import type { Notification } from '../contract/alert.ts';
import type { ReceiverKind } from '../contract/alerting.ts';

export type Outcome =
  | { readonly delivered: true }
  | {
      readonly delivered: false;
      /** Said without addresses and secrets. */
      readonly error: string;
      /** Another attempt would end the same way. */
      readonly final: boolean;
      /** As the receiver asked for; null: it did not. */
      readonly retryAfterMs: number | null;
    };

export const DELIVERED: Outcome = { delivered: true };

export function failed(error: string, final = false, retryAfterMs: number | null = null): Outcome {
  return { delivered: false, error, final, retryAfterMs };
}

export interface Target {
  /** Name of the receiver; `name#2` and so on for its further addresses. */
  readonly id: string;
  readonly receiver: string;
  readonly kind: ReceiverKind;
  /** May throw: then it is tried again. */
  send(notification: Notification, stop: AbortSignal): Promise<Outcome>;
  /** Tells again what burns, for a receiver that forgets otherwise. */
  resend?(burning: readonly Notification[], stop: AbortSignal): Promise<Outcome>;
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no way to that host',
  ENOENT: 'there is no such socket',
  EACCES: 'no right to write there',
  EPROTOTYPE: 'a datagram socket, which lvscope cannot write to: let syslog listen at udp or tcp',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: give Node its authority by NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here: give it to Node by NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here: give it to Node by NODE_EXTRA_CA_CERTS',
};

/** An error of the network in words, without the address, which may be secret. */
export function networkError(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = (error.cause ?? error) as NodeJS.ErrnoException;
  const code = cause.code ?? (cause as { errors?: NodeJS.ErrnoException[] }).errors?.[0]?.code;
  // The Fetch standard's list of ports that belong to other protocols.
  if (cause.message === 'bad port') return 'HTTP is not spoken at that port';
  if (code === undefined) return 'it cannot be reached';
  return HINTS[code] === undefined ? code : `${code}: ${HINTS[code]}`;
}

/** What is thrown (a secret that cannot be read) is a failure like any other. */
export async function attempt(send: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await send();
  } catch (error) {
    return failed(error instanceof Error ? error.message : networkError(error));
  }
}
