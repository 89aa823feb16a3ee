/** Frames in, state out: the one path that live capture, files, standard input and tests all take. */
import { type Dissection, dissect } from '../dissectors/dissect.ts';
import type { SyncChannel } from '../dissectors/dissector.ts';
import type { CapturedFrame } from './capture/captured-frame.ts';
import { createSecretNumbers } from './secrets.ts';
import type { Monitor } from './state/monitor.ts';

export interface PipelineOptions {
  readonly monitor: Monitor;
  readonly syncChannels: readonly SyncChannel[];
  /** False for a source that makes the IP header up. */
  readonly headersSeen: boolean;
  /** Told of every frame before the state is; null: nobody asks. */
  readonly keep?: ((frame: CapturedFrame, dissection: Dissection) => void) | null;
}

/** What to call with every frame. */
export function createPipeline({ monitor, syncChannels, headersSeen, keep = null }: PipelineOptions): (frame: CapturedFrame) => void {
  const options = { reassembly: monitor.reassembly, syncChannels, secretNumber: createSecretNumbers() };
  return (frame) => {
    const dissection = dissect(frame, options);
    keep?.(frame, dissection);
    monitor.observe(dissection, {
      atMicros: frame.atMicros,
      interface: frame.interface,
      number: frame.number,
      octets: frame.originalLength,
      headersSeen,
      captured: frame,
    });
  };
}
