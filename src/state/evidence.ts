/** The frames behind events, with passwords masked: a window of the latest frames, from which each event takes its own. */
import type { Dissection, Frame } from '../../dissectors/dissect.ts';
import type { MonitorEvent } from './events.ts';

export interface EvidenceFrame {
  readonly number: number;
  readonly atMicros: number;
  readonly linkType: number;
  readonly originalLength: number;
  readonly bytes: Uint8Array;
  readonly interface: string | null;
}

export interface EventEvidence {
  readonly eventId: string;
  readonly frames: readonly EvidenceFrame[];
}

export class Evidence {
  #fresh: EventEvidence[] = [];

  /** Remembers a frame for a while. Its octets are copied. */
  offer(_frame: Frame, _dissection: Dissection, _number: number, _interface: string | null): void {}

  /** Keeps what an event cites. */
  keep(_event: MonitorEvent): void {}

  /** Since the last call, for the store. */
  takeFresh(): EventEvidence[] {
    const taken = this.#fresh;
    this.#fresh = [];
    return taken;
  }
}
