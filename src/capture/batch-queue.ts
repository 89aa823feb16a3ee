/** Frames gathered into large writes. Owns its buffers: what does not fit into them is dropped and counted, so the queue is bounded. */

const BATCH = 256 * 1024;

export interface BatchQueueOptions {
  /** Takes one batch; calls `done` when the octets may be used again. */
  readonly write: (octets: Uint8Array, done: () => void) => void;
  /** Buffers in all: those written and not yet done, and the one being filled. */
  readonly batches: number;
}

export class BatchQueue {
  /** Frames that found no room. */
  dropped = 0;
  readonly #write: BatchQueueOptions['write'];
  readonly #free: Buffer[] = [];
  #unmade: number;
  #current: Buffer | undefined;
  #used = 0;

  constructor({ write, batches }: BatchQueueOptions) {
    this.#write = write;
    this.#unmade = batches;
  }

  /** Copies a record header and the first `length` octets of the frame. */
  append(header: Buffer, frame: Buffer, length: number): void {
    const room = header.length + length;
    if (this.#used + room > BATCH) this.flush();
    this.#current ??= this.#next();
    if (!this.#current || room > BATCH) {
      this.dropped++;
      return;
    }
    header.copy(this.#current, this.#used);
    frame.copy(this.#current, this.#used + header.length, 0, length);
    this.#used += room;
  }

  flush(): void {
    const batch = this.#current;
    if (!batch || this.#used === 0) return;
    const octets = batch.subarray(0, this.#used);
    this.#current = undefined;
    this.#used = 0;
    this.#write(octets, () => this.#free.push(batch));
  }

  #next(): Buffer | undefined {
    if (this.#free.length > 0) return this.#free.pop();
    if (this.#unmade === 0) return undefined;
    this.#unmade--;
    return Buffer.allocUnsafeSlow(BATCH);
  }
}
