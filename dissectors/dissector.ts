import type { Address } from './address.ts';
import type { Ipv4 } from './ipv4.ts';
import type { Ipv6 } from './ipv6.ts';
import type { Reader } from './reader.ts';
import type { Reassembly } from './reassembly.ts';

/** Where a child protocol hangs: link types of pcap, EtherTypes, IP protocol numbers, ICMPv6 types, and UDP by configured sync channels. */
export type Table = 'linktype' | 'ethertype' | 'ipproto' | 'icmpv6' | 'udp';

/** Legible but wrong: the layer is there, and this is what is not right about it. */
export interface Note {
  readonly protocol: string;
  readonly code: string;
  readonly text: string;
}

/** What stopped the dissection. `code` is stable; `at` is the octet offset in the frame (or in the reassembled datagram). */
export interface Fault extends Note {
  readonly at: number;
}

/** A multicast group and UDP port range that carries IPVS sync (kernel: `sync_ports` consecutive ports from `mcast_port`). */
export interface SyncChannel {
  readonly group: Address;
  readonly fromPort: number;
  readonly toPort: number;
}

/** Octets of the frame that nobody may keep as they are: a password, or what it can be guessed from. */
export interface Secret {
  /** Offset in the frame. */
  readonly at: number;
  readonly octets: number;
  /** Which of the passwords seen so far it is, as `Vrrp.secret`; null: not told apart from others. */
  readonly number: number | null;
  /** Offset of the Internet checksum that covers these octets; null: none does. */
  readonly checksumAt: number | null;
}

/** The dissection of one frame while it goes on; a dissector reads its parents here and says here what comes next. */
export interface Packet {
  readonly atMicros: number;
  readonly reassembly: Reassembly;
  readonly syncChannels: readonly SyncChannel[];
  /** The value under which the dissector at work was found in its table. */
  readonly selector: number;
  /** The innermost IP header read so far: checksums and TTL rules of its children need it. */
  network: Ipv4 | Ipv6 | null;
  /** Names the table and value of the next layer; without a call the dissection ends here. */
  handOver(table: Table, value: number): void;
  note(code: string, text: string): void;
  /** Malformed from here on: the layer returned still counts, and nothing behind it is read. */
  fail(code: string, text: string, at: number): void;
  /** Tells one password from another without keeping it; null where nobody said how. */
  secretNumber(octets: Uint8Array): number | null;
  /** These octets, by their place in the reader's, are a secret or may be one. */
  hide(secret: Secret): void;
  /** What this frame carries must not be kept at all: it may be part of a secret. */
  withhold(): void;
  /** Continue in other octets than the frame's (a datagram put together from fragments). */
  continueIn(reader: Reader): void;
}

/** One protocol. `read` gets a cursor at its first octet and leaves it behind its header; it may throw `Stop`. */
export interface Dissector<L extends { readonly protocol: string }> {
  readonly protocol: L['protocol'];
  readonly on: readonly { readonly table: Table; readonly value: number }[];
  read(r: Reader, packet: Packet): L;
}
