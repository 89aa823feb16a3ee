/** A real server behind the directors (direct routing): has the virtual address, keeps it to itself, echoes what it is sent. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Segment } from './segment.ts';

const PROCESS = fileURLToPath(new URL('real-server-process.js', import.meta.url));

export async function addRealServer(
  segment: Segment,
  { name, number, vips, ports }: { name: string; number: number; vips: readonly string[]; ports: readonly number[] },
): Promise<void> {
  await segment.addHost(name, number);
  const addresses = vips.map((vip) => `ip addr add ${vip}/${vip.includes(':') ? 128 : 32} dev lo`);
  // Asking for the client's MAC as fd99::100, which is not on eth0, its kernel asks with the link-local address, or not at all without one.
  await segment.onHost(name, [...addresses, `ip addr add fe80::${number}/64 dev eth0 nodad`].join('; '));
  await hushVips(segment, name);
  const server = segment.spawn(name, process.execPath, [PROCESS, ports.join(','), ...vips], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(server, 'message');
}

/** It does not answer ARP for addresses of its loopback interface: the director does. */
export async function hushVips(segment: Segment, name: string): Promise<void> {
  await segment.onHost(name, 'sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2');
}

/** The mistake of many: it answers for the virtual address beside the director. */
export async function answerForVips(segment: Segment, name: string): Promise<void> {
  await segment.onHost(name, 'sysctl -q -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0');
}
