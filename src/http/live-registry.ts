/** All subscriptions: those that clients have, and for a while those whose client was cut. */
import { randomUUID } from 'node:crypto';
import { EVERY_MS, LIVE_LIMITS, type Subscribe } from '../contract/live.ts';
import type { HttpContext } from './context.ts';
import { LiveSubscription } from './live-subscription.ts';
import { LiveViews, viewKey } from './live-views.ts';

export class LiveRegistry {
  readonly views: LiveViews;
  private readonly epoch = randomUUID();
  private readonly parkMs: number;
  private readonly byToken = new Map<string, LiveSubscription>();
  /** Those without a client, longest parked first, and since when. */
  private readonly parked = new Map<LiveSubscription, number>();

  /** @param parkMs how long a client that was cut may take to come back */
  constructor(context: HttpContext, parkMs: number) {
    this.views = new LiveViews(context);
    this.parkMs = parkMs;
  }

  /** The one that the request goes on with, else a new one. @throws Refusal for a filter that is not accepted, or for want of room */
  open(request: Subscribe): LiveSubscription {
    return this.resumed(request) ?? this.fresh(request);
  }

  /** Its client has been cut and may come back. */
  park(subscription: LiveSubscription): void {
    this.parked.set(subscription, performance.now());
    const [longest] = this.parked.keys();
    if (this.parked.size > LIVE_LIMITS.parked) this.forget(longest);
  }

  forget(subscription: LiveSubscription): void {
    this.parked.delete(subscription);
    if (this.byToken.delete(subscription.token)) this.views.leave(subscription.view);
  }

  /** Forgets whose client has not come back in time. */
  sweep(): void {
    const latest = performance.now() - this.parkMs;
    for (const [subscription, since] of this.parked) if (since < latest) this.forget(subscription);
  }

  private resumed(request: Subscribe): LiveSubscription | null {
    const { id, since, everyMs = EVERY_MS.least } = request;
    const known = since?.epoch === this.epoch ? this.byToken.get(since.resume) : undefined;
    if (!since || known?.view.key !== viewKey(request) || !known.resume(since.seq, id, everyMs)) return null;
    // The connection that was cut may look alive from here for long.
    known.leave();
    this.parked.delete(known);
    return known;
  }

  private fresh(request: Subscribe): LiveSubscription {
    const { id, since, everyMs = EVERY_MS.least } = request;
    const view = this.views.share(request);
    // A client that has been here before goes on counting where it was.
    const seq = since?.epoch === this.epoch ? since.seq : -1;
    const subscription = new LiveSubscription(view, { id, epoch: this.epoch, seq, everyMs });
    this.byToken.set(subscription.token, subscription);
    return subscription;
  }
}
