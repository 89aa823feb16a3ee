/** IPv6 (RFC 8200) with its extension headers walked and fragments put together. */
import { type Ipv6Address, ipv6Text } from './address.ts';
import type { Dissector, Packet } from './dissector.ts';
import { Reader, Stop } from './reader.ts';

export interface Ipv6 {
  readonly protocol: 'ipv6';
  readonly source: Ipv6Address;
  readonly destination: Ipv6Address;
  readonly tos: number;
  /** Hop limit; named as in IPv4 so that the same rule reads both. */
  readonly ttl: number;
  /** IP protocol number of the payload behind all extension headers. */
  readonly payloadProtocol: number;
  readonly routerAlert: boolean;
  readonly fragment: { readonly offset: number; readonly more: boolean; readonly id: number } | null;
}

const IPPROTO_UDP = 17;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
const OPTION_PAD1 = 0;
const OPTION_ROUTER_ALERT = 5; // RFC 2711
/** A real packet has at most a handful; RFC 8504 section 5.3 lets a node set such a bound. */
const MOST_EXTENSION_HEADERS = 16;

interface Extensions {
  payloadProtocol: number;
  routerAlert: boolean;
  fragment: Ipv6['fragment'];
}

function hasRouterAlert(r: Reader, to: number): boolean {
  while (r.pos < to) {
    const kind = r.u8();
    if (kind === OPTION_PAD1) continue;
    if (kind === OPTION_ROUTER_ALERT) return true;
    r.skip(Math.min(r.u8(), r.left));
  }
  return false;
}

function walkExtensions(r: Reader, first: number): Extensions {
  const found: Extensions = { payloadProtocol: first, routerAlert: false, fragment: null };
  for (let headers = 0; ; headers++) {
    const kind = found.payloadProtocol;
    if (kind !== HOP_BY_HOP && kind !== ROUTING && kind !== FRAGMENT && kind !== DESTINATION_OPTIONS) return found;
    if (headers === MOST_EXTENSION_HEADERS) throw new Stop('extension', `more than ${MOST_EXTENSION_HEADERS} extension headers`, r.pos);
    const start = r.pos;
    found.payloadProtocol = r.u8();
    if (kind === FRAGMENT) {
      r.skip(1);
      const offsetAndMore = r.u16();
      found.fragment = { offset: offsetAndMore & ~7, more: (offsetAndMore & 1) !== 0, id: r.u32() };
      // What follows belongs to the fragment, not to this frame.
      return found;
    }
    const octets = (r.u8() + 1) * 8;
    r.pos = start;
    r.need(octets);
    r.pos = start + 2;
    if (kind === HOP_BY_HOP) found.routerAlert = hasRouterAlert(r, start + octets);
    r.pos = start + octets;
  }
}

export const ipv6: Dissector<Ipv6> = {
  protocol: 'ipv6',
  on: [{ table: 'ethertype', value: 0x86dd }],
  read(r, packet: Packet) {
    const start = r.pos;
    const versionClassFlow = r.u32();
    if (versionClassFlow >>> 28 !== 6) throw new Stop('version', `version ${versionClassFlow >>> 28} in an IPv6 header`, start);
    const payloadLength = r.u16();
    const nextHeader = r.u8();
    const ttl = r.u8();
    const source = r.ipv6();
    const destination = r.ipv6();
    r.limit(payloadLength);
    const { payloadProtocol, routerAlert, fragment } = walkExtensions(r, nextHeader);
    const layer = (protocol: number): Ipv6 => ({
      protocol: 'ipv6',
      source,
      destination,
      tos: (versionClassFlow >>> 20) & 255,
      ttl,
      payloadProtocol: protocol,
      routerAlert,
      fragment,
    });
    packet.network = layer(payloadProtocol);
    if (!fragment) packet.handOver('ipproto', payloadProtocol);
    else {
      if (payloadProtocol !== IPPROTO_UDP) packet.withhold();
      const octets = r.take(r.left);
      if (fragment.more && octets.length % 8 !== 0) throw new Stop('fragment', 'a fragment that is no multiple of 8 octets', start);
      const key = `6 ${ipv6Text(source)} ${ipv6Text(destination)} ${fragment.id}`;
      const whole = packet.reassembly.add(key, fragment.offset, fragment.more, octets, packet.atMicros);
      if (whole) {
        const inside = new Reader(whole);
        packet.network = layer(walkExtensions(inside, payloadProtocol).payloadProtocol);
        packet.continueIn(inside);
        packet.handOver('ipproto', packet.network.payloadProtocol);
      }
    }
    return packet.network as Ipv6;
  },
};
