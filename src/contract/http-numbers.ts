/** What the server counts of itself, for whoever shows it. */
export interface HttpNumbers {
  /** Answers by status code. */
  readonly answers: ReadonlyMap<number, number>;
  /** Live clients (WebSocket) now. */
  readonly liveClients: number;
  /** Live clients sent away, by reason. */
  readonly liveDropped: ReadonlyMap<LiveDropReason, number>;
}

/** `slow`: did not read what it was sent. `silent`: did not answer pings. `requests`: asked too much. */
export const LIVE_DROP_REASONS = ['slow', 'silent', 'requests'] as const;
export type LiveDropReason = (typeof LIVE_DROP_REASONS)[number];
