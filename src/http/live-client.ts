/** One live client: its socket, its subscriptions, and what happens when it does not keep up. */
import type { WebSocket } from '@fastify/websocket';
import { CLOSE, type LiveAnswer, type LiveNoun, parseLiveRequest, type Subscribe, subscriptionIdOf } from '../contract/live.ts';
import { Refusal } from '../contract/problem.ts';
import type { HttpContext } from './context.ts';
import { type LiveSubscription, openSubscription } from './live-subscription.ts';
import type { News } from './live-window.ts';

export interface ClientLimits {
  /** Octets waiting to be sent above which nothing more is. */
  readonly mostBuffered: number;
  /** How long a client may stay above that. */
  readonly slowMs: number;
  /** Requests in a minute. */
  readonly mostRequests: number;
}

const MOST_SUBSCRIPTIONS = 16;
const MOST_MISSED_PINGS = 2;
const MINUTE = 60_000;

export class LiveClient {
  private readonly socket: WebSocket;
  private readonly context: HttpContext;
  private readonly epoch: string;
  private readonly limits: ClientLimits;
  private readonly subscriptions = new Map<string, LiveSubscription>();
  private missedPings = 0;
  private slowSince: number | null = null;
  private requests = 0;
  private minuteBegan = performance.now();

  constructor(socket: WebSocket, context: HttpContext, epoch: string, limits: ClientLimits) {
    this.socket = socket;
    this.context = context;
    this.epoch = epoch;
    this.limits = limits;
    socket.on('pong', () => {
      this.missedPings = 0;
    });
  }

  wants(noun: LiveNoun): boolean {
    for (const subscription of this.subscriptions.values()) if (subscription.noun === noun) return true;
    return false;
  }

  /** Takes a request and answers it. */
  receive(text: string, news: News): void {
    if (this.asksTooMuch()) {
      this.socket.close(CLOSE.tooManyRequests, 'too many requests in a minute');
      return;
    }
    try {
      const request = parseLiveRequest(text);
      if (request.type === 'subscribe') this.subscribe(request, news);
      else this.subscriptions.delete(request.id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.send({ type: 'error', id: subscriptionIdOf(text), code: error.code, detail: error.message, ...error.fault });
    }
  }

  /** Sends what changed for subscriptions of a noun, or remembers that it could not. */
  tell(noun: LiveNoun, news: News): void {
    for (const subscription of this.subscriptions.values()) {
      if (subscription.noun !== noun) continue;
      if (this.isBehind()) subscription.lagging = true;
      else if (subscription.lagging) this.startAnew(subscription, news);
      else {
        const delta = subscription.delta(news);
        if (delta) this.send(delta);
      }
    }
  }

  /** Once a second: what was held back is sent as a snapshot when there is room again; who stays behind is sent away. */
  catchUp(news: News): void {
    const behind = this.isBehind();
    if (!behind) this.slowSince = null;
    else if (performance.now() - (this.slowSince ?? performance.now()) > this.limits.slowMs) this.socket.close(CLOSE.tooSlow, 'too slow');
    for (const subscription of this.subscriptions.values())
      if (subscription.lagging && !this.isBehind()) this.startAnew(subscription, news);
  }

  ping(): void {
    if (this.missedPings++ < MOST_MISSED_PINGS) this.socket.ping();
    else this.socket.terminate();
  }

  private subscribe(request: Subscribe, news: News): void {
    if (this.subscriptions.size >= MOST_SUBSCRIPTIONS && !this.subscriptions.has(request.id))
      throw new Refusal('bad_request', `a client has at most ${MOST_SUBSCRIPTIONS} subscriptions`);
    const subscription = openSubscription(this.context, this.epoch, request);
    this.subscriptions.set(request.id, subscription);
    if (this.isBehind()) subscription.lagging = true;
    else this.startAnew(subscription, news);
  }

  private startAnew(subscription: LiveSubscription, news: News): void {
    subscription.lagging = false;
    this.send(subscription.snapshot(news));
  }

  private isBehind(): boolean {
    const behind = this.socket.bufferedAmount > this.limits.mostBuffered;
    if (behind) this.slowSince ??= performance.now();
    return behind;
  }

  private asksTooMuch(): boolean {
    const now = performance.now();
    if (now - this.minuteBegan > MINUTE) {
      this.minuteBegan = now;
      this.requests = 0;
    }
    return ++this.requests > this.limits.mostRequests;
  }

  private send(answer: LiveAnswer): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(answer));
  }
}
