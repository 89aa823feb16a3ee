/** ARP for IPv4 over Ethernet (RFC 826), with the uses that RFC 5227 names. */
import { type Ipv4Address, type MacAddress, macText } from './address.ts';
import type { Dissector } from './dissector.ts';
import { Stop } from './reader.ts';

export interface Arp {
  readonly protocol: 'arp';
  /** 1 request, 2 reply; others (RARP, InARP) as they are. */
  readonly operation: number;
  readonly senderMac: MacAddress;
  readonly senderAddress: Ipv4Address;
  readonly targetMac: MacAddress;
  readonly targetAddress: Ipv4Address;
}

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;
const HARDWARE_ETHERNET = 1;
const ETHERTYPE_IPV4 = 0x0800;
const LENGTHS = 0x0604;

/** RFC 5227 section 1.1: asks whether anybody has an address before taking it. */
export function isProbe(arp: Arp): boolean {
  return arp.operation === ARP_REQUEST && arp.senderAddress === 0 && arp.targetAddress !== 0;
}

/** Tells everybody who has an address, as a request (an announcement, RFC 5227 section 2.3) or as a reply. */
export function isGratuitous(arp: Arp): boolean {
  return (
    (arp.operation === ARP_REQUEST || arp.operation === ARP_REPLY) && arp.senderAddress === arp.targetAddress && arp.senderAddress !== 0
  );
}

/** The lowest bit of the first octet: a group or broadcast address (IEEE 802). */
function isGroupMac(mac: MacAddress): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1;
}

export const arp: Dissector<Arp> = {
  protocol: 'arp',
  on: [{ table: 'ethertype', value: 0x0806 }],
  read(r, packet) {
    const start = r.pos;
    const hardware = r.u16();
    const protocol = r.u16();
    const lengths = r.u16();
    const operation = r.u16();
    if (hardware !== HARDWARE_ETHERNET || protocol !== ETHERTYPE_IPV4 || lengths !== LENGTHS)
      throw new Stop('malformed', `hardware ${hardware}, protocol ${protocol}, lengths ${lengths >>> 8} and ${lengths & 255}`, start);
    if (operation === 0 || operation > 25) packet.note('operation', `operation ${operation} is not assigned`);
    const senderMac = r.mac();
    if (senderMac === 0 || isGroupMac(senderMac)) packet.note('broadcast_sender', `${macText(senderMac)} is nobody's own address`);
    return {
      protocol: 'arp',
      operation,
      senderMac,
      senderAddress: r.u32(),
      targetMac: r.mac(),
      targetAddress: r.u32(),
    };
  },
};
