/** Takes what the pipeline says has changed to every live client: connections and events at once, the rest each second. */
import type { WebSocket } from '@fastify/websocket';
import { anomaliesOf } from '../contract/anomaly.ts';
import { daemonsOf } from '../contract/daemon.ts';
import { eventOf } from '../contract/event.ts';
import { failoversOf } from '../contract/failover.ts';
import { groupsOf } from '../contract/group.ts';
import { CLOSE, EVERY_MS, LIVE_LIMITS, type LiveNoun } from '../contract/live.ts';
import { neighborsOf } from '../contract/neighbor.ts';
import { servicesOf } from '../contract/service.ts';
import { virtualRoutersOf } from '../contract/vrrp.ts';
import type { HttpContext } from './context.ts';
import { type ClientLimits, LiveClient } from './live-client.ts';
import { LiveRegistry } from './live-registry.ts';
import type { News } from './live-window.ts';

export interface LiveTiming extends ClientLimits {
  /** How soon what had to wait is tried again. */
  readonly againMs: number;
  /** How often everything but connections and events is looked at. */
  readonly beatMs: number;
  readonly pingMs: number;
  /** How long clients have to leave when the server stops. */
  readonly leaveMs: number;
  /** How long a client that was cut may take to come back. */
  readonly parkMs: number;
}

export const LIVE_TIMING: LiveTiming = {
  againMs: EVERY_MS.least,
  beatMs: 1000,
  pingMs: 20_000,
  parkMs: 60_000,
  leaveMs: 1000,
  mostBuffered: 1 << 18,
  slowMs: 10_000,
  mostRequests: 600,
};

/** What changes with an event, most likely. */
const WITH_EVENTS: readonly LiveNoun[] = ['events', 'vrrp', 'anomalies', 'failovers'];

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

function newsOf({ monitor, nowMicros, capture, status }: HttpContext): News {
  return {
    services: once(() => servicesOf(monitor, nowMicros())),
    daemons: once(() => daemonsOf(monitor, nowMicros())),
    routers: once(() => virtualRoutersOf(monitor)),
    neighbors: once(() => neighborsOf(monitor)),
    groups: once(() => groupsOf(monitor)),
    anomalies: once(() => anomaliesOf(monitor, capture())),
    failovers: once(() => failoversOf(monitor)),
    capture: once(capture),
    events: once(() => monitor.events.recent.map(eventOf)),
    status: once(status),
  };
}

export function createLiveHub(context: HttpContext, timing: LiveTiming): LiveHub {
  const registry = new LiveRegistry(context, timing.parkMs);
  const clients = new Map<WebSocket, LiveClient>();
  let again: NodeJS.Timeout | null = null;

  function deliver(): void {
    const news = newsOf(context);
    let waits = false;
    for (const client of clients.values()) waits = client.deliver(news) || waits;
    if (waits) again ??= setTimeout(tryAgain, timing.againMs);
  }

  function tryAgain(): void {
    again = null;
    deliver();
  }

  function beat(): void {
    registry.sweep();
    for (const client of clients.values()) client.check();
    // Filters by age answer differently though nothing has come in.
    for (const view of registry.views.all()) view.stale = true;
    deliver();
  }

  const unsubscribe = context.feed.subscribe((changed, events) => {
    const slots = new Uint32Array(changed);
    for (const view of registry.views.all()) {
      if (view.noun === 'connections' && slots.length > 0) view.note(slots);
      if (events.length > 0 && WITH_EVENTS.includes(view.noun)) view.stale = true;
    }
    deliver();
  });
  const timers = [
    setInterval(beat, timing.beatMs),
    setInterval(() => {
      for (const client of clients.values()) client.ping();
    }, timing.pingMs),
  ];
  for (const timer of timers) timer.unref();

  return {
    hasRoom: () => clients.size < LIVE_LIMITS.clients,
    join(socket) {
      const client = new LiveClient(socket, registry, timing, context.counters);
      clients.set(socket, client);
      context.counters.liveClients = clients.size;
      socket.on('error', () => socket.terminate());
      socket.on('close', (code) => {
        clients.delete(socket);
        context.counters.liveClients = clients.size;
        client.left(code !== CLOSE.normal && code !== CLOSE.goingAway);
      });
      socket.on('message', (data) => client.receive(String(data), newsOf(context)));
    },
    close() {
      unsubscribe();
      for (const timer of timers) clearInterval(timer);
      if (again) clearTimeout(again);
      for (const socket of clients.keys()) socket.close(CLOSE.goingAway, 'the monitor stops');
      setTimeout(() => {
        for (const socket of clients.keys()) socket.terminate();
      }, timing.leaveMs).unref();
    },
  };
}
