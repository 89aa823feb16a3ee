/** UDP (RFC 768). A datagram to a configured sync channel goes on as IPVS sync, all others end here. */
import { type Address, sameAddress } from './address.ts';
import { addressSum, onesSum } from './checksum.ts';
import type { Dissector, Packet, SyncChannel } from './dissector.ts';
import { type Reader, Stop } from './reader.ts';

export interface Udp {
  readonly protocol: 'udp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly length: number;
}

const HEADER = 8;
const IPPROTO_UDP = 17;

/** The value under which IPVS sync hangs in the `udp` table, whatever group and port are configured. */
export const UDP_SYNC = 8848;

function isSync(channels: readonly SyncChannel[], destination: Address, port: number): boolean {
  for (const channel of channels)
    if (port >= channel.fromPort && port <= channel.toPort && sameAddress(channel.group, destination)) return true;
  return false;
}

/** A receiver drops a wrong checksum unread; a sender's own card may still have to fill it in, and then it holds the pseudo-header's sum. */
function checkChecksum(r: Reader, packet: Packet, start: number, checksum: number): void {
  const { network } = packet;
  if (!network) return;
  if (checksum === 0) {
    if (network.protocol === 'ipv6') throw new Stop('checksum', 'no checksum, which IPv6 does not allow', start + 6);
    return;
  }
  const pseudo = addressSum(network.source) + addressSum(network.destination) + IPPROTO_UDP + (r.end - start);
  const sum = onesSum(r.view, start, r.end, pseudo);
  if (sum === 0xffff) return;
  if (onesSum(r.view, 0, 0, pseudo) === checksum) packet.note('checksum_offloaded', "the sender's card was to fill the checksum in");
  else throw new Stop('checksum', 'wrong checksum', start + 6);
}

export const udp: Dissector<Udp> = {
  protocol: 'udp',
  on: [{ table: 'ipproto', value: IPPROTO_UDP }],
  read(r, packet) {
    const start = r.pos;
    const sourcePort = r.u16();
    const destinationPort = r.u16();
    const length = r.u16();
    const checksum = r.u16();
    if (length < HEADER) throw new Stop('length', `length ${length} is less than the header`, start + 4);
    r.pos = start;
    r.limit(length);
    // Only a sync datagram is worth the sum over all its octets.
    if (packet.network && isSync(packet.syncChannels, packet.network.destination, destinationPort)) {
      checkChecksum(r, packet, start, checksum);
      packet.handOver('udp', UDP_SYNC);
    }
    r.pos = start + HEADER;
    return { protocol: 'udp', sourcePort, destinationPort, length };
  },
};
