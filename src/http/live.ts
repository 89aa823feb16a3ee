import { Refusal } from '../contract/problem.ts';
import type { App } from './context.ts';
import { checkOrigin } from './hosts.ts';
import type { LiveHub } from './live-hub.ts';

/** `/api/v1/live`: snapshots and deltas over a WebSocket. */
export function addLive(app: App, hub: LiveHub): void {
  const preValidation = async (request: Parameters<typeof checkOrigin>[0]) => {
    checkOrigin(request);
    if (!hub.hasRoom()) throw new Refusal('too_many_clients', 'as many live clients as there may be are connected');
  };
  app.get('/api/v1/live', { websocket: true, preValidation }, (socket) => hub.join(socket));
}
