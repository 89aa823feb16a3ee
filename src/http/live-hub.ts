/** Takes what the pipeline says has changed to every live client: connections in batches, events at once, the rest each second. */
import { randomUUID } from 'node:crypto';
import type { WebSocket } from '@fastify/websocket';
import { anomaliesOf } from '../contract/anomaly.ts';
import { failoversOf } from '../contract/failover.ts';
import { CLOSE, type LiveNoun } from '../contract/live.ts';
import { servicesOf } from '../contract/service.ts';
import { virtualRoutersOf } from '../contract/vrrp.ts';
import type { HttpContext } from './context.ts';
import { type ClientLimits, LiveClient } from './live-client.ts';
import type { News } from './live-window.ts';

export interface LiveTiming extends ClientLimits {
  /** Least time between two batches of connections. */
  readonly batchMs: number;
  /** How often everything but connections and events is looked at, and clients that lag. */
  readonly beatMs: number;
  readonly pingMs: number;
  /** How long clients have to leave when the server stops. */
  readonly leaveMs: number;
}

export const LIVE_TIMING: LiveTiming = {
  batchMs: 250,
  beatMs: 1000,
  pingMs: 20_000,
  leaveMs: 1000,
  mostBuffered: 1 << 20,
  slowMs: 10_000,
  mostRequests: 600,
};

const MOST_CLIENTS = 1000;
/** Looked at each beat: made whole, so not at each event. */
const EACH_BEAT = ['services', 'vrrp', 'anomalies', 'failovers', 'status'] as const satisfies readonly LiveNoun[];
const NO_SLOTS: ReadonlySet<number> = new Set();

export interface LiveHub {
  hasRoom(): boolean;
  join(socket: WebSocket): void;
  /** Tells all clients to go away and stops. */
  close(): void;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function newsOf({ monitor, nowMicros, capture }: HttpContext, slots: ReadonlySet<number>): News {
  return {
    slots: Uint32Array.from(slots),
    hasSlot: (slot) => slots.has(slot),
    services: once(() => servicesOf(monitor, nowMicros())),
    routers: once(() => virtualRoutersOf(monitor)),
    anomalies: once(() => anomaliesOf(monitor, capture())),
    failovers: once(() => failoversOf(monitor)),
  };
}

export function createLiveHub(context: HttpContext, timing: LiveTiming): LiveHub {
  const epoch = randomUUID();
  const clients = new Map<WebSocket, LiveClient>();
  let pending = new Set<number>();
  let batch: NodeJS.Timeout | null = null;
  let batchedAt = Number.NEGATIVE_INFINITY;

  function tell(nouns: readonly LiveNoun[], slots = NO_SLOTS): void {
    const news = newsOf(context, slots);
    for (const client of clients.values()) for (const noun of nouns) client.tell(noun, news);
  }

  function scheduleBatch(): void {
    batch ??= setTimeout(sendBatch, Math.max(0, batchedAt + timing.batchMs - performance.now()));
  }

  function sendBatch(): void {
    batch = null;
    batchedAt = performance.now();
    const slots = pending;
    pending = new Set();
    tell(['connections'], slots);
  }

  function beat(): void {
    const news = newsOf(context, NO_SLOTS);
    for (const client of clients.values()) {
      client.catchUp(news);
      for (const noun of EACH_BEAT) client.tell(noun, news);
    }
    // Filters by age answer differently though nothing has come in.
    scheduleBatch();
  }

  const unsubscribe = context.feed.subscribe((slots, events) => {
    if (events.length > 0) tell(['events']);
    if (slots.length === 0 || ![...clients.values()].some((client) => client.wants('connections'))) return;
    for (const slot of slots) pending.add(slot);
    scheduleBatch();
  });
  const timers = [
    setInterval(beat, timing.beatMs),
    setInterval(() => {
      for (const client of clients.values()) client.ping();
    }, timing.pingMs),
  ];
  for (const timer of timers) timer.unref();

  return {
    hasRoom: () => clients.size < MOST_CLIENTS,
    join(socket) {
      const client = new LiveClient(socket, context, epoch, timing);
      clients.set(socket, client);
      socket.on('error', () => socket.terminate());
      socket.on('close', () => clients.delete(socket));
      socket.on('message', (data) => client.receive(String(data), newsOf(context, NO_SLOTS)));
    },
    close() {
      unsubscribe();
      for (const timer of timers) clearInterval(timer);
      if (batch) clearTimeout(batch);
      for (const socket of clients.keys()) socket.close(CLOSE.goingAway, 'the monitor stops');
      setTimeout(() => {
        for (const socket of clients.keys()) socket.terminate();
      }, timing.leaveMs).unref();
    },
  };
}
