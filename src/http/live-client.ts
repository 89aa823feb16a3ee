/** One live client: its socket, its subscriptions, and what happens when it does not keep up. */
import type { WebSocket } from '@fastify/websocket';
import { CLOSE, LIVE_LIMITS, type LiveError, parseLiveRequest, type Subscribe, subscriptionIdOf } from '../contract/live.ts';
import { Refusal } from '../contract/problem.ts';
import type { LiveRegistry } from './live-registry.ts';
import type { LiveSubscription } from './live-subscription.ts';
import type { News } from './live-window.ts';
import { countLiveDrop, type HttpCounters } from './numbers.ts';

export interface ClientLimits {
  /** Octets waiting to be sent above which nothing more is. */
  readonly mostBuffered: number;
  /** How long a client may stay above that. */
  readonly slowMs: number;
  /** Requests in a minute. */
  readonly mostRequests: number;
}

/** Octets below which a copy costs less than a second write. */
const LEAST_SHARED = 16_384;
const MOST_MISSED_PINGS = 2;
const MINUTE = 60_000;

export class LiveClient {
  private readonly socket: WebSocket;
  private readonly registry: LiveRegistry;
  private readonly limits: ClientLimits;
  private readonly counters: HttpCounters;
  private readonly subscriptions = new Map<string, LiveSubscription>();
  private missedPings = 0;
  private slowSince: number | null = null;
  private requests = 0;
  private minuteBegan = performance.now();

  constructor(socket: WebSocket, registry: LiveRegistry, limits: ClientLimits, counters: HttpCounters) {
    this.socket = socket;
    this.registry = registry;
    this.limits = limits;
    this.counters = counters;
    socket.on('pong', () => {
      this.missedPings = 0;
    });
  }

  /** Takes a request and answers it. */
  receive(text: string, news: News): void {
    if (this.asksTooMuch()) {
      countLiveDrop(this.counters, 'requests');
      this.socket.close(CLOSE.tooManyRequests, 'too many requests in a minute');
      return;
    }
    try {
      const request = parseLiveRequest(text);
      if (request.type === 'subscribe') this.subscribe(request);
      else this.drop(request.id);
      this.deliver(news);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse({ type: 'error', id: subscriptionIdOf(text), code: error.code, detail: error.message, ...error.fault });
    }
  }

  /**
   * Sends what is new, as far as the client keeps up; the rest comes in one piece when there is room again.
   * @returns whether something must wait because the client was told only just now
   */
  deliver(news: News): boolean {
    const now = performance.now();
    let waits = false;
    if (this.socket.readyState !== this.socket.OPEN) return waits;
    for (const subscription of this.subscriptions.values()) {
      if (!subscription.isBehind()) continue;
      if (this.isSlow()) return waits;
      if (subscription.isDue(now)) this.tell(subscription, news, now);
      else waits = true;
    }
    return waits;
  }

  /** Called now and then: who stays behind is sent away. */
  check(): void {
    if (!this.isSlow()) this.slowSince = null;
    else if (performance.now() - (this.slowSince ?? performance.now()) > this.limits.slowMs) {
      // It is looked at again before it has gone.
      if (this.socket.readyState === this.socket.OPEN) countLiveDrop(this.counters, 'slow');
      this.socket.close(CLOSE.tooSlow, 'too slow');
    }
  }

  ping(): void {
    if (this.missedPings++ < MOST_MISSED_PINGS) this.socket.ping();
    else {
      countLiveDrop(this.counters, 'silent');
      this.socket.terminate();
    }
  }

  /** @param mayReturn it was cut, and did not take its leave */
  left(mayReturn: boolean): void {
    for (const subscription of this.subscriptions.values())
      if (mayReturn) this.registry.park(subscription);
      else this.registry.forget(subscription);
    this.subscriptions.clear();
  }

  private subscribe(request: Subscribe): void {
    const { id } = request;
    if (this.subscriptions.size >= LIVE_LIMITS.subscriptions && !this.subscriptions.has(id))
      throw new Refusal('bad_request', `a client has at most ${LIVE_LIMITS.subscriptions} subscriptions`);
    const subscription = this.registry.open(request);
    this.drop(id);
    this.subscriptions.set(id, subscription);
    subscription.leave = () => this.subscriptions.delete(id);
  }

  private drop(id: string): void {
    const subscription = this.subscriptions.get(id);
    if (subscription) this.registry.forget(subscription);
    this.subscriptions.delete(id);
  }

  private tell(subscription: LiveSubscription, news: News, now: number): void {
    subscription.view.refresh(news);
    const told = subscription.next(now);
    if (told === null) return;
    if (told.body.length < LEAST_SHARED) {
      this.socket.send(Buffer.concat([Buffer.from(told.head), told.body]), { binary: false });
      return;
    }
    // Two fragments of one message: the second is the same octets for all, however many wait for them.
    this.socket.send(told.head, { fin: false });
    this.socket.send(told.body, { fin: true });
  }

  private isSlow(): boolean {
    const slow = this.socket.bufferedAmount > this.limits.mostBuffered;
    if (slow) this.slowSince ??= performance.now();
    return slow;
  }

  private asksTooMuch(): boolean {
    const now = performance.now();
    if (now - this.minuteBegan > MINUTE) {
      this.minuteBegan = now;
      this.requests = 0;
    }
    return ++this.requests > this.limits.mostRequests;
  }

  private refuse(error: LiveError): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(error));
  }
}
