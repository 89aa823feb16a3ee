/** How rules about addresses name hosts, and what identifies a finding about them. */
import { type Address, addressText, type MacAddress, macText, sameAddress } from '../../../dissectors/address.ts';
import type { EventSubject } from '../events.ts';
import type { Neighbor } from '../neighbors.ts';
import type { VirtualRouter } from '../router.ts';
import type { World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Vips } from '../vips.ts';
import { routerSubject, whoOf } from './vrrp-words.ts';

const MOST_NAMED = 3;

/** `02:99:00:00:00:15 (10.99.0.21)`: with the addresses of its own that are known, besides the one at hand. */
export function hostText(world: World, vips: Vips, segment: number, mac: MacAddress, besides: Address): string {
  const held = world.neighbors.addressesOf(segment, mac);
  const own = held.filter((address) => !sameAddress(address, besides) && vips.routersOf(segment, address).length === 0);
  const named = own.slice(0, MOST_NAMED).map(addressText).join(', ');
  return named === '' ? macText(mac) : `${macText(mac)} (${named})`;
}

export function hostSubject(world: World, segment: number, address: Address, mac: MacAddress): EventSubject {
  return { address: addressText(address), mac: macText(mac), ...segmentSubject(world.segments.all[segment]) };
}

/** A virtual address of a virtual router. */
export function vipSubject(world: World, router: VirtualRouter, address: Address): EventSubject {
  return { ...routerSubject(world, router), address: addressText(address) };
}

export function masterText({ master, lastMaster }: VirtualRouter): string {
  const one = master ?? lastMaster;
  return one ? `master is ${whoOf(one)}` : 'there is no master';
}

/** Who announced an address last; null when nobody did. */
export function lastAnnouncer(neighbor: Neighbor | null | undefined): MacAddress | null {
  const announcers = (neighbor?.macs ?? []).filter(({ lastAnnouncementMicros }) => lastAnnouncementMicros !== null);
  announcers.sort((a, b) => Number(b.lastAnnouncementMicros) - Number(a.lastAnnouncementMicros));
  return announcers.at(0)?.mac ?? null;
}
