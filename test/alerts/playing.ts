/** A real monitor that reads frames, with alerts as a configuration file says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parse } from 'yaml';
import type { Frame } from '../../dissectors/dissect.ts';
import { type Alerts, type AlertsOptions, createAlerts } from '../../src/alerts/alerts.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import type { AlertRow } from '../../src/contract/alert.ts';
import { type Alerting, readAlerting } from '../../src/contract/alerting.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { FIXTURES } from '../environment.ts';

export function alertingOf(yaml: string): Alerting {
  const read = readAlerting(parse(yaml));
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

export interface Playing {
  readonly monitor: Monitor;
  readonly alerts: Alerts;
  /** What is kept for the next run, by table and id. */
  readonly kept: Map<string, AlertRow>;
  /** What was logged. */
  readonly warned: string[];
  frame(frame: Frame): void;
  /** What is kept is up to date with what has been delivered. */
  flush(): void;
  /** Time goes on without a frame. */
  advance(atMicros: number): void;
  recording(name: string): void;
}

const made: Alerts[] = [];
afterAll(() => {
  for (const alerts of made) alerts.close();
});

/** @param yaml the section `alerts` of a configuration file */
export function playing(yaml: string, over: Partial<AlertsOptions> = {}): Playing {
  const monitor = over.monitor ?? createMonitor({ maxSessions: 100_000, trackChanges: false });
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen: true });
  const kept = new Map<string, AlertRow>((over.kept ?? []).map((row) => [`${row.table} ${row.id}`, row]));
  const warned: string[] = [];
  const alerts = createAlerts({
    alerting: alertingOf(yaml),
    monitor,
    nowMicros: () => monitor.clock.nowMicros ?? 0,
    sensor: 'lab',
    url: () => 'http://127.0.0.1:9852/',
    kept: [],
    warn: (receiver, error) => warned.push(`${receiver}: ${error}`),
    ...over,
  });
  made.push(alerts);
  alerts.start();
  function tick(): void {
    for (const row of alerts.tick(monitor.events.takeFresh())) {
      const key = `${row.table} ${row.id}`;
      if (row.json === null) kept.delete(key);
      else kept.set(key, row);
    }
  }
  let number = 0;
  function frame(one: Frame): void {
    enter({ ...one, number: ++number, interface: null });
    tick();
  }
  return {
    monitor,
    alerts,
    kept,
    warned,
    frame,
    flush: tick,
    advance(atMicros) {
      monitor.advance(atMicros);
      tick();
    },
    recording(name) {
      new PcapStream({ name, frame }).push(readFileSync(join(FIXTURES, 'captures', `${name}.pcap`)));
    },
  };
}
