import type { Frame } from '../../dissectors/dissect.ts';

/** One frame of a capture. `bytes` is a view into a buffer that is used again: valid during the callback only. */
export interface CapturedFrame extends Frame {
  /** 1 for the first frame of the capture, as Wireshark counts. */
  readonly number: number;
  /** The interface that saw it; null where the capture does not say. */
  readonly interface: string | null;
}

/** Why the rest of a capture cannot be read. What came before it was delivered. */
export interface CaptureFault {
  /**
   * `cut`: the stream ends inside a record; `gzip`: it cannot be unpacked any further; all others name a field that
   * cannot be right (`record_length`, `block_length`, `block_trailer`, `block_short`, `byte_order`, `interface_id`, `interfaces`).
   */
  readonly code: string;
  /** Offset of the record in the (unpacked) stream, in octets. */
  readonly at: number;
  readonly text: string;
}

/** Counts frames over several streams, so that a number names one frame of the whole run. */
export interface FrameCounter {
  frames: number;
}
