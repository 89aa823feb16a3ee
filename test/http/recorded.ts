/** A real monitor that has read a recording of the lab, and what its load balancers said themselves at the time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCapture } from '../../src/capture/file.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { FIXTURES } from '../environment.ts';

export interface Look {
  readonly t: number;
  readonly host: string;
  readonly command: string;
  readonly output: string;
}

/** What `ipvsadm` and others printed on the backup, lb2, which knows what it learnt by sync and nothing else. */
export function looks(name: string, command: string): Look[] {
  const oracle = JSON.parse(readFileSync(join(FIXTURES, 'captures', `${name}.json`), 'utf8')) as { looks: Look[] };
  return oracle.looks.filter((look) => look.host === 'lb2' && look.command === command);
}

/** @param untilMicros frames after it are not read, and time stands there */
export async function recorded(name: string, untilMicros = Number.POSITIVE_INFINITY): Promise<Monitor> {
  const monitor = createMonitor({ maxSessions: 100_000, trackChanges: true });
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
  await readCapture(join(FIXTURES, 'captures', `${name}.pcap`), {
    frame(frame) {
      if (frame.atMicros <= untilMicros) enter(frame);
    },
  });
  if (Number.isFinite(untilMicros)) monitor.advance(untilMicros);
  monitor.sessions.takeChanges();
  monitor.events.takeFresh();
  return monitor;
}
