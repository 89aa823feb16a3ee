/** What a probe is told at its start, and what it tells while it runs, between the captured frames (probe-stream.ts). */

/** The kernel's ring for each interface. */
export const RING_MIB = 16;

/** Passed as JSON: in the first argument, or in the line that asks a probe service. */
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
 * is gone, down, or was down meanwhile; `silent`: the kernel counted frames that were not delivered; `capture`: anything libpcap says;
 * `refused`: the probe service does not listen to that.
 */
const FAULTS = ['permission', 'module', 'link', 'silent', 'capture', 'refused'] as const;
export type ProbeFault = (typeof FAULTS)[number];

export type ProbeMessage =
  | { readonly type: 'open'; readonly atMicros: number }
  | { readonly type: 'stats'; readonly atMicros: number; readonly dropped: Dropped }
  /** `goodMicros`: when all was well for the last time. */
  | { readonly type: 'fault'; readonly fault: ProbeFault; readonly text: string; readonly goodMicros: number };

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/** Null for what no probe of ours says: a probe service is another process, which may be another version. */
export function readMessage(text: string): ProbeMessage | null {
  try {
    const message = JSON.parse(text);
    return isMessage(message) ? message : null;
  } catch {
    return null;
  }
}

function isMessage(message: Record<string, unknown> | null): message is Record<string, unknown> & ProbeMessage {
  if (message === null) return false;
  if (message.type === 'open') return isCount(message.atMicros);
  if (message.type === 'fault')
    return FAULTS.some((fault) => fault === message.fault) && typeof message.text === 'string' && isCount(message.goodMicros);
  return message.type === 'stats' && isCount(message.atMicros) && isDropped(message.dropped);
}

function isDropped(dropped: unknown): boolean {
  if (typeof dropped !== 'object' || dropped === null) return false;
  const { kernel, interface: card, queue } = dropped as Record<string, unknown>;
  return [kernel, card, queue].every(isCount);
}
