/** How rules about connection sync name senders and services, and what identifies a finding about them. */
import { addressText, familyOf } from '../../../dissectors/address.ts';
import { protoName } from '../../../dissectors/ipvs-states.ts';
import type { Binding } from '../bindings.ts';
import type { Daemon } from '../daemons.ts';
import type { EventSubject } from '../events.ts';
import type { World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import { markOf } from '../services.ts';

export const MICROS = 1_000_000;

export const seconds = (micros: number): string => `${(micros / MICROS).toFixed(1)} s`;

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Where a sender's sync goes: all that send there with one syncid fill one table. */
export const channelOf = ({ group, syncid }: Daemon): string => `syncid ${syncid} to ${addressText(group)}`;

export function channelSubject(world: World, daemon: Daemon): EventSubject {
  return { daemon: channelOf(daemon), ...segmentSubject(world.segments.all[daemon.segment]) };
}

export function daemonSubject(world: World, daemon: Daemon): EventSubject {
  return { address: addressText(daemon.address), ...channelSubject(world, daemon) };
}

function endpoint(address: Binding['virtual'], port: number): string {
  return familyOf(address) === 'ipv6' ? `[${addressText(address)}]:${port}` : `${addressText(address)}:${port}`;
}

/** `TCP 10.0.0.100:80`, `firewall mark 5`. */
export function serviceName(binding: Binding): string {
  const mark = markOf(binding);
  return mark > 0 ? `firewall mark ${mark}` : `${protoName(binding.proto)} ${endpoint(binding.virtual, binding.virtualPort)}`;
}

/** `10.0.1.2:80`. */
export const serverName = ({ destination, destinationPort }: Pick<Binding, 'destination' | 'destinationPort'>): string =>
  endpoint(destination, destinationPort);

/** A service, or one real server of it; `address` reads `SERVICE` or `SERVICE -> SERVER`. */
export function serviceSubject(world: World, binding: Binding, server: string | null = null): EventSubject {
  const address = server === null ? serviceName(binding) : `${serviceName(binding)} -> ${server}`;
  return { address, ...segmentSubject(world.segments.all[binding.segment]) };
}
