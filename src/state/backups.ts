/**
 * Who could take over a virtual router. A backup sends nothing; it shows by having given way to the master, and by listening
 * to the group of the adverts (IGMP, MLD).
 */
import { type MacAddress, sameAddress } from '../../dissectors/address.ts';
import { type Departure, type Host, isUnspecified, type Member } from './groups.ts';
import { masterDownMicros, type RouterSender, skewMicros, type VirtualRouter } from './routers.ts';
import type { World } from './rule.ts';

/**
 * `backup`: has sent adverts and listens now. `silent_backup`: listens and was never heard to send for any virtual router.
 * `unknown`: whether it would take over cannot be told, or it has gone.
 */
export type Role = 'master' | 'backup' | 'silent_backup' | 'unknown';

export interface Standing extends Host {
  readonly role: Role;
  /** Null: it never sent an advert for this virtual router. */
  readonly sender: RouterSender | null;
  /** Its membership in the group of the adverts. */
  readonly member: Member | null;
  /** It left that group after its last advert. */
  readonly departure: Departure | null;
}

type Seen = Pick<World, 'groups' | 'routers' | 'own'>;

const CENTISECOND = 10_000;
/** A master that gives way was heard no longer than this before the other, in its intervals; a backup that waits takes three. */
const GAVE_WAY_INTERVALS = 1.5;
/** Virtual MAC addresses: RFC 9568 section 7.3, without the last octet. */
const VIRTUAL_MACS = [0x00005e0001, 0x00005e0002];

export const isVirtualMac = (mac: MacAddress | null): boolean => mac !== null && VIRTUAL_MACS.includes(Math.floor(mac / 256));

/** The same router: by MAC as hosts are, or by address, since adverts may come from the virtual MAC and reports from the port's own. */
export function isSameRouter(a: Host, b: Host): boolean {
  if (a.mac !== null && a.mac === b.mac) return true;
  return sameAddress(a.address, b.address) && !isUnspecified(a.address);
}

/** The one that counts as master, or, while there are two, any that has not fallen silent. */
function isMaster(router: VirtualRouter, sender: RouterSender, nowMicros: number): boolean {
  if (router.state !== 'two_masters') return sender === router.master;
  const silentMicros = nowMicros - sender.lastMicros;
  return sender.priority > 0 && silentMicros <= masterDownMicros(sender.version, sender.intervalCentiseconds);
}

/** It fell silent because it heard the master, not because it stopped. */
function gaveWay(sender: RouterSender, { master }: VirtualRouter): boolean {
  if (!master) return false;
  return master.runningSinceMicros <= sender.lastMicros + GAVE_WAY_INTERVALS * sender.intervalCentiseconds * CENTISECOND;
}

function roleOfSender(router: VirtualRouter, sender: RouterSender, member: Member | null, departure: Departure | null): Role {
  if (departure) return 'unknown';
  // Priority 0 is sent by one that stops and by one at fault; a later join shows that it began anew.
  if (sender.priority === 0) return member && member.firstMicros > sender.lastMicros ? 'backup' : 'unknown';
  const isHeardSince = member !== null && member.lastMicros > sender.lastMicros;
  return isHeardSince || gaveWay(sender, router) ? 'backup' : 'unknown';
}

function standingOfSender(router: VirtualRouter, sender: RouterSender, nowMicros: number, { groups, own }: Seen): Standing {
  const { segment, group, family } = router;
  const { address, mac } = sender;
  const host = { address, mac };
  const members = group === null ? [] : groups.members(segment, group);
  const member = members.find((one) => !isVirtualMac(one.mac) && isSameRouter(one, host)) ?? null;
  const left = group === null || member ? null : departureOf(router, host, groups);
  const departure = left && left.atMicros >= sender.lastMicros ? left : null;
  const base = { address, mac, sender, member, departure };
  if (isMaster(router, sender, nowMicros)) return { ...base, role: 'master' };
  // What our own ports join is not kept, so of a router that lvscope runs on nothing is missed.
  const isKept = mac === null || !own.has(mac);
  const isAbsent = isKept && group !== null && !member && groups.blindness(segment, family, nowMicros) === null;
  return { ...base, role: isAbsent ? 'unknown' : roleOfSender(router, sender, member, departure) };
}

/** By its own MAC or, where it sends from a virtual one, by its address. */
function departureOf({ segment, group }: VirtualRouter, host: Host, groups: World['groups']): Departure | null {
  if (group === null) return null;
  return groups.departure(segment, group, host) ?? groups.departure(segment, group, { ...host, mac: null });
}

/** All that are known of a virtual router: those who sent for it, then those who only listen. */
export function standingsOf(router: VirtualRouter, world: Seen, nowMicros: number): Standing[] {
  const { segment, group } = router;
  const senders = router.senders.map((sender) => standingOfSender(router, sender, nowMicros, world));
  if (group === null) return senders;
  const listeners = world.groups.members(segment, group).filter((member) => !isVirtualMac(member.mac));
  const strangers = listeners.filter((member) => !senders.some((standing) => isSameRouter(standing, member)));
  // A master that sends from the virtual MAC and a virtual address listens under another name: it may be one of these.
  const isMasterHidden = senders.some(({ role, mac, member }) => role === 'master' && isVirtualMac(mac) && !member);
  if (strangers.length === 0) return senders;
  return [
    ...senders,
    ...strangers.map((member): Standing => {
      const isSilent = !isMasterHidden && !world.routers.hasSent(segment, member);
      const { address, mac } = member;
      return { address, mac, role: isSilent ? 'silent_backup' : 'unknown', sender: null, member, departure: null };
    }),
  ];
}

export const isBackup = ({ role }: Standing): boolean => role === 'backup' || role === 'silent_backup';

/** Why it cannot be told at a moment that a virtual router without a known backup has none; null when it can. */
export function backupBlindness({ segment, family, group }: VirtualRouter, standings: readonly Standing[], world: Seen, nowMicros: number) {
  if (group === null) return 'a backup of unicast peers sends nothing and joins no group';
  const doubtful = standings.find(({ role, member }) => role === 'unknown' && member !== null);
  if (doubtful) return 'a listener to the adverts may be its backup or only serve other virtual routers';
  if (world.groups.members(segment, group).some(({ mac }) => isVirtualMac(mac)))
    return 'its routers listen under their shared virtual MAC address, which does not tell how many they are';
  return world.groups.blindness(segment, family, nowMicros);
}

/** How soon after the master's last advert somebody takes over: by the best priority known among the backups, else at worst (priority 1). */
export function takeoverMicros({ master, version, resigned }: VirtualRouter, standings: readonly Standing[]): number | null {
  if (!master) return null;
  const { intervalCentiseconds } = master;
  const known = standings.flatMap(({ role, sender }) => (role === 'backup' && sender ? [sender.lastPriority] : []));
  const skew = skewMicros(version, intervalCentiseconds, Math.max(1, ...known));
  return resigned ? skew : 3 * intervalCentiseconds * CENTISECOND + skew;
}
