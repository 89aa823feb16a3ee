/** The multicast groups that programs of this machine have joined, from /proc/net/igmp and /proc/net/igmp6. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { ipv4Text, ipv6Text } from '../../dissectors/address.ts';

export interface Membership {
  readonly interface: string;
  readonly group: string;
}

export function heldMemberships(): Membership[] {
  return [...igmpMemberships(text('/proc/net/igmp')), ...mldMemberships(text('/proc/net/igmp6'))];
}

/** A line for an interface (`4 eth0 : 1 V3`), then an indented one for each group, its octets as the machine's own number. */
function igmpMemberships(table: string): Membership[] {
  let name = '';
  return table.split('\n').flatMap((line) => {
    name = /^\d+\s+(\S+)/.exec(line)?.[1] ?? name;
    const group = /^\s+([\dA-F]{8})\s/.exec(line)?.[1];
    if (group === undefined) return [];
    const octets = Buffer.from(group, 'hex');
    return [{ interface: name, group: ipv4Text(endianness() === 'LE' ? octets.readUInt32LE() : octets.readUInt32BE()) }];
  });
}

/** `4 eth0 ff020000000000000000000000000012 1 0000000C 0`, the octets in their order. */
function mldMemberships(table: string): Membership[] {
  return table.split('\n').flatMap((line) => {
    const [, name, group] = /^\d+\s+(\S+)\s+([\da-f]{32})\s/.exec(line) ?? [];
    return group === undefined ? [] : [{ interface: name, group: ipv6Text(Buffer.from(group, 'hex')) }];
  });
}

/** Empty where the family is switched off. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
