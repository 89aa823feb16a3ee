/** What the server counts of itself, for whoever shows it. */
export interface HttpNumbers {
  /** Answers by status code. */
  readonly answers: ReadonlyMap<number, number>;
  /** Live clients (WebSocket) now. */
  readonly liveClients: number;
  /** Live clients sent away, by reason. */
  readonly liveDropped: ReadonlyMap<LiveDropReason, number>;
  /** Open ones, live clients among them. */
  readonly connections: number;
  /** Connections closed for want of room. */
  readonly connectionsDropped: ReadonlyMap<ConnectionDropReason, number>;
  /** Absent where no files are followed. */
  readonly reload?: ReloadStatus;
}

/** `waiting`: it had no request in work, and made room for another. `full`: all others were at work, so the new one was closed. */
export const CONNECTION_DROP_REASONS = ['waiting', 'full'] as const;
export type ConnectionDropReason = (typeof CONNECTION_DROP_REASONS)[number];

/** How the files that say who may ask were read again. */
export interface ReloadStatus {
  readonly failures: number;
  /** False while what the files say now is wrong and what they said before holds. */
  readonly isCurrent: boolean;
}

/** `slow`: did not read what it was sent. `silent`: did not answer pings. `requests`: asked too much. */
export const LIVE_DROP_REASONS = ['slow', 'silent', 'requests'] as const;
export type LiveDropReason = (typeof LIVE_DROP_REASONS)[number];
