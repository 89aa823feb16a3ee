/** How a virtual router is named. Pure. */
import type { VirtualRouter } from '../../src/contract/vrrp.ts';

/** `VRID 51 IPv6 eth0.12`; what the capture does not tell is left out. */
export function routerTitle({
  vrid,
  family,
  interface: name,
  vlan,
}: Pick<VirtualRouter, 'vrid' | 'family' | 'interface' | 'vlan'>): string {
  const port = `${name ?? ''}${vlan === null ? '' : name === null ? `VLAN ${vlan}` : `.${vlan}`}`;
  return [`VRID ${vrid}`, family === 'ipv6' ? 'IPv6' : 'IPv4', port].filter((word) => word !== '').join(' ');
}
