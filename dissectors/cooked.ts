/** Linux cooked capture, what the `any` interface gives: SLL (LINKTYPE 113, 16 octets) and SLL2 (LINKTYPE 276, 20 octets). */
import type { MacAddress } from './address.ts';
import type { Dissector } from './dissector.ts';
import type { Reader } from './reader.ts';

export interface Cooked {
  readonly protocol: 'sll' | 'sll2';
  /** The sender's link address; null when it has none of 6 octets (loopback, tunnels). */
  readonly source: MacAddress | null;
  readonly etherType: number;
  /** 0 to us, 1 broadcast, 2 multicast, 3 to somebody else, 4 sent by us. */
  readonly packetType: number;
  /** SLL2 only: the kernel's number of the interface. */
  readonly interfaceIndex: number | null;
}

const ETHERNET_ADDRESS_OCTETS = 6;

function linkAddress(r: Reader, length: number): MacAddress | null {
  const source = r.mac();
  r.skip(2);
  return length === ETHERNET_ADDRESS_OCTETS ? source : null;
}

export const sll: Dissector<Cooked> = {
  protocol: 'sll',
  on: [{ table: 'linktype', value: 113 }],
  read(r, packet) {
    const packetType = r.u16();
    r.skip(2); // ARPHRD type
    const source = linkAddress(r, r.u16());
    const etherType = r.u16();
    packet.handOver('ethertype', etherType);
    return { protocol: 'sll', source, etherType, packetType, interfaceIndex: null };
  },
};

export const sll2: Dissector<Cooked> = {
  protocol: 'sll2',
  on: [{ table: 'linktype', value: 276 }],
  read(r, packet) {
    const etherType = r.u16();
    r.skip(2);
    const interfaceIndex = r.u32();
    r.skip(2); // ARPHRD type
    const packetType = r.u8();
    const source = linkAddress(r, r.u8());
    packet.handOver('ethertype', etherType);
    return { protocol: 'sll2', source, etherType, packetType, interfaceIndex };
  },
};
