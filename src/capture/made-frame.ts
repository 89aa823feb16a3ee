/** An IP packet made up around a datagram that came through a UDP socket, so that it can go the way of captured frames. Pure. */
import type { Address } from '../../dissectors/address.ts';
import { addressSum, onesSum } from '../../dissectors/checksum.ts';

export interface Datagram {
  /** Both of one family. */
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** LINKTYPE_RAW: the packet begins with its IP header. */
export const RAW_IP = 101;

const IPPROTO_UDP = 17;
const UDP_HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/**
 * IPv4 without a UDP checksum (RFC 768: all zero means none), IPv6 with one (RFC 8200 section 8.1). TTL and hop limit are 0:
 * a socket does not tell them, and no packet on a wire has them so.
 */
export function rawIpPacket(datagram: Datagram): Uint8Array {
  const { source, destination, payload } = datagram;
  const v4 = typeof source === 'number' && typeof destination === 'number';
  const at = v4 ? IPV4_HEADER : IPV6_HEADER;
  const packet = new Uint8Array(at + UDP_HEADER + payload.length);
  const view = new DataView(packet.buffer);
  packet.set(payload, at + UDP_HEADER);
  writeUdp(view, at, datagram);
  if (v4) writeIpv4(view, source, destination);
  else if (typeof source !== 'number' && typeof destination !== 'number') writeIpv6(packet, view, source, destination);
  return packet;
}

function writeUdp(view: DataView, at: number, { sourcePort, destinationPort, payload }: Datagram): void {
  view.setUint16(at, sourcePort);
  view.setUint16(at + 2, destinationPort);
  view.setUint16(at + 4, UDP_HEADER + payload.length);
}

/** RFC 791 section 3.1. */
function writeIpv4(view: DataView, source: number, destination: number): void {
  view.setUint8(0, 0x45);
  view.setUint16(2, view.byteLength);
  view.setUint8(9, IPPROTO_UDP);
  view.setUint32(12, source);
  view.setUint32(16, destination);
  view.setUint16(10, 0xffff - onesSum(view, 0, IPV4_HEADER));
}

/** RFC 8200 section 3; the checksum's pseudo-header is section 8.1, where 0 becomes ffff. */
function writeIpv6(packet: Uint8Array, view: DataView, source: Uint8Array, destination: Uint8Array): void {
  const length = packet.length - IPV6_HEADER;
  view.setUint8(0, 0x60);
  view.setUint16(4, length);
  view.setUint8(6, IPPROTO_UDP);
  packet.set(source, 8);
  packet.set(destination, 24);
  const pseudo = addressSum(source) + addressSum(destination) + IPPROTO_UDP + length;
  view.setUint16(IPV6_HEADER + 6, 0xffff - onesSum(view, IPV6_HEADER, packet.length, pseudo) || 0xffff);
}
