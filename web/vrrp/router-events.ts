/** Which events belong to what is drawn. Pure. */
import type { Event } from '../../src/contract/event.ts';
import { isSameRouter, type RouterName } from '../parts/virtual-router.ts';
import type { Bar } from './lanes.ts';

/** What an event does not name is left out of its subject. */
export const isAbout = ({ subject: { vrid, family, ...place } }: Event, router: RouterName): boolean =>
  isSameRouter({ vrid, family, ...place }, router);

const names = ({ from, to, subject }: Event, address: string): boolean => [from, to, subject.address].includes(address);

const CHANGES: readonly string[] = [
  'vrrp.master_change',
  'vrrp.master_lost',
  'vrrp.two_masters',
  'vrrp.two_masters_resolved',
  'vrrp.resign',
];

/**
 * The event that tells of the beginning of a bar: of a change of master that names the router, the one nearest in time.
 * @param address null: a bar of the virtual router itself
 */
export function eventOfBar(events: readonly Event[], { fromMillis }: Bar, address: string | null): Event | null {
  const told = events.filter((event) => CHANGES.includes(event.kind) && (address === null || names(event, address)));
  const distance = ({ at }: Event): number => Math.abs(Date.parse(at) - fromMillis);
  return told.reduce<Event | null>((nearest, event) => (nearest && distance(nearest) <= distance(event) ? nearest : event), null);
}
