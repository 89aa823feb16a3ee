/** The filter text (pcap-filter(7)) that lets through what the dissectors read and nothing else. Pure. */
import { addressText } from '../../dissectors/address.ts';
import type { SyncChannel } from '../../dissectors/dissector.ts';

/** keepalived's authentication header (RFC 4302) around VRRP (next header 112); AH around anything else is not ours. */
const VRRP = ['ip proto 112', 'ip6 proto 112', '(ip proto 51 and ip[(ip[0] & 15) << 2] = 112)', '(ip6 proto 51 and ip6[40] = 112)'];

/** MLD and neighbor discovery: ICMPv6 types 130 to 143. MLD comes behind a hop-by-hop header of eight octets (RFC 3810 section 5). */
const ICMPV6 = [
  '(ip6[6] = 58 and ip6[40] >= 130 and ip6[40] <= 143)',
  '(ip6[6] = 0 and ip6[40] = 58 and ip6[48] >= 130 and ip6[48] <= 143)',
];

const NEIGHBORS_AND_GROUPS = ['arp', 'ip proto 2', ...ICMPV6];

/** Only the first fragment has ports, so all fragments to the group come along. */
function channelFilter({ group, fromPort, toPort }: SyncChannel): string {
  const address = addressText(group);
  const ports = `udp dst portrange ${fromPort}-${toPort}`;
  return typeof group === 'number'
    ? `(ip dst host ${address} and (${ports} or (ip[6:2] & 0x3fff) != 0))`
    : `(ip6 dst host ${address} and (${ports} or ip6[6] = 44))`;
}

/**
 * @param channels the sync groups and ports to listen to
 * @param tagged whether frames may carry VLAN tags: true for Ethernet; libpcap refuses `vlan` on other link types
 */
export function captureFilter(channels: readonly SyncChannel[], { tagged }: { tagged: boolean }): string {
  const wanted = [...VRRP, ...NEIGHBORS_AND_GROUPS, ...channels.map(channelFilter)].join(' or ');
  // From its place on to the right, each `vlan` means one tag more: the last part is the one for two tags.
  return tagged ? `(${wanted}) or (vlan and (${wanted})) or (vlan and (${wanted}))` : wanted;
}
