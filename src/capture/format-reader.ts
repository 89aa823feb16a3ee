/** Octets with a view over the same octets, made once a chunk. */
export interface Octets {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Where a format reader puts what it finds. */
export interface FrameSink {
  /** False when the frame of this time is to wait; the reader then stops in front of it and is asked again. */
  due(atMicros: number): boolean;
  frame(bytes: Uint8Array, linkType: number, atMicros: number, originalLength: number, from: string | null): void;
}

/** One file format. Throws `Stop` (with `at` counted in the octets given) where the octets cannot be what they claim. */
export interface FormatReader {
  /** Reads whole records from `at` on; returns where the first one begins that is not all there or not due yet. */
  read(octets: Octets, at: number): number;
  /** Octets that the record there needs, as far as its beginning tells. */
  readonly needs: number;
}

/** The longest record or block we believe: libpcap's largest snapshot length is 256 kB, Wireshark's largest packet 128 MB for USB only. */
export const LONGEST_RECORD = 16 * 1024 * 1024;

export function octetsOf(bytes: Uint8Array): Octets {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** A view of part of the octets, without the cost of `subarray` on a Buffer. */
export function slice(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
}
