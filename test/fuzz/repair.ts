/** Lengths and checksums set right after a mutation, so that it is not turned away at the first door. Works on the octets in place. */
import type { Frame } from '../../dissectors/dissect.ts';

const LINK_HEADER: Readonly<Record<number, number>> = { 1: 14, 113: 16, 276: 20 };
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TAGS = [0x8100, 0x88a8];
const PROTOCOL = { igmp: 2, udp: 17, ah: 51, icmpv6: 58, vrrp: 112 };
/** Hop-by-hop, routing, destination options: all begin with next header and length. */
const EXTENSIONS = [0, 43, 60];
const SYNC_PORTS = [8848, 8911];

interface Packet {
  readonly view: DataView;
  /** Sum of both addresses. */
  readonly pseudo: number;
  readonly v6: boolean;
}

export function sumOf(view: DataView, from: number, end: number, initial = 0): number {
  let sum = initial;
  for (let p = from; p + 1 < end; p += 2) sum += view.getUint16(p);
  if ((end - from) % 2 === 1) sum += view.getUint8(end - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** @throws RangeError where the octets end within a header: what was set right before that stands */
function repairLink({ linkType }: Frame, view: DataView): void {
  let at = LINK_HEADER[linkType];
  if (at === undefined) {
    repairIp(view, 0);
    return;
  }
  let type = view.getUint16(linkType === 276 ? 0 : at - 2);
  while (TAGS.includes(type)) {
    type = view.getUint16(at + 2);
    at += 4;
  }
  if (type === IPV4 || type === IPV6) repairIp(view, at);
}

function repairIp(view: DataView, at: number): void {
  const end = view.byteLength;
  if (view.getUint8(at) >> 4 === 6) {
    view.setUint16(at + 4, end - at - 40);
    const packet = { view, pseudo: sumOf(view, at + 8, at + 40), v6: true };
    repairPayload(packet, view.getUint8(at + 6), at + 40);
    return;
  }
  const header = at + (view.getUint8(at) & 15) * 4;
  view.setUint16(at + 2, end - at);
  view.setUint16(at + 10, 0);
  const pseudo = sumOf(view, at + 12, at + 20);
  view.setUint16(at + 10, ~sumOf(view, at, header) & 0xffff);
  const isFragment = (view.getUint16(at + 6) & 0x3fff) !== 0;
  if (!isFragment) repairPayload({ view, pseudo, v6: false }, view.getUint8(at + 9), header);
}

function repairPayload(packet: Packet, protocol: number, at: number): void {
  const { view, v6 } = packet;
  if (v6 && EXTENSIONS.includes(protocol)) repairPayload(packet, view.getUint8(at), at + (view.getUint8(at + 1) + 1) * 8);
  if (protocol === PROTOCOL.ah) repairPayload(packet, view.getUint8(at), at + (view.getUint8(at + 1) + 2) * 4);
  if (protocol === PROTOCOL.igmp) fillChecksum(packet, at, at + 2, null);
  if (protocol === PROTOCOL.icmpv6) fillChecksum(packet, at, at + 2, protocol);
  if (protocol === PROTOCOL.vrrp) fillChecksum(packet, at, at + 6, view.getUint8(at) >> 4 === 3 ? protocol : null);
  if (protocol === PROTOCOL.udp) repairUdp(packet, at);
}

function repairUdp(packet: Packet, at: number): void {
  const { view } = packet;
  const length = view.byteLength - at;
  view.setUint16(at + 4, length);
  const port = view.getUint16(at + 2);
  if (port >= SYNC_PORTS[0] && port <= SYNC_PORTS[1]) view.setUint16(at + 10, length - 8);
  fillChecksum(packet, at, at + 6, PROTOCOL.udp);
}

/** @param pseudoProtocol of the pseudo-header; null: none */
function fillChecksum({ view, pseudo }: Packet, from: number, at: number, pseudoProtocol: number | null): void {
  view.setUint16(at, 0);
  const end = view.byteLength;
  const sum = sumOf(view, from, end, pseudoProtocol === null ? 0 : pseudo + pseudoProtocol + (end - from));
  view.setUint16(at, ~sum & 0xffff || 0xffff);
}

export function repair(frame: Frame): Frame {
  try {
    repairLink(frame, new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return frame;
}
