/** IPv4 (RFC 791), with options skipped (Router Alert, RFC 2113, noticed) and fragments put together. */
import { type Ipv4Address, ipv4Text } from './address.ts';
import { onesSum } from './checksum.ts';
import type { Dissector, Packet } from './dissector.ts';
import { Reader, Stop } from './reader.ts';

export interface Ipv4 {
  readonly protocol: 'ipv4';
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly tos: number;
  /** Identification: +1 per datagram on a connected UDP socket of Linux, so gaps tell of lost ones. */
  readonly id: number;
  readonly ttl: number;
  /** IP protocol number of the payload. */
  readonly payloadProtocol: number;
  readonly routerAlert: boolean;
  /** Null when the datagram came whole; otherwise this frame's part of it. */
  readonly fragment: { readonly offset: number; readonly more: boolean } | null;
}

const SHORTEST_HEADER = 20;
const IPPROTO_UDP = 17;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;
const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_ROUTER_ALERT = 148;

function hasRouterAlert(r: Reader, to: number): boolean {
  while (r.pos < to) {
    const kind = r.u8();
    if (kind === OPTION_ROUTER_ALERT) return true;
    if (kind === OPTION_END) return false;
    if (kind === OPTION_NOP) continue;
    const length = r.u8();
    if (length < 2) return false;
    r.skip(Math.min(length - 2, r.left));
  }
  return false;
}

export const ipv4: Dissector<Ipv4> = {
  protocol: 'ipv4',
  on: [{ table: 'ethertype', value: 0x0800 }],
  read(r, packet: Packet) {
    const start = r.pos;
    r.need(SHORTEST_HEADER);
    const versionAndLength = r.u8();
    if (versionAndLength >>> 4 !== 4) throw new Stop('version', `version ${versionAndLength >>> 4} in an IPv4 header`, start);
    const headerLength = (versionAndLength & 15) * 4;
    if (headerLength < SHORTEST_HEADER) throw new Stop('length', `header of ${headerLength} octets`, start);
    const tos = r.u8();
    const totalLength = r.u16();
    const id = r.u16();
    const flagsAndOffset = r.u16();
    const ttl = r.u8();
    const payloadProtocol = r.u8();
    const checksum = r.u16();
    const source = r.u32();
    const destination = r.u32();
    // The cursor stays behind what was read: from there on the frame may hold a secret when the header turns out to be wrong.
    r.need(headerLength - SHORTEST_HEADER);
    if (totalLength === 0) packet.note('length', 'total length 0, as segmentation offload leaves it');
    else if (totalLength < headerLength) throw new Stop('length', `total length ${totalLength} is less than the header`, start);
    else r.limit(totalLength - SHORTEST_HEADER);
    if (checksum === 0) packet.note('checksum_absent', 'header checksum 0, as offload leaves it');
    // Every receiver drops it unread (RFC 1122 section 3.2.1.2).
    else if (onesSum(r.view, start, start + headerLength) !== 0xffff) throw new Stop('checksum', 'wrong header checksum', start + 10);
    const routerAlert = headerLength > SHORTEST_HEADER && hasRouterAlert(r, start + headerLength);
    r.pos = start + headerLength;

    const offset = (flagsAndOffset & OFFSET_MASK) * 8;
    const more = (flagsAndOffset & MORE_FRAGMENTS) !== 0;
    const fragment = offset > 0 || more ? { offset, more } : null;
    const layer: Ipv4 = { protocol: 'ipv4', source, destination, tos, id, ttl, payloadProtocol, routerAlert, fragment };
    packet.network = layer;
    if (!fragment) packet.handOver('ipproto', payloadProtocol);
    else {
      if (payloadProtocol !== IPPROTO_UDP) packet.withhold();
      // Linux cuts a fragment that is not the last to whole units of 8 octets (net/ipv4/ip_fragment.c).
      const octets = r.take(more ? r.left & ~7 : r.left);
      const key = `4 ${ipv4Text(source)} ${ipv4Text(destination)} ${id} ${payloadProtocol}`;
      const whole = packet.reassembly.add(key, offset, more, octets, packet.atMicros);
      if (whole) {
        packet.continueIn(new Reader(whole));
        packet.handOver('ipproto', payloadProtocol);
      }
    }
    return layer;
  },
};
