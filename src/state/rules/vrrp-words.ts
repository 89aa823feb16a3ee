/** How rules about virtual routers name them and their routers, and what identifies a finding about them. */
import { addressText, macText, sameAddress } from '../../../dissectors/address.ts';
import type { EventSubject } from '../events.ts';
import type { RouterSender, VirtualRouter } from '../router.ts';
import type { World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';

export const MICROS = 1_000_000;

export const nameOf = ({ vrid, family }: VirtualRouter): string => `VRID ${vrid} (${family === 'ipv4' ? 'IPv4' : 'IPv6'})`;

export const seconds = (micros: number): string => `${(micros / MICROS).toFixed(2)} s`;

/** `10.0.0.11 (02:99:00:00:00:0b)`. */
export function whoOf({ address, mac }: RouterSender): string {
  return mac === null ? addressText(address) : `${addressText(address)} (${macText(mac)})`;
}

export function routerSubject(world: World, router: VirtualRouter): EventSubject {
  return { vrid: router.vrid, family: router.family, ...segmentSubject(world.segments.all[router.segment]) };
}

export function senderSubject(world: World, router: VirtualRouter, sender: RouterSender): EventSubject {
  return { ...routerSubject(world, router), address: addressText(sender.address) };
}

/** Numbers of frames, each once, in order. */
export function framesOf(...numbers: readonly (readonly number[])[]): number[] {
  return [...new Set(numbers.flat())].sort((a, b) => a - b);
}

/** Whether they announce a virtual address in common. */
export function shareSome(a: RouterSender, b: RouterSender): boolean {
  return a.addresses.some((one) => b.addresses.some((other) => sameAddress(one, other)));
}
