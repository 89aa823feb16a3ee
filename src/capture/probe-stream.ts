/**
 * What a probe writes: pieces of its pcap stream with messages between them, each behind eight octets that say which of the two
 * it is and how long. One stream, so that it goes through a pipe and through a Unix socket alike.
 */
import { type ProbeMessage, readMessage } from './probe-messages.ts';

const HEADER = 8;
const PCAP = 1;
const MESSAGE = 2;
const LONGEST_MESSAGE = 64 * 1024;

function header(kind: number, length: number): Buffer {
  const octets = Buffer.alloc(HEADER);
  octets.writeUInt32LE(kind, 0);
  octets.writeUInt32LE(length, 4);
  return octets;
}

/** To be written before so many octets of the pcap stream. */
export const pcapHeader = (length: number): Buffer => header(PCAP, length);

export function messageChunk(message: ProbeMessage): Buffer {
  const octets = Buffer.from(JSON.stringify(message));
  return Buffer.concat([header(MESSAGE, octets.length), octets]);
}

export interface ProbeStreamListener {
  /** The next octets of the pcap stream, in pieces of any size. */
  pcap(octets: Buffer): void;
  message(message: ProbeMessage): void;
}

/** Reads such a stream in pieces of any size. Only an unfinished message is kept, so it is bounded. */
export class ProbeStream {
  /** True once this is no stream of a probe: nothing more is read then. */
  broken = false;
  readonly #listener: ProbeStreamListener;
  readonly #header = Buffer.alloc(HEADER);
  #headerRead = 0;
  #left = 0;
  #message: Buffer[] = [];

  constructor(listener: ProbeStreamListener) {
    this.#listener = listener;
  }

  push(octets: Buffer): void {
    let rest = octets;
    while (rest.length > 0 && !this.broken) rest = this.#headerRead < HEADER ? this.#readHeader(rest) : this.#readBody(rest);
  }

  /** Returns what is left of the octets, as the next one does. */
  #readHeader(octets: Buffer): Buffer {
    const taken = octets.copy(this.#header, this.#headerRead);
    this.#headerRead += taken;
    if (this.#headerRead === HEADER) this.#begin();
    return octets.subarray(taken);
  }

  #begin(): void {
    this.#left = this.#header.readUInt32LE(4);
    const kind = this.#header.readUInt32LE(0);
    const isLegal = kind === PCAP || (kind === MESSAGE && this.#left <= LONGEST_MESSAGE);
    if (!isLegal || this.#left === 0) this.broken = true;
  }

  #readBody(octets: Buffer): Buffer {
    const part = octets.subarray(0, this.#left);
    this.#left -= part.length;
    if (this.#header.readUInt32LE(0) === PCAP) this.#listener.pcap(part);
    else this.#message.push(Buffer.from(part));
    if (this.#left === 0) this.#end();
    return octets.subarray(part.length);
  }

  #end(): void {
    this.#headerRead = 0;
    if (this.#message.length === 0) return;
    const message = readMessage(Buffer.concat(this.#message).toString());
    this.#message = [];
    if (message) this.#listener.message(message);
    else this.broken = true;
  }
}
