/** The native part of npm `pcap`, typed as far as we use it. Only this file loads it; it must stay out of the main process. */
import { createRequire } from 'node:module';

export interface PcapCounters {
  /** Frames that passed the filter. These are 32 bits wide and wrap. */
  readonly ps_recv: number;
  readonly ps_drop: number;
  readonly ps_ifdrop: number;
}

export interface PcapHandle {
  /** Called when the descriptor is readable, until its first error; after that it is silent for good. */
  read_callback: () => void;
  /** Returns the link type as text; throws with libpcap's text. */
  open_live(
    device: string,
    filter: string,
    bufferOctets: number,
    snapLength: number,
    outputFile: string,
    onPacket: () => void,
    monitorMode: boolean,
    bufferTimeoutMs: number,
    onWarning: (text: string) => void,
    promiscuous: boolean,
  ): string;
  start_polling(): void;
  /**
   * Reads until the ring is empty: each frame is copied into `frame`, its record header (seconds, microseconds, captured and
   * original length, 32 bits each in the machine's order) into `header`, and `onPacket` called. Returns 0, or -1 on an error.
   */
  dispatch(frame: Buffer, header: Buffer): number;
  stats(): PcapCounters;
}

interface PcapAddon {
  readonly PcapSession: new () => PcapHandle;
}

/** @throws when the module is not installed, not built, or built for another Node.js */
export function newPcapHandle(): PcapHandle {
  const addon: PcapAddon = createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node');
  return new addon.PcapSession();
}
