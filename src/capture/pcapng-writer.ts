/** Writes pcapng (draft-ietf-opsawg-pcapng), little-endian, which keeps the name and the link type of each interface. */
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
const VERSION_1_0 = 1;
const UNKNOWN_LENGTH = 0xffffffff;
const IF_NAME = 2;
/** Type and length before the body, the length again behind it. */
const BLOCK_OCTETS = 12;
const PACKET_OCTETS = 20;
const HIGH_WORD = 2 ** 32;
const FIRST_OCTETS = 1 << 16;

const padded = (octets: number): number => (octets + 3) & ~3;

/** A file in the making, handed over piece by piece; an interface is described before its first frame. */
export class PcapngWriter {
  #octets = new Uint8Array(FIRST_OCTETS);
  #view = new DataView(this.#octets.buffer);
  #length = 0;
  readonly #interfaces = new Map<string, number>();

  constructor() {
    const at = this.#block(SECTION_HEADER, 16);
    [BYTE_ORDER_MAGIC, VERSION_1_0, UNKNOWN_LENGTH, UNKNOWN_LENGTH].forEach((word, i) => {
      this.#view.setUint32(at + 4 * i, word, true);
    });
  }

  /** Octets that nobody has taken yet. */
  get pending(): number {
    return this.#length;
  }

  /** @returns the frame's octets as they stand in the file, to be masked in place before anything else is called */
  add({ atMicros, bytes, originalLength, linkType, interface: name }: NamedRecord): Uint8Array {
    const id = this.#interfaceId(linkType, name);
    const at = this.#block(ENHANCED_PACKET, PACKET_OCTETS + bytes.length);
    const words = [id, Math.floor(atMicros / HIGH_WORD), atMicros % HIGH_WORD, bytes.length, originalLength];
    for (let i = 0; i < words.length; i++) this.#view.setUint32(at + 4 * i, words[i], true);
    const place = at + PACKET_OCTETS;
    this.#octets.set(bytes, place);
    return this.#octets.subarray(place, place + bytes.length);
  }

  /** A copy of what was added since the last call. */
  take(): Uint8Array {
    const taken = this.#octets.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #interfaceId(linkType: number, name: string | null): number {
    const key = `${linkType} ${name ?? ''}`;
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    const text = new TextEncoder().encode(name ?? '');
    const at = this.#block(INTERFACE_DESCRIPTION, name === null ? 8 : 16 + padded(text.length));
    this.#view.setUint16(at, linkType, true);
    if (name !== null) {
      this.#view.setUint16(at + 8, IF_NAME, true);
      this.#view.setUint16(at + 10, text.length, true);
      this.#octets.set(text, at + 12);
    }
    this.#interfaces.set(key, this.#interfaces.size);
    return this.#interfaces.size - 1;
  }

  /** Room for a block with its type and lengths; returns where its body, all zeros, begins. */
  #block(type: number, bodyOctets: number): number {
    const octets = padded(bodyOctets) + BLOCK_OCTETS;
    const at = this.#length;
    this.#length += octets;
    if (this.#length > this.#octets.length) this.#widen();
    this.#octets.fill(0, at, this.#length);
    this.#view.setUint32(at, type, true);
    this.#view.setUint32(at + 4, octets, true);
    this.#view.setUint32(this.#length - 4, octets, true);
    return at + 8;
  }

  #widen(): void {
    const wider = new Uint8Array(2 ** Math.ceil(Math.log2(this.#length)));
    wider.set(this.#octets);
    this.#octets = wider;
    this.#view = new DataView(wider.buffer);
  }
}

/** A whole file. */
export function pcapngFile(records: readonly NamedRecord[]): Uint8Array {
  const writer = new PcapngWriter();
  for (const record of records) writer.add(record);
  return writer.take();
}
