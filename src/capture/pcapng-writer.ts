/** Writes pcapng (draft-ietf-opsawg-pcapng), which keeps the name and the link type of each interface, in this machine's byte order. */
import type { PcapRecord } from './pcap-writer.ts';

export interface NamedRecord extends PcapRecord {
  readonly linkType: number;
  /** Null: not known. */
  readonly interface: string | null;
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const IF_NAME = 2;
/** Type and length before the body, the length again behind it. */
const BLOCK_OCTETS = 12;
const HIGH_WORD = 2 ** 32;

const padded = (octets: number): number => (octets + 3) & ~3;

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function halfWords(...values: number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer);
}

function block(type: number, ...parts: Uint8Array[]): Uint8Array {
  const body = parts.reduce((sum, part) => sum + padded(part.length), 0);
  const octets = new Uint8Array(body + BLOCK_OCTETS);
  octets.set(words(type, octets.length));
  let at = 8;
  for (const part of parts) {
    octets.set(part, at);
    at += padded(part.length);
  }
  octets.set(words(octets.length), at);
  return octets;
}

/** Version 1.0, of unknown length. */
const sectionHeader = (): Uint8Array => block(SECTION_HEADER, words(BYTE_ORDER_MAGIC), halfWords(1, 0), words(0xffffffff, 0xffffffff));

function interfaceDescription(linkType: number, name: string | null): Uint8Array {
  const text = new TextEncoder().encode(name ?? '');
  const option = name === null ? [] : [halfWords(IF_NAME, text.length), text, halfWords(0, 0)];
  return block(INTERFACE_DESCRIPTION, halfWords(linkType, 0), words(0), ...option);
}

function packet({ atMicros, bytes, originalLength }: PcapRecord, id: number): Uint8Array {
  return block(ENHANCED_PACKET, words(id, Math.floor(atMicros / HIGH_WORD), atMicros % HIGH_WORD, bytes.length, originalLength), bytes);
}

/** A whole file; an interface is described before its first frame. */
export function pcapngFile(records: readonly NamedRecord[]): Uint8Array {
  const ids = new Map<string, number>();
  const blocks = [sectionHeader()];
  for (const record of records) {
    const { linkType, interface: name } = record;
    const key = `${linkType} ${name ?? ''}`;
    const id = ids.get(key) ?? ids.size;
    if (id === ids.size) blocks.push(interfaceDescription(linkType, name));
    ids.set(key, id);
    blocks.push(packet(record, id));
  }
  return Buffer.concat(blocks);
}
