/** What a capture says about itself. */
import type { MacAddress } from '../../dissectors/address.ts';
import type { Dropped } from './probe-messages.ts';

export interface InterfaceStatus {
  readonly interface: string;
  /** Frames are being captured. */
  readonly up: boolean;
  readonly source: 'pcap' | 'udp';
  readonly packets: number;
  /** On the wire, not as captured. */
  readonly octets: number;
  /** Since the capture started, over all restarts; null where it cannot be known. */
  readonly dropped: Dropped | null;
  /** Null before the first packet. */
  readonly lastPacketMicros: number | null;
  /** Probes after the first. */
  readonly restarts: number;
  /** Since when `up` is what it is, microseconds since 1970. */
  readonly since: number;
  /** Why nothing is captured; null when all is well. */
  readonly problem: string | null;
  /** Multicast groups that could not be joined, each with the reason. */
  readonly notJoined: readonly string[];
  /** Our own address on this interface: frames from it are our joins. */
  readonly mac: MacAddress | null;
}

/** An interval in which frames may have passed unseen. Microseconds since 1970. */
export interface BlindInterval {
  readonly interface: string;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly reason: string;
}
