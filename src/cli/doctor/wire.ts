/** What else was heard: VRRP, ARP and neighbor discovery, tags, and frames that cannot be read. */
import { interfaceFacts } from '../../capture/interface-facts.ts';
import { statusOf } from '../../contract/status.ts';
import { type VirtualRouter, virtualRoutersOf } from '../../contract/vrrp.ts';
import { type Finding, found, type Kind } from './finding.ts';
import type { Heard } from './listen.ts';

const SILENT: Kind = {
  kind: 'wire.silent',
  severity: 'critical',
  when: 'of no other host a single frame came that lvscope listens for, not even ARP',
  meaning: 'On a segment where load balancers work, VRRP and ARP pass every few seconds: this port is not in it.',
  advice: [
    'on this machine: `tcpdump -eni IF -c 20` shows whether anything comes at all, and with which VLAN tags',
    'on the switch: the port must be an access port of the VLAN of the directors, a trunk with it, or a mirror of the port of a director',
    'on a director: `ip -br addr` and `ip -d link` name the interface and VLAN that carry VRRP and sync',
  ],
};

const VRRP: Kind = {
  kind: 'vrrp.heard',
  severity: 'ok',
  when: 'VRRP adverts came',
  meaning: 'Who is master can be told, and takeovers will be seen.',
  advice: [],
};

const NO_VRRP: Kind = {
  kind: 'vrrp.silent',
  severity: 'warning',
  when: 'no VRRP advert came',
  meaning: 'Who is master is unknown. A master advertises every second unless advert_int says otherwise, so none is heard on this port.',
  advice: [
    'on a director: `journalctl -u keepalived` and `tcpdump -ni IF vrrp`: does it run, and on which interface?',
    '`unicast_peer` in keepalived.conf: adverts then go to the peers only; mirror the port of a director to this one',
    'wrong VLAN or port: see the advice on connection sync',
  ],
};

const ARP: Kind = {
  kind: 'arp.heard',
  severity: 'ok',
  when: 'ARP or neighbor discovery of other hosts came',
  meaning: 'Who owns an address can be followed.',
  advice: [],
};

const NO_ARP: Kind = {
  kind: 'arp.silent',
  severity: 'info',
  when: 'neither ARP nor neighbor discovery came',
  meaning: 'Hosts ask when they need an address, so a quiet segment has none for a while.',
  advice: ['run it again with --seconds 60'],
};

const TAGGED: Kind = {
  kind: 'wire.tagged',
  severity: 'info',
  when: 'frames with VLAN tags came',
  meaning: 'The port is a trunk or mirrors one. lvscope reads tagged frames and tells VLANs apart; joins go out untagged only.',
  advice: [
    'for groups outside 224.0.0.0/24 in a tagged VLAN, listen to a VLAN interface besides (`ip link add link IF name IF.20 type vlan id 20`)',
  ],
};

const UNREADABLE: Kind = {
  kind: 'wire.unreadable',
  severity: 'info',
  when: 'frames could not be read to their end',
  meaning: 'They are broken, or of a kind that lvscope does not know.',
  advice: ['`lvscope events` of a running monitor names the senders'],
};

const MERGED: Kind = {
  kind: 'wire.merged',
  severity: 'warning',
  when: 'an IP packet came that is larger than the MTU of the interface',
  meaning:
    'The kernel joined several sync datagrams into one, which is no sync message any more: none of them can be read. Measured on Linux 6.18: rx-udp-gro-forwarding and rx-gro-list do that, GRO by itself does not.',
  advice: ['on the interface that is listened to: `ethtool -K IF rx-udp-gro-forwarding off rx-gro-list off`'],
};

const HIDDEN: Kind = {
  kind: 'wire.hidden',
  severity: 'unknown',
  when: 'plain sockets were used, for want of the right to capture',
  meaning: 'What rests on these is unknown, not absent.',
  advice: ['give the right to capture'],
};

export const WIRE_KINDS = [SILENT, VRRP, NO_VRRP, ARP, NO_ARP, TAGGED, UNREADABLE, MERGED, HIDDEN];

function routerFinding({ vrid, family, version, interface: name, vlan, state, master, addresses }: VirtualRouter): Finding {
  const where = `${name === null ? '' : ` on ${name}`}${vlan === null ? '' : ` in VLAN ${vlan}`}`;
  const who = master ? `master ${master.address} (priority ${master.priority})` : state;
  return found(VRRP, `VRID ${vrid} (${family}, VRRPv${version})${where}: ${who}, for ${addresses.join(', ') || 'no address'}`, {
    interface: name,
  });
}

function mergedFindings({ tally, interfaces }: Heard): Finding[] {
  return interfaces.flatMap((name) => {
    const longest = tally.longest.get(name) ?? 0;
    const { mtu } = interfaceFacts(name);
    return mtu > 0 && longest > mtu
      ? [found(MERGED, `${name}: a packet of ${longest} octets, where the MTU is ${mtu}`, { interface: name })]
      : [];
  });
}

function addressFinding({ tally, seconds }: Heard): Finding {
  const arp = tally.protocols.get('arp') ?? 0;
  const ndp = tally.protocols.get('ndp') ?? 0;
  return arp + ndp > 0
    ? found(ARP, `${arp} ARP and ${ndp} neighbor discovery frames in ${seconds} s`)
    : found(NO_ARP, `neither ARP nor neighbor discovery in ${seconds} s`);
}

export function wireFindings(heard: Heard): Finding[] {
  const { capture, monitor, tally, seconds, interfaces } = heard;
  if (capture === 'udp') return [found(HIDDEN, `cannot be seen: ${heard.captures.flatMap(({ cannotSee }) => cannotSee).join(', ')}`)];
  if (tally.frames.size === 0) return [found(SILENT, `nothing of any other host on ${interfaces.join(', ')} in ${seconds} s`)];
  const routers = virtualRoutersOf(monitor);
  const faults = Object.entries(statusOf(monitor, monitor.clock.nowMicros ?? 0).faults);
  const faultText = faults.map(([code, number]) => `${number} ${code}`).join(', ');
  return [
    ...(routers.length > 0 ? routers.map(routerFinding) : [found(NO_VRRP, `no VRRP advert in ${seconds} s`)]),
    addressFinding(heard),
    ...(tally.vlans.size > 0 ? [found(TAGGED, `VLAN tags: ${[...tally.vlans].sort((a, b) => a - b).join(', ')}`)] : []),
    ...(faults.length > 0 ? [found(UNREADABLE, `could not be read to the end: ${faultText}`)] : []),
    ...mergedFindings(heard),
  ];
}
