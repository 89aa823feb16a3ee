import type { Ipv6Address, MacAddress } from './address.ts';

/**
 * What stopped a dissection. Thrown by readers, caught in one place (`dissect()`); it is no `Error`, because a flood of
 * malformed frames must not pay for stack traces.
 */
export class Stop {
  readonly code: string;
  readonly text: string;
  readonly at: number;
  /** @param code the fault's name without its protocol, e.g. `length`; @param at octet offset in the frame or reassembled payload */
  constructor(code: string, text: string, at: number) {
    this.code = code;
    this.text = text;
    this.at = at;
  }
}

/** A cursor over captured octets, big-endian, that cannot pass its end: reading there throws `Stop('truncated')`. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  pos: number;
  end: number;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = pos;
    this.end = end;
  }

  /** Octets between the cursor and the end. */
  get left(): number {
    return this.end - this.pos;
  }

  need(octets: number): void {
    if (this.end - this.pos < octets) throw new Stop('truncated', `needs ${octets} octets, ${this.left} are left`, this.pos);
  }

  u8(): number {
    this.need(1);
    return this.view.getUint8(this.pos++);
  }

  u16(): number {
    this.need(2);
    const value = this.view.getUint16(this.pos);
    this.pos += 2;
    return value;
  }

  u32(): number {
    this.need(4);
    const value = this.view.getUint32(this.pos);
    this.pos += 4;
    return value;
  }

  mac(): MacAddress {
    this.need(6);
    const value = this.view.getUint16(this.pos) * 0x100000000 + this.view.getUint32(this.pos + 2);
    this.pos += 6;
    return value;
  }

  ipv6(): Ipv6Address {
    return this.take(16);
  }

  /** A view of the next octets: valid as long as the frame is. */
  take(octets: number): Uint8Array {
    this.need(octets);
    const view = this.bytes.subarray(this.pos, this.pos + octets);
    this.pos += octets;
    return view;
  }

  skip(octets: number): void {
    this.need(octets);
    this.pos += octets;
  }

  /** Declares where this message ends; what lies behind (Ethernet padding) is no part of it. Never grows. */
  limit(octets: number): void {
    this.need(octets);
    this.end = this.pos + octets;
  }
}
