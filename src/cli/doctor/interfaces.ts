/** The interfaces: what is listened to, what is not and why, and how they are built. */
import { type InterfaceFacts, interfaceFacts } from '../../capture/interface-facts.ts';
import type { NetworkInterface } from '../../capture/interfaces.ts';
import { type Finding, found, type Kind } from './finding.ts';

const LISTENED: Kind = {
  kind: 'interface.up',
  severity: 'ok',
  when: 'an interface that is listened to is up, with carrier',
  meaning: 'Frames can come in.',
  advice: [],
};

const DOWN: Kind = {
  kind: 'interface.down',
  severity: 'critical',
  when: 'an interface that is to be listened to is switched off, or has no carrier',
  meaning: 'Nothing is heard there; lvscope begins by itself when it comes up.',
  advice: ['switched off: `ip link set IF up`', 'no carrier: the cable, the port of the switch, or the other end of a veth or bridge'],
};

const NOT_LISTENED: Kind = {
  kind: 'interface.not_listened',
  severity: 'info',
  when: 'there are interfaces, loopback aside, that are not listened to',
  meaning: 'What passes there is not seen.',
  advice: ['name those that matter with -i'],
};

const PORT: Kind = {
  kind: 'interface.port',
  severity: 'info',
  when: 'an interface that is listened to is a port of a bridge or bond',
  meaning: 'It shows only what passes this port; it has no address of its own, so groups are joined on the bridge or bond, not here.',
  advice: ['listen to the bridge or bond instead (-i), unless this one port is meant'],
};

const VLAN: Kind = {
  kind: 'interface.vlan',
  severity: 'info',
  when: 'an interface that is listened to is a VLAN',
  meaning: 'Only that VLAN is heard. Its parent shows all tagged VLANs together, each told apart.',
  advice: ['for several VLANs, listen to the parent (-i); joins for a VLAN need an address on the VLAN interface'],
};

const SNOOPING: Kind = {
  kind: 'interface.bridge_snooping',
  severity: 'info',
  when: 'the interface is, or belongs to, a bridge of this machine that snoops',
  meaning:
    'Groups outside 224.0.0.0/24, those of ff02::/16 too, go to ports that joined them as soon as anybody asks for memberships; while nobody asks, a Linux bridge sends them to all ports.',
  advice: ['`bridge mdb show` lists who gets what; `ip -d link show BRIDGE` says whether the bridge asks (mcast_querier)'],
};

export const INTERFACE_KINDS = [LISTENED, DOWN, NOT_LISTENED, PORT, VLAN, SNOOPING];

function listenedFindings(one: NetworkInterface, { on, mtu, master, vlan, bridge }: InterfaceFacts): Finding[] {
  const about = { interface: one.name };
  const addresses = [...one.ipv4, ...one.ipv6].join(', ') || 'no address';
  // Node.js tells addresses of running interfaces only.
  const state = one.up ? `up, with carrier, ${addresses}` : on ? 'up, without carrier' : 'switched off';
  return [
    found(one.up ? LISTENED : DOWN, `${one.name}: ${state}, MTU ${mtu}`, about),
    ...(master === null ? [] : [found(PORT, `${one.name} is a port of ${master}`, about)]),
    ...(vlan === null ? [] : [found(VLAN, `${one.name} is VLAN ${vlan.id} of ${vlan.parent}`, about)]),
    ...(bridge?.snooping
      ? [found(SNOOPING, `bridge ${bridge.name} snoops and ${bridge.querier ? 'asks' : 'does not ask'} for memberships`, about)]
      : []),
  ];
}

function whyNot({ name, up, shadowed }: NetworkInterface): string {
  if (!up) return `${name} (down)`;
  return shadowed ? `${name} (another one shows the same frames)` : `${name} (not named)`;
}

/** @param names which are listened to */
export function interfaceFindings(all: readonly NetworkInterface[], names: readonly string[]): Finding[] {
  const others = all.filter(({ name, loopback }) => !loopback && !names.includes(name));
  return [
    ...all.filter(({ name }) => names.includes(name)).flatMap((one) => listenedFindings(one, interfaceFacts(one.name))),
    ...(others.length === 0 ? [] : [found(NOT_LISTENED, `not listened to: ${others.map(whyNot).join(', ')}`)]),
  ];
}
