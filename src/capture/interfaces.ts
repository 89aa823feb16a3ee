/** The network interfaces of this machine, from /sys/class/net and the addresses that node:os knows. */
import { networkInterfaces } from 'node:os';
import type { MacAddress } from '../../dissectors/address.ts';
import { attribute, interfaceNames, linkTarget } from './sysfs.ts';

/** From linux/if.h. */
const IFF_UP = 1;
const IFF_LOOPBACK = 8;
/** From linux/if_arp.h: what libpcap gives Ethernet headers to. */
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
/** What tells whether a capture on an interface is still a capture on the same, uninterrupted link. */
export interface Link {
  readonly index: number;
  /** Switched on and with carrier. */
  readonly up: boolean;
  /** How often the carrier came or went since the interface exists; 0 where the kernel does not count. */
  readonly carrierChanges: number;
}

export interface NetworkInterface extends Link {
  readonly name: string;
  readonly loopback: boolean;
  /** Frames have Ethernet headers. */
  readonly ethernet: boolean;
  readonly mac: MacAddress | null;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** True when another interface shows the same frames: a port of a bond or bridge, a VLAN on top of its parent. */
  readonly shadowed: boolean;
}

/** Null when there is no such interface. */
export function readLink(name: string): Link | null {
  const index = attribute(name, 'ifindex');
  if (index === null) return null;
  const on = (flagsOf(name) & IFF_UP) !== 0;
  return {
    index: Number(index),
    // `operstate` says it in more words, and up to a second later.
    up: on && attribute(name, 'carrier') === '1',
    carrierChanges: Number(attribute(name, 'carrier_changes') ?? 0),
  };
}

export function readInterface(name: string): NetworkInterface | null {
  const link = readLink(name);
  if (!link) return null;
  const type = Number(attribute(name, 'type'));
  const mac = attribute(name, 'address');
  const addresses = networkInterfaces()[name] ?? [];
  return {
    ...link,
    name,
    loopback: (flagsOf(name) & IFF_LOOPBACK) !== 0,
    ethernet: type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK,
    mac: type === ARPHRD_ETHER && mac ? Number.parseInt(mac.replaceAll(':', ''), 16) : null,
    ipv4: addresses.filter((a) => a.family === 'IPv4').map((a) => a.address),
    ipv6: addresses.filter((a) => a.family === 'IPv6').map((a) => a.address),
    shadowed: linkTarget(name, 'master') !== null || isVlan(name),
  };
}

export function listInterfaces(): NetworkInterface[] {
  return interfaceNames()
    .map(readInterface)
    .filter((found) => found !== null);
}

/** What to listen to when nobody said: every interface that is up, but each frame once. */
export function defaultInterfaces(all: readonly NetworkInterface[]): NetworkInterface[] {
  return all.filter((one) => one.up && !one.loopback && !one.shadowed);
}

/** The present name of an interface known by its index; null when it is gone. */
export function nameOfIndex(index: number): string | null {
  return interfaceNames().find((name) => attribute(name, 'ifindex') === String(index)) ?? null;
}

function flagsOf(name: string): number {
  return Number(attribute(name, 'flags') ?? 0);
}

/** A VLAN whose parent is down does not pass frames either, so the parent shows all it does. */
function isVlan(name: string): boolean {
  return (attribute(name, 'uevent') ?? '').split('\n').includes('DEVTYPE=vlan');
}
