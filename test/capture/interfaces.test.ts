import { describe, expect, it } from 'vitest';
import { listInterfaces, nameOfIndex, readInterface, readLink } from '../../src/capture/interfaces.ts';
import { run } from './wireshark.ts';

interface Expected {
  readonly ifname: string;
  readonly ifindex: number;
  readonly flags: string[];
  readonly link_type: string;
  readonly address: string;
  readonly addr_info: { family: string; local: string }[];
}

/** What iproute2 says. */
function byIp(): Expected[] {
  return JSON.parse(run('ip', ['-j', 'addr', 'show']).toString());
}

describe('the interfaces of this machine, against iproute2', () => {
  it('index, state, kind and addresses', () => {
    const expected = byIp().map((one) => ({
      name: one.ifname,
      index: one.ifindex,
      up: one.flags.includes('UP') && one.flags.includes('LOWER_UP'),
      loopback: one.flags.includes('LOOPBACK'),
      ethernet: ['ether', 'loopback'].includes(one.link_type),
      mac: one.link_type === 'ether' ? Number.parseInt(one.address.replaceAll(':', ''), 16) : null,
      ipv4: one.addr_info.filter((a) => a.family === 'inet').map((a) => a.local),
    }));
    const ours = listInterfaces().map(({ name, index, up, loopback, ethernet, mac, ipv4 }) => ({
      name,
      index,
      up,
      loopback,
      ethernet,
      mac,
      ipv4,
    }));
    expect(ours.length).toBeGreaterThan(0);
    expect(sorted(ours)).toEqual(sorted(expected));
  });

  it.each(['', 'no-such-interface', '..', '.', '../../kernel', 'lo/../lo2', 'bonding_masters'])('%j is none', (name) => {
    expect(readLink(name)).toBeNull();
    expect(readInterface(name)).toBeNull();
  });

  it('names by index', () => {
    expect(nameOfIndex(1)).toBe(byIp().find((one) => one.ifindex === 1)?.ifname);
    expect(nameOfIndex(0)).toBeNull();
  });
});

function sorted<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => a.name.localeCompare(b.name));
}
