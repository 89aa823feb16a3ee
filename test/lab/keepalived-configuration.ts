/** Configurations of keepalived, as its manual page keepalived.conf(5) has them. */
import { NET4, NET6 } from './segment.ts';

export interface VrrpWords {
  readonly name?: string;
  readonly vrid?: number;
  readonly priority: number;
  readonly vips?: readonly string[];
  readonly version?: 2 | 3;
  /** Seconds. */
  readonly interval?: number;
  /** Where it advertises. */
  readonly port?: string;
}

export const VIP4 = `${NET4}100`;
export const VIP6 = `${NET6}100`;
export const VRID = 51;

/** Its sync daemon follows VI_1: master where that is master, backup elsewhere. Gratuitous ARP again after two seconds instead of five. */
export const globals = (port: string): string => `
global_defs {
  router_id LAB
  vrrp_garp_master_delay 2
  lvs_sync_daemon ${port} VI_1 id ${VRID}
}`;

/** A virtual router; both start as backup and the priority decides. */
export function virtualRouter({
  name = 'VI_1',
  vrid = VRID,
  priority,
  vips = [`${VIP4}/24`],
  version = 2,
  interval = 1,
  port = 'eth0',
}: VrrpWords): string {
  return `
vrrp_instance ${name} {
  state BACKUP
  interface ${port}
  virtual_router_id ${vrid}
  priority ${priority}
  version ${version}
  advert_int ${interval}
  virtual_ipaddress {
    ${vips.join('\n    ')}
  }
}`;
}

/** A service whose real servers are reached by direct routing, in turn. */
export function service(vip: string, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): string {
  const net = vip.includes(':') ? NET6 : NET4;
  const servers = [21, 22].map((number) => `  real_server ${net}${number} ${port} { weight 1 }`);
  return `
virtual_server ${vip} ${port} {
  lb_algo rr
  lb_kind DR
  protocol ${protocol}
${servers.join('\n')}
}`;
}
