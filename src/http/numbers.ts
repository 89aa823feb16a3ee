/** Counts what the server answered and whom it sent away. */
import type { ConnectionDropReason, HttpNumbers, LiveDropReason } from '../contract/http-numbers.ts';

export interface HttpCounters extends HttpNumbers {
  readonly answers: Map<number, number>;
  liveClients: number;
  readonly liveDropped: Map<LiveDropReason, number>;
  connections: number;
  readonly connectionsDropped: Map<ConnectionDropReason, number>;
}

export function newHttpCounters(): HttpCounters {
  return { answers: new Map(), liveClients: 0, liveDropped: new Map(), connections: 0, connectionsDropped: new Map() };
}

export function countAnswer({ answers }: HttpCounters, code: number): void {
  answers.set(code, (answers.get(code) ?? 0) + 1);
}

export function countLiveDrop({ liveDropped }: HttpCounters, reason: LiveDropReason): void {
  liveDropped.set(reason, (liveDropped.get(reason) ?? 0) + 1);
}

export function countConnectionDrop({ connectionsDropped }: HttpCounters, reason: ConnectionDropReason): void {
  connectionsDropped.set(reason, (connectionsDropped.get(reason) ?? 0) + 1);
}
