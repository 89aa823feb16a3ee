/** Which link-layer address has which IP address, with history, from ARP (RFC 826, RFC 5227) and neighbor discovery (RFC 4861). */
import { type Address, addressText, type MacAddress } from '../../dissectors/address.ts';
import type { Sighting } from './sighting.ts';

export interface NeighborMac {
  readonly mac: MacAddress;
  readonly firstMicros: number;
  lastMicros: number;
  /** Frames in which it claimed the address. */
  count: number;
  /** Gratuitous ones among them. */
  announcements: number;
  lastAnnouncementMicros: number | null;
  /** Number of the frame that claimed it last. */
  lastFrame: number;
}

export interface Neighbor {
  readonly segment: number;
  readonly address: Address;
  /** Every one that claimed the address, the latest last. */
  readonly macs: NeighborMac[];
  /** How often the latest changed. */
  changes: number;
}

/** What a frame told: arpwatch's events, and the claims and questions that rules about addresses need. */
export interface NeighborNews {
  readonly kind: 'announced' | 'answered' | 'claimed' | 'probed' | 'new_station' | 'changed' | 'flip_flop' | 'new_activity' | 'reused_old';
  readonly atMicros: number;
  readonly frame: number;
  readonly neighbor: Neighbor | null;
  readonly address: Address;
  readonly mac: MacAddress;
  /** The one before, of changes. */
  readonly from: MacAddress | null;
}

export class Neighbors {
  readonly all: Neighbor[] = [];
  overflowed = 0;
  readonly #byKey = new Map<string, Neighbor>();

  find(segment: number, address: Address): Neighbor | undefined {
    return this.#byKey.get(`${segment} ${addressText(address)}`);
  }

  /** Takes a frame with an ARP or NDP layer. */
  observe(_sighting: Sighting): NeighborNews[] {
    return [];
  }
}
