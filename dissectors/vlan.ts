/** 802.1Q tag; QinQ (802.1ad, and the older 0x9100) is one tag inside another. */
import type { Dissector } from './dissector.ts';

export interface Vlan {
  readonly protocol: 'vlan';
  /** 0..4095; 0 is a priority tag without a VLAN. */
  readonly id: number;
  readonly priority: number;
  readonly etherType: number;
}

const LARGEST_LENGTH = 1500;

export const vlan: Dissector<Vlan> = {
  protocol: 'vlan',
  on: [
    { table: 'ethertype', value: 0x8100 },
    { table: 'ethertype', value: 0x88a8 },
    { table: 'ethertype', value: 0x9100 },
  ],
  read(r, packet) {
    const tag = r.u16();
    const etherType = r.u16();
    if (etherType > LARGEST_LENGTH) packet.handOver('ethertype', etherType);
    return { protocol: 'vlan', id: tag & 0xfff, priority: tag >>> 13, etherType };
  },
};
