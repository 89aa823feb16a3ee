/**
 * How a session lies in memory: 16 unsigned 32-bit words, one cache line, so that a sync record costs one miss.
 * Slots count from 1; slot 0 stays empty and means "none" in every link.
 */
import { FLAG } from '../../dissectors/ipvs-record.ts';

export const WORDS = 16;

export const WORD = {
  /** Next slot in the hash chain, newest first, as in the kernel's table. */
  next: 0,
  /** IPv4: the address. IPv6: index into the table of long addresses. */
  client: 1,
  virtual: 2,
  destination: 3,
  /** Client port << 16 | virtual port. */
  ports: 4,
  /** Destination port << 16 | protocol << 8 | state (255 stands for all above). */
  destinationPortProtoState: 5,
  flags: 6,
  /** Seconds, as the sender gave it or by default. */
  timeout: 7,
  lastSeconds: 8,
  /** Bucket of the expiry wheel << 20 | microseconds of the last sync. */
  bucketLastMicros: 9,
  firstSeconds: 10,
  /** Daemon << 20 | microseconds of the first sync. */
  daemonFirstMicros: 11,
  syncCount: 12,
  wheelNext: 13,
  wheelPrevious: 14,
  /** Which virtual service and real server it counts for. */
  binding: 15,
} as const;

export const MICROS_MASK = 0xfffff;
export const HIGH_SHIFT = 20;
export const MOST_DAEMONS = 1 << (32 - HIGH_SHIFT);
/** Words of the three addresses of an IPv6 session in the table of long addresses. */
export const LONG_WORDS = 12;

/** The kernel's connection flags that a backup keeps lie in bits 0..12; these are ours, above them. */
export const ROW = {
  kernelFlags: 0x1fff,
  inUse: 0x4000,
  /** Waits in the list of changes. */
  changed: 0x8000,
  /** NFCT as seen on the wire (same bit as the kernel's): the director runs with `conntrack=1`. */
  conntrack: FLAG.conntrack,
  /** The sender had itself learnt it by sync: it has taken over since. */
  synced: 0x20000,
  ipv6: 0x40000,
  /** Has a firewall mark or persistence-engine data, kept beside the table. */
  extra: 0x80000,
  /** Bits 24..31: the segment (interface and VLAN) it was learnt on. */
  segmentShift: 24,
} as const;

export const MOST_SEGMENTS = 255;

const TEMPLATE_TO_BIT_16 = 16 - (31 - Math.clz32(FLAG.template));
export const STATE_KEYS = 1 << 17;

/** Template << 16 | protocol << 8 | state of a row. */
export function stateKey(words: Uint32Array, row: number): number {
  return ((words[row + WORD.flags] & FLAG.template) << TEMPLATE_TO_BIT_16) | (words[row + WORD.destinationPortProtoState] & 0xffff);
}
