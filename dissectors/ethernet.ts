/** Ethernet II (IEEE 802.3): destination, source, EtherType. A length (<= 1500) instead of a type is 802.3 with LLC: not ours. */
import type { MacAddress } from './address.ts';
import type { Dissector, Packet } from './dissector.ts';

export interface Ethernet {
  readonly protocol: 'ethernet';
  readonly destination: MacAddress;
  readonly source: MacAddress;
  readonly etherType: number;
}

const LINKTYPE_ETHERNET = 1;
const LARGEST_LENGTH = 1500;

export const ethernet: Dissector<Ethernet> = {
  protocol: 'ethernet',
  on: [{ table: 'linktype', value: LINKTYPE_ETHERNET }],
  read(r, packet: Packet) {
    const destination = r.mac();
    const source = r.mac();
    const etherType = r.u16();
    if (etherType > LARGEST_LENGTH) packet.handOver('ethertype', etherType);
    return { protocol: 'ethernet', destination, source, etherType };
  },
};
