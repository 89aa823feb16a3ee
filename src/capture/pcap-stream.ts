/**
 * Any capture as a stream of octets: classic pcap and pcapng, cut into chunks anywhere. Packets that lie within one chunk
 * are handed out in place; only one that crosses a chunk's end is put together in a buffer of its own.
 */
import { Stop } from '../../dissectors/reader.ts';
import { EXIT, OperatorError } from '../errors.ts';
import type { CapturedFrame, CaptureFault, FrameCounter } from './captured-frame.ts';
import { classicPcap } from './classic-pcap.ts';
import { type FormatReader, type FrameSink, LONGEST_RECORD, type Octets, octetsOf, slice } from './format-reader.ts';
import { pcapng } from './pcapng.ts';

const MAGIC = 4;

export interface PcapStreamOptions {
  /** What to call the stream in a message to the operator. */
  readonly name: string;
  /** Called with every frame, in order. */
  readonly frame: (frame: CapturedFrame) => void;
  /** A promise here holds back the frame of this time; when it is kept, the question is asked again. */
  readonly pace?: ((atMicros: number) => Promise<void> | undefined) | undefined;
  /** The interface of all frames, for streams that do not name it themselves. */
  readonly interface?: string;
  /** Shared by streams whose frames are numbered together. */
  readonly counter?: FrameCounter | undefined;
}

/** Owns the buffer for the record that crosses chunks: at most `LONGEST_RECORD` octets. */
export class PcapStream {
  readonly #options: PcapStreamOptions;
  readonly #sink: FrameSink;
  #format: FormatReader | null = null;
  #fault: CaptureFault | null = null;
  #stopped = false;
  #waiting: Promise<void> | undefined;
  #chunk = octetsOf(new Uint8Array(0));
  /** How far the chunk is read. */
  #at = 0;
  /** Octets of the stream before this chunk. */
  #before = 0;
  #carry = new Uint8Array(2048);
  #carried = 0;

  constructor(options: PcapStreamOptions) {
    this.#options = options;
    this.#sink = frameSink(options, (wait) => {
      this.#waiting = wait;
    });
  }

  /** Set when the stream cannot be read any further: what is pushed after it is ignored. */
  get fault(): CaptureFault | null {
    return this.#fault;
  }

  /**
   * Reads on in the next octets, which may be used again afterwards. Returns a promise when `pace` held a frame back:
   * then nothing may be pushed before it is kept.
   * @throws OperatorError (exit code 4) when the stream is no capture
   */
  push(bytes: Uint8Array): Promise<void> | undefined {
    this.#before += this.#chunk.bytes.length;
    this.#chunk = octetsOf(bytes);
    this.#at = 0;
    return this.#proceed();
  }

  /**
   * Says how the stream ended: null when it ended where a record does.
   * @throws OperatorError (exit code 4) when there was too little to be a capture
   */
  end(): CaptureFault | null {
    if (this.#fault) return this.#fault;
    if (!this.#format) throw this.#notACapture();
    if (this.#carried === 0) return null;
    const text = `the capture ends ${this.#carried} octets into a record of at least ${this.#format.needs}`;
    return { code: 'cut', at: this.offset, text };
  }

  /** Offset in the stream up to which everything was delivered. */
  get offset(): number {
    if (this.#fault) return this.#fault.at;
    return this.#carried > 0 ? this.#origin() : this.#before + this.#at;
  }

  /** Delivers nothing any more, not even a frame that waits. */
  stop(): void {
    this.#stopped = true;
  }

  #proceed(): Promise<void> | undefined {
    if (this.#fault || this.#stopped) return undefined;
    try {
      while (this.#carried > 0 ? this.#readCarried() : this.#readChunk());
    } catch (stop) {
      if (!(stop instanceof Stop)) throw stop;
      this.#fault = { code: stop.code, at: this.#origin() + stop.at, text: stop.text };
    }
    return this.#waiting?.then(() => this.#proceed());
  }

  /** Completes the record that an earlier chunk began. Returns whether to go on. */
  #readCarried(): boolean {
    const needs = this.#format?.needs ?? MAGIC;
    this.#carryOn(Math.min(needs - this.#carried, this.#chunk.bytes.length - this.#at));
    if (this.#carried < needs) return false;
    if (this.#read(octetsOf(this.#carry.subarray(0, this.#carried)), 0) > 0) this.#carried = 0;
    return !this.#waiting;
  }

  /** Reads what lies whole in the chunk and carries the rest over. Returns whether to go on. */
  #readChunk(): boolean {
    this.#at = this.#read(this.#chunk, this.#at);
    if (!this.#waiting) this.#carryOn(this.#chunk.bytes.length - this.#at);
    return false;
  }

  #read(octets: Octets, at: number): number {
    this.#waiting = undefined;
    if (!this.#format) {
      if (octets.bytes.length - at < MAGIC) return at;
      this.#format = classicPcap(octets.view, at, this.#sink) ?? pcapng(octets.view, at, this.#sink);
      if (!this.#format) throw this.#notACapture();
    }
    return this.#format.read(octets, at);
  }

  #carryOn(octets: number): void {
    const carried = this.#carried + octets;
    if (carried > this.#carry.length) this.#carry = grown(this.#carry, carried);
    this.#carry.set(slice(this.#chunk.bytes, this.#at, octets), this.#carried);
    this.#carried = carried;
    this.#at += octets;
  }

  /** Offset in the stream of the first octet that is being read. */
  #origin(): number {
    return this.#carried > 0 ? this.#before + this.#at - this.#carried : this.#before;
  }

  #notACapture(): OperatorError {
    const { name } = this.#options;
    const what = this.#before + this.#chunk.bytes.length === 0 ? 'is empty' : 'is neither pcap nor pcapng';
    return new OperatorError(EXIT.notFound, `${name} ${what}`, 'Give a capture as tcpdump or Wireshark writes it, plain or gzip.');
  }
}

function grown(buffer: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(Math.max(least, 2 * buffer.length), LONGEST_RECORD + 65536));
  larger.set(buffer);
  return larger;
}

function frameSink(options: PcapStreamOptions, hold: (wait: Promise<void>) => void): FrameSink {
  const { frame, pace, interface: known = null, counter = { frames: 0 } } = options;
  return {
    due(atMicros) {
      const wait = pace?.(atMicros);
      if (wait) hold(wait);
      return !wait;
    },
    frame(bytes, linkType, atMicros, originalLength, named) {
      counter.frames++;
      frame({ bytes, linkType, atMicros, originalLength, number: counter.frames, interface: named ?? known });
    },
  };
}
