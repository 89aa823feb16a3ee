/** Who listens to which multicast group, and who asks, from IGMP (RFC 3376, RFC 2236, RFC 1112) and MLD (RFC 3810, RFC 2710). */
import { type Address, addressText, type Family, type MacAddress } from '../../dissectors/address.ts';
import type { Sighting } from './sighting.ts';

export interface Member {
  readonly address: Address;
  mac: MacAddress | null;
  /** Of its last report. */
  version: 1 | 2 | 3;
  readonly firstMicros: number;
  lastMicros: number;
  /** When it is forgotten unless it reports again; infinite while no querier asks. */
  expiresMicros: number;
  lastFrame: number;
}

export interface Group {
  readonly segment: number;
  readonly group: Address;
  readonly members: Member[];
}

export interface Querier {
  readonly segment: number;
  readonly family: Family;
  address: Address;
  mac: MacAddress | null;
  version: 1 | 2 | 3;
  readonly sinceMicros: number;
  lastMicros: number;
  lastFrame: number;
}

export interface GroupNews {
  readonly kind: 'joined' | 'left' | 'expired' | 'querier_appeared' | 'querier_changed' | 'querier_lost';
  readonly atMicros: number;
  /** Null when it was silence. */
  readonly frame: number | null;
  readonly segment: number;
  /** Null for news of queriers. */
  readonly group: Address | null;
  readonly address: Address;
  readonly mac: MacAddress | null;
}

export class Groups {
  readonly all: Group[] = [];
  readonly queriers: Querier[] = [];
  overflowed = 0;
  readonly #byKey = new Map<string, Group>();

  /** Those who listen to a group now, lvscope itself not counted. */
  members(segment: number, group: Address): readonly Member[] {
    return this.#byKey.get(`${segment} ${addressText(group)}`)?.members ?? [];
  }

  /** The one that asks on this segment; null when none was heard lately, so that silence says nothing. */
  querier(segment: number, family: Family): Querier | null {
    return this.queriers.find((q) => q.segment === segment && q.family === family) ?? null;
  }

  /** Takes a frame with an IGMP or MLD layer. */
  observe(_sighting: Sighting): GroupNews[] {
    return [];
  }

  /** What time tells: members and queriers not heard for too long. */
  advance(_nowMicros: number): GroupNews[] {
    return [];
  }
}
