/** A VLAN between guests on the segment: Debian's kernel for them has 8021q, which the machine's own may lack. The switch passes tags on. */
import type { Director } from './director.ts';
import { NET4 } from './segment.ts';

export const VLAN = 100;
export const VLAN_PORT = `eth0.${VLAN}`;

/** Of a guest, in the VLAN. */
export const vlanAddressOf = ({ address }: Director): string => address.replace(NET4, `10.99.${VLAN}.`);

/** `eth0.100` of a guest is up and has its address. Without addresses made by the kernel, which it would announce of its own accord. */
export async function addVlan(director: Director): Promise<void> {
  await director.shell.run(`
    modprobe -d /run/modules 8021q
    ip link add link eth0 name ${VLAN_PORT} type vlan id ${VLAN}
    for port in eth0 ${VLAN_PORT}; do ip link set $port addrgenmode none; done
    ip -6 addr flush dev eth0
    ip link set ${VLAN_PORT} up
    ip addr add ${vlanAddressOf(director)}/24 dev ${VLAN_PORT}`);
}
