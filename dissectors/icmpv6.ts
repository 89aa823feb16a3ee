/** ICMPv6 (RFC 4443): the header around neighbor discovery and MLD. */
import { addressSum, onesSum } from './checksum.ts';
import type { Dissector } from './dissector.ts';

export interface Icmpv6 {
  readonly protocol: 'icmpv6';
  readonly type: number;
  readonly code: number;
}

const IPPROTO_ICMPV6 = 58;

export const icmpv6: Dissector<Icmpv6> = {
  protocol: 'icmpv6',
  on: [{ table: 'ipproto', value: IPPROTO_ICMPV6 }],
  read(r, packet) {
    const { network } = packet;
    if (network) {
      const pseudo = addressSum(network.source) + addressSum(network.destination) + IPPROTO_ICMPV6 + r.left;
      if (onesSum(r.view, r.pos, r.end, pseudo) !== 0xffff) packet.note('checksum', 'wrong checksum');
    }
    const type = r.u8();
    const code = r.u8();
    r.skip(2);
    packet.handOver('icmpv6', type);
    return { protocol: 'icmpv6', type, code };
  },
};
