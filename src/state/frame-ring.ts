/** The latest frames, copied into memory that is set aside once: the newest overwrites the oldest, nothing is allocated per frame. */
import type { Frame } from '../../dissectors/dissect.ts';

/** A frame as it is kept: secrets masked, octets its own. */
export interface KeptFrame {
  /** In its capture, from 1. */
  readonly number: number;
  readonly atMicros: number;
  /** LINKTYPE_*. */
  readonly linkType: number;
  readonly originalLength: number;
  readonly bytes: Uint8Array;
  readonly interface: string | null;
}

export class FrameRing {
  readonly #numbers: Float64Array;
  readonly #times: Float64Array;
  /** Octets ever written before the frame: its place is that modulo the ring's size, and tells whether it was overwritten. */
  readonly #starts: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #originalLengths: Uint32Array;
  readonly #linkTypes: Uint32Array;
  readonly #interfaces: (string | null)[];
  /** Of a fragment: what it is a fragment of. */
  readonly #datagrams: (string | null)[];
  readonly #octets: Uint8Array;
  /** Frames ever added. */
  #added = 0;
  #written = 0;

  constructor(frames: number, octets: number) {
    this.#numbers = new Float64Array(frames);
    this.#times = new Float64Array(frames);
    this.#starts = new Float64Array(frames);
    this.#lengths = new Uint32Array(frames);
    this.#originalLengths = new Uint32Array(frames);
    this.#linkTypes = new Uint32Array(frames);
    this.#interfaces = new Array<string | null>(frames).fill(null);
    this.#datagrams = new Array<string | null>(frames).fill(null);
    this.#octets = new Uint8Array(octets);
  }

  /**
   * Numbers must grow; a frame larger than the ring is not kept.
   * @returns offset of the copy in `octets`, null when it was not kept
   */
  add(frame: Frame, number: number, name: string | null, datagram: string | null): number | null {
    const size = this.#octets.length;
    const { length } = frame.bytes;
    if (length > size) return null;
    // A frame lies in one piece: what is left before the end is passed over.
    let place = this.#written % size;
    if (place + length > size) {
      this.#written += size - place;
      place = 0;
    }
    const slot = this.#added++ % this.#numbers.length;
    this.#numbers[slot] = number;
    this.#times[slot] = frame.atMicros;
    this.#starts[slot] = this.#written;
    this.#lengths[slot] = length;
    this.#originalLengths[slot] = frame.originalLength;
    this.#linkTypes[slot] = frame.linkType;
    this.#interfaces[slot] = name;
    this.#datagrams[slot] = datagram;
    this.#octets.set(frame.bytes, place);
    this.#written += length;
    return place;
  }

  /** The octets of a frame just added, to be masked in place. */
  octets(place: number, length: number): Uint8Array {
    return this.#octets.subarray(place, place + length);
  }

  find(number: number): KeptFrame | null {
    const slot = this.#slotOf(number);
    if (slot === null) return null;
    const place = this.#starts[slot] % this.#octets.length;
    return {
      number,
      atMicros: this.#times[slot],
      linkType: this.#linkTypes[slot],
      originalLength: this.#originalLengths[slot],
      bytes: this.#octets.slice(place, place + this.#lengths[slot]),
      interface: this.#interfaces[slot],
    };
  }

  /** Numbers of the fragments of the datagram that a frame is a fragment of, itself among them, in order; of a whole one its own. */
  fragments(number: number): number[] {
    const slot = this.#slotOf(number);
    const datagram = slot === null ? null : this.#datagrams[slot];
    if (datagram === null) return [number];
    const found: number[] = [];
    for (let nth = this.#oldest(); nth < this.#added; nth++) {
      const one = nth % this.#numbers.length;
      if (this.#datagrams[one] === datagram && this.#isKept(one)) found.push(this.#numbers[one]);
    }
    return found;
  }

  /** Number of the latest frame captured at a moment. */
  at(atMicros: number): number | null {
    for (let nth = this.#added - 1; nth >= this.#oldest(); nth--) {
      const slot = nth % this.#numbers.length;
      if (this.#times[slot] === atMicros && this.#isKept(slot)) return this.#numbers[slot];
    }
    return null;
  }

  #oldest(): number {
    return Math.max(0, this.#added - this.#numbers.length);
  }

  #isKept(slot: number): boolean {
    return this.#written - this.#starts[slot] <= this.#octets.length;
  }

  #slotOf(number: number): number | null {
    let low = this.#oldest();
    let high = this.#added - 1;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const slot = middle % this.#numbers.length;
      if (this.#numbers[slot] === number) return this.#isKept(slot) ? slot : null;
      if (this.#numbers[slot] < number) low = middle + 1;
      else high = middle - 1;
    }
    return null;
  }
}
