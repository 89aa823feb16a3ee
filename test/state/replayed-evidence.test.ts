/** An event's evidence, written as a capture and read by a monitor that knows nothing, gives the same event again. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../src/capture/file.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { evidenceFile } from '../../src/evidence-file.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { subjectKey } from '../../src/state/anomalies.ts';
import type { MonitorEvent } from '../../src/state/events.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { FIXTURES } from '../environment.ts';

const CHANNELS = ['224.0.0.81:8848-8911', '239.1.2.3:9000-9003', '[ff02::81]:8848-8911'].map(parseSyncChannel);
const RECORDINGS = ['captures', 'keepalived', 'arp'].flatMap((folder) =>
  readdirSync(join(FIXTURES, folder))
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => `${folder}/${name}`),
);

function fresh() {
  const monitor = createMonitor({ maxSessions: 10_000, trackChanges: false });
  return { monitor, enter: createPipeline({ monitor, syncChannels: CHANNELS, headersSeen: true }) };
}

const named = ({ kind, subject }: MonitorEvent): string => `${kind} ${subjectKey(subject)}`;

/** What a monitor makes of an event's evidence alone. */
function again(monitor: Monitor, { id }: MonitorEvent): string[] {
  const frames = monitor.evidence.recent(id);
  const replayed = fresh();
  void new PcapStream({ name: id, frame: replayed.enter }).push(evidenceFile(frames).octets);
  replayed.monitor.advance(frames.at(-1)?.atMicros ?? 0);
  return replayed.monitor.events.recent.map(named);
}

describe.each(RECORDINGS)('%s', (recording) => {
  test("replaying an event's evidence gives the same event kind and subject", async () => {
    const { monitor, enter } = fresh();
    await readCapture(join(FIXTURES, recording), { frame: enter });
    monitor.advance(monitor.clock.nowMicros ?? 0);
    for (const event of monitor.events.recent) {
      expect(monitor.evidence.recent(event.id).length, `${event.kind}: ${event.text}`).toBeGreaterThan(0);
      expect(again(monitor, event)).toContain(named(event));
    }
  });
});
