/** What tshark says of every field we show, one line per frame. */
import { execFileSync } from 'node:child_process';

export const FIELDS = [
  'frame.number',
  'vrrp.version',
  'vrrp.type',
  'vrrp.virt_rtr_id',
  'vrrp.prio',
  'vrrp.addr_count',
  'vrrp.auth_type',
  'vrrp.adver_int',
  'vrrp.short_adver_int',
  'vrrp.ip_addr',
  'vrrp.ipv6_addr',
  'vrrp.checksum',
  'vrrp.checksum.status',
  'igmp.version',
  'igmp.type',
  'igmp.max_resp',
  'igmp.maddr',
  'igmp.record_type',
  'igmp.num_src',
  'igmp.saddr',
  'igmp.checksum.status',
  'ah.next_header',
  'ah.spi',
  'ah.sequence',
  'arp.opcode',
  'arp.src.hw_mac',
  'arp.src.proto_ipv4',
  'arp.dst.hw_mac',
  'arp.dst.proto_ipv4',
  'arp.isgratuitous',
  'arp.isprobe',
  'icmpv6.type',
  'icmpv6.code',
  'icmpv6.checksum.status',
  'icmpv6.mldr.mar.record_type',
  'icmpv6.mldr.mar.multicast_address',
  'icmpv6.mldr.mar.source_address',
  'icmpv6.mld.multicast_address',
  'icmpv6.mld.source_address',
  'icmpv6.nd.ns.target_address',
  'icmpv6.nd.na.target_address',
  'icmpv6.nd.na.flag.r',
  'icmpv6.nd.na.flag.s',
  'icmpv6.nd.na.flag.o',
  'icmpv6.nd.rd.target_address',
  'icmpv6.opt.src_linkaddr',
  'icmpv6.opt.target_linkaddr',
  'ipvs.conncount',
  'ipvs.syncid',
  'ipvs.size',
  'ipvs.type',
  'ipvs.size.v1',
  'ipvs.proto',
  'ipvs.caddr',
  'ipvs.cport',
  'ipvs.vaddr',
  'ipvs.vport',
  'ipvs.daddr',
  'ipvs.dport',
  'ipvs.state',
  'ipvs.flags',
  'ipvs.flags.v1',
  'ipvs.timeout',
  'ipvs.fwmark',
  '_ws.malformed',
];

/** sync-options runs on other ports than tshark knows. */
const SYNC_PORTS = ['9000', '9001', '9002', '9003'];

/** @param {string} file a capture; @returns {string} tab-separated lines with a heading */
export function askTshark(file) {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const decode = SYNC_PORTS.flatMap((port) => ['-d', `udp.port==${port},ipvs`]);
  const args = ['-r', file, ...decode, '-T', 'fields', '-E', 'header=y', '-E', 'occurrence=a', '-E', 'aggregator=,', ...fields];
  return execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
}
