/**
 * Joins the multicast groups, so that switches and cards let their frames through. The kernel announces a membership (IGMP,
 * MLD) as long as a socket holds it; nothing is ever read from these sockets, and they are bound to no sync port.
 */
import { createSocket, type Socket } from 'node:dgram';
import { addressText } from '../../dissectors/address.ts';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import type { NetworkInterface } from './interfaces.ts';

/** VRRP (RFC 9568 sections 5.1.1.2 and 5.1.2.2). */
const VRRP_GROUPS = ['224.0.0.18', 'ff02::12'];

/** The groups to join for these channels, as text. */
export function groupsOf(channels: readonly SyncChannel[]): string[] {
  const sync = channels.map(({ group }) => addressText(group));
  return [...new Set([...VRRP_GROUPS, ...sync])];
}

export interface GroupJoins {
  /** Joins on interfaces that are new, came back as another device, or have got their first IPv4 address; leaves on those that are gone. */
  keepUp(interfaces: readonly NetworkInterface[]): void;
  /** Groups not joined on this interface, each with the reason. */
  notJoined(name: string): readonly string[];
  /** Leaves all groups. */
  leave(): void;
}

interface Membership {
  /** What the membership rests on: when it changes, it has to be made anew. */
  readonly key: string;
  readonly sockets: readonly Socket[];
  readonly notJoined: readonly string[];
}

export function joinGroups(groups: readonly string[]): GroupJoins {
  const memberships = new Map<string, Membership>();

  function leaveOn(name: string): void {
    for (const socket of memberships.get(name)?.sockets ?? []) socket.close();
    memberships.delete(name);
  }

  function joinOn(one: NetworkInterface): void {
    const key = `${one.index} ${one.ipv4.length > 0}`;
    if (memberships.get(one.name)?.key === key) return;
    leaveOn(one.name);
    memberships.set(one.name, { key, ...joinAll(groups, one) });
  }

  return {
    keepUp(interfaces) {
      const present = new Set(interfaces.map(({ name }) => name));
      for (const name of memberships.keys()) if (!present.has(name)) leaveOn(name);
      for (const one of interfaces) if (one.up) joinOn(one);
    },
    notJoined: (name) => memberships.get(name)?.notJoined ?? [],
    leave() {
      for (const name of memberships.keys()) leaveOn(name);
    },
  };
}

/** One socket a family: the kernel allows 20 IPv4 memberships on each (net.ipv4.igmp_max_memberships). */
function joinAll(groups: readonly string[], one: NetworkInterface): Omit<Membership, 'key'> {
  const families = [
    { type: 'udp4', groups: groups.filter((group) => !group.includes(':')), via: one.ipv4.at(0) ?? null },
    { type: 'udp6', groups: groups.filter((group) => group.includes(':')), via: `::%${one.name}` },
  ] as const;
  const sockets: Socket[] = [];
  const notJoined: string[] = [];
  for (const { type, groups: ofFamily, via } of families) {
    if (ofFamily.length === 0) continue;
    const socket = createSocket(type);
    sockets.push(socket);
    for (const group of ofFamily) {
      const reason = via === null ? 'the interface has no IPv4 address' : join(socket, group, via);
      if (reason !== null) notJoined.push(`${group}: ${reason}`);
    }
  }
  return { sockets, notJoined };
}

/** Returns why it failed, or null. */
function join(socket: Socket, group: string, via: string): string | null {
  try {
    socket.addMembership(group, via);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
