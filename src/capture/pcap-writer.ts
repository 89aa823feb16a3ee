/** Writes classic pcap in the byte order of this machine, with microseconds, as tcpdump does (draft-ietf-opsawg-pcap). */

export const FILE_HEADER_OCTETS = 24;
export const RECORD_HEADER_OCTETS = 16;

const MAGIC = 0xa1b2c3d4;
const VERSION = [2, 4];

export interface PcapFileHeader {
  /** LINKTYPE_*. */
  readonly linkType: number;
  readonly snapLength: number;
}

export interface PcapRecord {
  readonly atMicros: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
}

export function fileHeader({ linkType, snapLength }: PcapFileHeader): Uint8Array {
  const words = new Uint32Array(FILE_HEADER_OCTETS / 4);
  words.set([MAGIC, 0, 0, 0, snapLength, linkType]);
  new Uint16Array(words.buffer).set(VERSION, 2);
  return new Uint8Array(words.buffer);
}

/** Header and octets of one frame. */
export function record({ atMicros, bytes, originalLength }: PcapRecord): Uint8Array {
  const header = new Uint32Array([Math.floor(atMicros / 1e6), atMicros % 1e6, bytes.length, originalLength]);
  const octets = new Uint8Array(RECORD_HEADER_OCTETS + bytes.length);
  octets.set(new Uint8Array(header.buffer));
  octets.set(bytes, RECORD_HEADER_OCTETS);
  return octets;
}
