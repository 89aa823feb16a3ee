/** Frames in, what the monitor made of them out: for tests of rules. */
import { readFileSync } from 'node:fs';
import type { MacAddress } from '../dissectors/address.ts';
import type { Frame } from '../dissectors/dissect.ts';
import { PcapStream } from '../src/capture/pcap-stream.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../src/config.ts';
import { createPipeline } from '../src/pipeline.ts';
import type { Anomaly } from '../src/state/anomalies.ts';
import type { MonitorEvent } from '../src/state/events.ts';
import type { Expected } from '../src/state/expected.ts';
import { createMonitor, type Monitor } from '../src/state/monitor.ts';
import { at } from './wire-frames.ts';

export interface Watched {
  readonly monitor: Monitor;
  readonly events: readonly MonitorEvent[];
  /** Raised now or before; `unknown` ones are left out. */
  readonly anomalies: readonly Anomaly[];
  /** Kinds of those, sorted, each once. */
  readonly kinds: readonly string[];
}

function watched(monitor: Monitor): Watched {
  const anomalies = monitor.anomalies.all.filter(({ firstMicros }) => firstMicros !== null);
  return { monitor, events: monitor.events.recent, anomalies, kinds: [...new Set(anomalies.map(({ kind }) => kind))].sort() };
}

/**
 * @param untilSeconds after `START`; by default the last frame's moment
 * @param own link-layer addresses of lvscope's own ports
 * @param channels of connection sync
 * @param headersSeen false: as from a source that makes the IP header up
 */
export function watch(
  frames: readonly Frame[],
  untilSeconds: number | null = null,
  expected: Expected | null = null,
  own: readonly MacAddress[] = [],
  channels: readonly string[] = [DEFAULT_SYNC],
  headersSeen = true,
): Watched {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: false, expected });
  for (const mac of own) monitor.own.add(mac);
  const enter = createPipeline({ monitor, syncChannels: channels.map(parseSyncChannel), headersSeen });
  for (const [index, frame] of frames.entries()) enter({ ...frame, number: index + 1, interface: 'eth0' });
  if (untilSeconds !== null) monitor.advance(at(untilSeconds));
  return watched(monitor);
}

/** A whole recording. @param untilFrame the last one taken */
export function watchRecording(path: string, sync = DEFAULT_SYNC, untilFrame = Number.POSITIVE_INFINITY): Watched {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: false });
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(sync)], headersSeen: true });
  const frame: ConstructorParameters<typeof PcapStream>[0]['frame'] = (captured) => {
    if (captured.number <= untilFrame) enter(captured);
  };
  new PcapStream({ name: path, frame }).push(readFileSync(path));
  return watched(monitor);
}
