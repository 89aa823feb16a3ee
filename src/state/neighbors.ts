/** Which link-layer address has which IP address, with history, from ARP (RFC 826, RFC 5227) and neighbor discovery (RFC 4861). */
import { type Address, addressText, type MacAddress } from '../../dissectors/address.ts';
import { type Claim, type ClaimKind, claimsOf } from './claims.ts';
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

/**
 * arpwatch's events: an address that nobody had; one that another has now; one that has gone back to whoever had it before, or
 * to an earlier one still; one heard again after half a year.
 */
export type StationNews = 'new_station' | 'changed' | 'flip_flop' | 'reused_old' | 'new_activity';

/** What a frame told of an address. A claim comes first, the event that it makes after it. */
export interface NeighborNews {
  readonly kind: ClaimKind | StationNews;
  readonly atMicros: number;
  readonly frame: number;
  /** Earlier frames included that show the same when only they are replayed. */
  readonly frames: readonly number[];
  /** Null: nobody has claimed the address (`probed`, `asked`). */
  readonly neighbor: Neighbor | null;
  readonly address: Address;
  /** Who has the address or, of `probed` and `asked`, who wants to know. */
  readonly mac: MacAddress;
  /** The one before, of changes. */
  readonly from: MacAddress | null;
  /** When the one at hand had claimed the address before; null: never. */
  readonly beforeMicros: number | null;
  /** Of `answered`: whom. */
  readonly asker: MacAddress | null;
  /** The frame announced the address to all. */
  readonly announced: boolean;
}

const MOST_ADDRESSES = 65_536;
const MOST_MACS = 16;
/** arpwatch's measure of "new activity": six months. */
const HALF_A_YEAR = 183 * 86_400 * 1_000_000;

const keyOf = (segment: number, address: Address): string => `${segment} ${addressText(address)}`;

/** What a claim makes of an address, before it is entered. `place`: of the claimer among those known, the latest last. */
function stationNews(macs: readonly NeighborMac[], place: number, atMicros: number): StationNews | null {
  if (macs.length === 0) return 'new_station';
  if (place === macs.length - 1) return atMicros - macs[place].lastMicros > HALF_A_YEAR ? 'new_activity' : null;
  if (place < 0) return 'changed';
  return place === macs.length - 2 ? 'flip_flop' : 'reused_old';
}

export class Neighbors {
  /** Addresses forgotten for want of room, the oldest first. */
  overflowed = 0;
  readonly #byKey = new Map<string, Neighbor>();
  /** Goes on from the last one that was forgotten: to look for the oldest from the start would pass all the gaps each time. */
  readonly #oldest = this.#byKey.entries();
  readonly #byMac = new Map<string, Set<Neighbor>>();
  readonly #mostAddresses: number;

  constructor(mostAddresses = MOST_ADDRESSES) {
    this.#mostAddresses = mostAddresses;
  }

  /** In the order in which they were first heard of. */
  get all(): Neighbor[] {
    return [...this.#byKey.values()];
  }

  find(segment: number, address: Address): Neighbor | undefined {
    return this.#byKey.get(keyOf(segment, address));
  }

  /** Addresses that a MAC address holds now. */
  addressesOf(segment: number, mac: MacAddress): Address[] {
    const known = [...(this.#byMac.get(`${segment} ${mac}`) ?? [])];
    return known.filter(({ macs }) => macs.at(-1)?.mac === mac).map(({ address }) => address);
  }

  /** Takes a frame with an ARP or NDP layer. */
  observe(sighting: Sighting): NeighborNews[] {
    return claimsOf(sighting).flatMap((claim) => this.#take(claim, sighting));
  }

  #take(claim: Claim, sighting: Sighting): NeighborNews[] {
    const { kind, address, mac, asker } = claim;
    const { atMicros, frame, segment } = sighting;
    const known = this.find(segment.index, address);
    const base = { atMicros, frame, address, mac, asker, announced: kind === 'announced', from: null, beforeMicros: null };
    if (kind === 'probed' || kind === 'asked') return [{ ...base, kind, frames: [frame], neighbor: known ?? null }];
    const neighbor = known ?? this.#add(segment.index, address);
    const { macs } = neighbor;
    const place = macs.findIndex((one) => one.mac === mac);
    const station = stationNews(macs, place, atMicros);
    const claimed: NeighborNews = { ...base, kind, frames: [frame], neighbor };
    const latest = macs.at(-1)?.mac ?? null;
    if (latest !== mac && latest !== null && !claim.overrides) return [claimed];
    const beforeMicros = macs[place]?.lastMicros ?? null;
    const frames = [...macs.slice(place < 0 ? -1 : place).map(({ lastFrame }) => lastFrame), frame];
    this.#enter(neighbor, place, claim, sighting);
    return station === null
      ? [claimed]
      : [claimed, { ...claimed, kind: station, from: latest === mac ? null : latest, beforeMicros, frames }];
  }

  #add(segment: number, address: Address): Neighbor {
    const neighbor: Neighbor = { segment, address, macs: [], changes: 0 };
    if (this.#byKey.size >= this.#mostAddresses) this.#forgetOldest();
    this.#byKey.set(keyOf(segment, address), neighbor);
    return neighbor;
  }

  #forgetOldest(): void {
    const { done, value } = this.#oldest.next();
    if (done) return;
    const [key, neighbor] = value;
    this.#byKey.delete(key);
    for (const { mac } of neighbor.macs) this.#forgetMac(neighbor, mac);
    this.overflowed++;
  }

  /** The claimer becomes the latest. */
  #enter(neighbor: Neighbor, place: number, { kind, mac }: Claim, { atMicros, frame }: Sighting): void {
    const { macs, segment } = neighbor;
    const fresh = {
      mac,
      firstMicros: atMicros,
      lastMicros: atMicros,
      count: 0,
      announcements: 0,
      lastAnnouncementMicros: null,
      lastFrame: frame,
    };
    const entry: NeighborMac = place < 0 ? fresh : macs[place];
    if (macs.length > 0 && place !== macs.length - 1) neighbor.changes++;
    if (place >= 0) macs.splice(place, 1);
    macs.push(entry);
    entry.lastMicros = atMicros;
    entry.lastFrame = frame;
    entry.count++;
    if (kind === 'announced') {
      entry.announcements++;
      entry.lastAnnouncementMicros = atMicros;
    }
    if (place >= 0) return;
    const key = `${segment} ${mac}`;
    const held = this.#byMac.get(key);
    if (held) held.add(neighbor);
    else this.#byMac.set(key, new Set([neighbor]));
    const surplus = macs.length > MOST_MACS ? macs.shift() : undefined;
    if (surplus) this.#forgetMac(neighbor, surplus.mac);
  }

  #forgetMac(neighbor: Neighbor, mac: MacAddress): void {
    const key = `${neighbor.segment} ${mac}`;
    const held = this.#byMac.get(key);
    held?.delete(neighbor);
    if (held?.size === 0) this.#byMac.delete(key);
  }
}
