/** What tcpdump saw at the monitor's port: another program's word on who said what and when. */
import { spawnSync } from 'node:child_process';

export interface Advert {
  /** Epoch milliseconds with a fraction. */
  readonly atMs: number;
  readonly source: string;
  readonly priority: number;
}

export interface Announcement {
  readonly atMs: number;
  readonly mac: string;
  readonly address: string;
}

/** The lines of tcpdump; a capture that is being written may end within a frame. */
function linesOf(capture: string, filter: string, ...options: string[]): string[] {
  const words = ['-n', '-tt', '-e', '-Z', 'root', ...options, '-r', capture, filter];
  const { stdout, stderr } = spawnSync('tcpdump', words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!stderr.startsWith('reading from file')) throw new Error(`tcpdump: ${stderr}`);
  return stdout.trimEnd().split('\n');
}

/** VRRP adverts in order: those without a VLAN tag, or those with this one. */
export function advertsOf(capture: string, vlan?: number): Advert[] {
  const filter = vlan === undefined ? 'ip proto 112' : `vlan ${vlan} and ip proto 112`;
  return linesOf(capture, filter).flatMap((line) => {
    const [, at, source, priority] = /^([\d.]+) .* (\S+) > 224\.0\.0\.18: VRRPv\d, Advertisement, vrid \d+, prio (\d+),/.exec(line) ?? [];
    return at === undefined ? [] : [{ atMs: Number(at) * 1000, source, priority: Number(priority) }];
  });
}

/** How many adverts tcpdump finds fault with; in version 3, too, it wants the pseudo-header in the checksum. */
export const badChecksumsIn = (capture: string): number =>
  linesOf(capture, 'ip proto 112', '-v').filter((line) => line.includes('bad vrrp cksum')).length;

/** Gratuitous ARP requests in order: who asks for its own address. */
export function announcementsOf(capture: string): Announcement[] {
  return linesOf(capture, 'arp').flatMap((line) => {
    const [, at, mac, address] = /^([\d.]+) (\S+) > .* who-has (\S+) (?:\(\S+\) )?tell \3,/.exec(line) ?? [];
    return at === undefined ? [] : [{ atMs: Number(at) * 1000, mac, address }];
  });
}

/** How many IPv4 and IPv6 fragments of UDP came, first ones too. */
export const fragmentsOf = (capture: string): number =>
  linesOf(capture, '(ip proto 17 and ip[6:2] & 0x3fff != 0) or (ip6 and ip6[6] == 44)').filter((line) => line !== '').length;

/** Joins and leaves: the reports of IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810), as tcpdump names them. */
const JOINS = /: (igmp (v[123] report|leave)|HBH ICMP6, multicast listener (report|done))/;

/** Frames other than joins and leaves, one line each. @param captures of what left a port */
export const straysIn = (captures: readonly string[]): string[] =>
  captures.flatMap((capture) => linesOf(capture, '').filter((line) => line !== '' && !JOINS.test(line)));

/** Reports of IGMP, by which a host joins and leaves groups, in VLANs too; it sends none for the group of all hosts. */
export const reportsIn = (captures: readonly string[]): string[] =>
  captures.flatMap((capture) => linesOf(capture, 'igmp or (vlan and igmp)').filter((line) => JOINS.test(line)));
