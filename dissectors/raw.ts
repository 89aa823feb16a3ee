/** Raw IP: no link header at all; the version nibble says which IP it is (LINKTYPE 101, and 228/229 for one family only). */
import type { Dissector } from './dissector.ts';
import { Stop } from './reader.ts';

export interface Raw {
  readonly protocol: 'raw';
}

const ETHERTYPE_BY_VERSION: Readonly<Record<number, number>> = { 4: 0x0800, 6: 0x86dd };

export const raw: Dissector<Raw> = {
  protocol: 'raw',
  // 12 and 14 are what OpenBSD and old libpcap write for DLT_RAW.
  on: [101, 228, 229, 12, 14].map((value) => ({ table: 'linktype' as const, value })),
  read(r, packet) {
    r.need(1);
    const version = r.view.getUint8(r.pos) >>> 4;
    const etherType = ETHERTYPE_BY_VERSION[version];
    if (etherType === undefined) throw new Stop('version', `IP version ${version} is neither 4 nor 6`, r.pos);
    packet.handOver('ethertype', etherType);
    return { protocol: 'raw' };
  },
};
