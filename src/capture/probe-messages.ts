/** What a probe is told at its start, and what it tells while it runs (the captured frames go another way: its standard output). */

/** Passed as JSON in the first argument. */
export interface ProbeSettings {
  readonly interface: string;
  readonly filter: string;
  readonly snapLength: number;
  readonly bufferMiB: number;
}

/** Frames lost since the capture began, by where. */
export interface Dropped {
  /** The kernel's ring was full. */
  readonly kernel: number;
  /** The card or its driver says so. */
  readonly interface: number;
  /** The pipe to the monitor was full. */
  readonly queue: number;
}

/**
 * Why a probe ended. `permission`: no CAP_NET_RAW; `module`: npm `pcap` is not there or does not load; `link`: the interface
 * is gone, down, or was down meanwhile; `silent`: the kernel counted frames that were not delivered; `capture`: anything libpcap says.
 */
export type ProbeFault = 'permission' | 'module' | 'link' | 'silent' | 'capture';

export type ProbeMessage =
  | { readonly type: 'open'; readonly atMicros: number }
  | { readonly type: 'stats'; readonly atMicros: number; readonly dropped: Dropped }
  /** `goodMicros`: when all was well for the last time. */
  | { readonly type: 'fault'; readonly fault: ProbeFault; readonly text: string; readonly goodMicros: number };
