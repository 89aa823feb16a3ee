/**
 * Notifications on their way to one address: in order, one at a time, tried again until they arrive. It runs by the wall's
 * clock, as the receiver does. At least once: one that arrives twice has the same id.
 */
import type { Notification, Receiver } from '../contract/alert.ts';
import { timeText } from '../contract/scalars.ts';
import { attempt, type Outcome, type Target } from './target.ts';

export interface Delivery {
  /** Id of the target. */
  readonly target: string;
  /** When it was made, by the wall. */
  readonly queuedMs: number;
  readonly notification: Notification;
}

/** What the queue tells; `null` for one that need not be kept any more. */
export interface DeliveryHooks {
  save(id: string, delivery: Delivery | null): void;
  warn(target: string, error: string): void;
}

export interface RetryTiming {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Older ones are given up. */
  readonly oldestMs: number;
}

export const RETRY_TIMING: RetryTiming = { firstMs: 1000, longestMs: 300_000, oldestMs: 86_400_000 };

const MOST_WAITING = 1000;

/** Exponential with jitter: between half and all of it. */
function backOffMs({ firstMs, longestMs }: RetryTiming, attempts: number): number {
  const most = Math.min(firstMs * 2 ** (attempts - 1), longestMs);
  return most / 2 + (Math.random() * most) / 2;
}

const keyOf = ({ target, notification }: Delivery): string => `${target} ${notification.id}`;

export class DeliveryQueue {
  readonly target: Target;
  readonly #hooks: DeliveryHooks;
  readonly #timing: RetryTiming;
  readonly #waiting: Delivery[] = [];
  readonly #stop = new AbortController();
  #busy = false;
  #attempts = 0;
  #timer: NodeJS.Timeout | null = null;
  #nextMs: number | null = null;
  #lastMs: number | null = null;
  #lastError: string | null = null;
  #delivered = 0;
  #failed = 0;

  constructor(target: Target, hooks: DeliveryHooks, timing: RetryTiming) {
    this.target = target;
    this.#hooks = hooks;
    this.#timing = timing;
  }

  /** @param isNew false: it is kept already */
  add(delivery: Delivery, isNew = true): void {
    if (this.#waiting.some(({ notification }) => notification.id === delivery.notification.id)) return;
    // The oldest one is given up, but not while it is on its way.
    if (this.#waiting.length >= MOST_WAITING) this.#giveUp(this.#busy ? 1 : 0, 'there are too many waiting');
    this.#waiting.push(delivery);
    if (isNew) this.#hooks.save(keyOf(delivery), delivery);
    this.#work();
  }

  status(): Receiver {
    const time = (ms: number | null) => (ms === null ? null : timeText(Math.round(ms) * 1000));
    const { id, receiver, kind } = this.target;
    return {
      id,
      receiver,
      kind,
      waiting: this.#waiting.length,
      delivered: this.#delivered,
      failed: this.#failed,
      lastDelivery: time(this.#lastMs),
      nextAttempt: time(this.#nextMs),
      lastError: this.#lastError,
    };
  }

  /** Tells again of what burns, unless something waits that it must be told first. */
  async resend(burning: readonly Notification[]): Promise<void> {
    const { resend } = this.target;
    if (!resend || this.#busy || this.#waiting.length > 0 || burning.length === 0) return;
    this.#busy = true;
    const outcome = await attempt(() => resend(burning, this.#stop.signal));
    this.#busy = false;
    this.#note(outcome);
    this.#work();
  }

  /** What waits is kept for the next run. */
  close(): void {
    this.#stop.abort();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #work(): void {
    if (this.#busy || this.#timer || this.#stop.signal.aborted) return;
    while (this.#waiting.length > 0 && Date.now() - this.#waiting[0].queuedMs > this.#timing.oldestMs) this.#giveUp(0, 'it is too old');
    if (this.#waiting.length > 0) void this.#deliver(this.#waiting[0]);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    this.#busy = true;
    const outcome = await attempt(() => this.target.send(delivery.notification, this.#stop.signal));
    this.#busy = false;
    if (this.#stop.signal.aborted) return;
    this.#note(outcome);
    if (outcome.delivered) {
      this.#delivered++;
      this.#remove(0);
    } else if (outcome.final) {
      this.#giveUp(0, outcome.error);
      this.#attempts = 0;
    } else this.#wait(outcome.retryAfterMs);
    this.#work();
  }

  #note(outcome: Outcome): void {
    if (outcome.delivered) {
      this.#lastMs = Date.now();
      this.#lastError = null;
      this.#attempts = 0;
      return;
    }
    // Once for each state: a receiver that is down all night is one line.
    if (this.#lastError !== outcome.error) this.#hooks.warn(this.target.id, outcome.error);
    this.#lastError = outcome.error;
    this.#attempts++;
  }

  #wait(retryAfterMs: number | null): void {
    const waitMs = Math.max(retryAfterMs ?? 0, backOffMs(this.#timing, this.#attempts));
    this.#nextMs = Date.now() + waitMs;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#nextMs = null;
      this.#work();
    }, waitMs);
    this.#timer.unref();
  }

  #giveUp(index: number, why: string): void {
    this.#failed++;
    this.#hooks.warn(this.target.id, `a notification is given up: ${why}`);
    this.#remove(index);
  }

  #remove(index: number): void {
    const [gone] = this.#waiting.splice(index, 1);
    if (gone) this.#hooks.save(keyOf(gone), null);
  }
}
