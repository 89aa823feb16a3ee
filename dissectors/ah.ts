/** IP Authentication Header (RFC 4302): in the open what keepalived puts around VRRP with `auth_type AH`. */
import type { Dissector } from './dissector.ts';
import { Stop } from './reader.ts';

export interface Ah {
  readonly protocol: 'ah';
  readonly nextHeader: number;
  /** Security parameters index; keepalived takes the sender's IPv4 address. */
  readonly spi: number;
  /** +1 per packet: gaps are adverts missed, repeats are replays. */
  readonly sequence: number;
}

const FIXED_OCTETS = 12;

export const ah: Dissector<Ah> = {
  protocol: 'ah',
  on: [{ table: 'ipproto', value: 51 }],
  read(r, packet) {
    const start = r.pos;
    const nextHeader = r.u8();
    // In words of 4 octets, less 2.
    const octets = (r.u8() + 2) * 4;
    r.skip(2);
    const spi = r.u32();
    const sequence = r.u32();
    if (octets < FIXED_OCTETS) throw new Stop('length', `header of ${octets} octets`, start + 1);
    // The integrity check value is a digest keyed with the password, which can be guessed from it.
    packet.hide({ at: r.pos, octets: Math.min(octets - FIXED_OCTETS, r.left), number: null, checksumAt: null });
    r.skip(octets - FIXED_OCTETS);
    packet.handOver('ipproto', nextHeader);
    return { protocol: 'ah', nextHeader, spi, sequence };
  },
};
