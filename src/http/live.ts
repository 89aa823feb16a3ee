import { LIVE_PROTOCOL } from '../contract/live.ts';
import { Refusal } from '../contract/problem.ts';
import type { App } from './context.ts';
import type { LiveHub } from './live-hub.ts';

/** A client that offers subprotocols is told that we speak ours, if it is among them. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return offered.has(LIVE_PROTOCOL) && LIVE_PROTOCOL;
}

/** `/api/v1/live`: snapshots and deltas over a WebSocket. */
export function addLive(app: App, hub: LiveHub): void {
  app.route({
    method: 'GET',
    url: '/api/v1/live',
    preValidation: async () => {
      if (!hub.hasRoom()) throw new Refusal('too_many_clients', 'as many live clients as there may be are connected');
    },
    handler() {
      throw new Refusal('not_found', 'only WebSockets are answered here');
    },
    wsHandler: (socket) => hub.join(socket),
  });
}
