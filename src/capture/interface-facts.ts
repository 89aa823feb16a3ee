/** What else tells whether an interface is the right place to listen: how it is built, and what the bridge it belongs to does. */
import { readFileSync } from 'node:fs';
import { attribute, interfaceNames, linkTarget } from './sysfs.ts';

/** From linux/if.h. */
const IFF_UP = 1;
const IFF_PROMISC = 0x100;

export interface Bridge {
  readonly name: string;
  /** IGMP and MLD snooping: groups go to ports that joined them. */
  readonly snooping: boolean;
  /** The bridge itself asks who listens. */
  readonly querier: boolean;
}

export interface InterfaceFacts {
  /** Switched on, with or without carrier. */
  readonly on: boolean;
  /** Octets of an IP packet. */
  readonly mtu: number;
  /** Only for as long as somebody listens so. */
  readonly promiscuous: boolean;
  /** The bridge or bond that it is a port of. */
  readonly master: string | null;
  readonly vlan: { readonly id: number; readonly parent: string } | null;
  /** It is one, or a port of one. */
  readonly bridge: Bridge | null;
}

export function interfaceFacts(name: string): InterfaceFacts {
  const flags = Number(attribute(name, 'flags') ?? 0);
  const master = linkTarget(name, 'master');
  return {
    on: (flags & IFF_UP) !== 0,
    mtu: Number(attribute(name, 'mtu') ?? 0),
    promiscuous: (flags & IFF_PROMISC) !== 0,
    master,
    vlan: vlanOf(name),
    bridge: bridgeOf(name) ?? (master === null ? null : bridgeOf(master)),
  };
}

/**
 * Whether /sys shows the interfaces of another network namespace than the one we are in, as after `nsenter --net` alone; then
 * nothing above is true.
 */
export function showsOtherNamespace(): boolean {
  const present = lines('/proc/net/dev').flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []);
  const shown = interfaceNames();
  return present.some((name) => !shown.includes(name));
}

function bridgeOf(name: string): Bridge | null {
  const snooping = attribute(name, 'bridge/multicast_snooping');
  if (snooping === null) return null;
  return { name, snooping: snooping === '1', querier: attribute(name, 'bridge/multicast_querier') === '1' };
}

/** `eth0.20 | 20 | eth0`, a line each. */
function vlanOf(name: string): InterfaceFacts['vlan'] {
  const words = lines('/proc/net/vlan/config').map((line) => line.split('|').map((word) => word.trim()));
  const own = words.find((line) => line.length === 3 && line[0] === name);
  return own ? { id: Number(own[1]), parent: own[2] } : null;
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
