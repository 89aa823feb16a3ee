/** The whole app over a monitor, as the program builds it, with a feed that the test speaks through. */

import { createAlerts } from '../../src/alerts/alerts.ts';
import { NO_ALERTING } from '../../src/contract/alerting.ts';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { LiveListener } from '../../src/contract/feed.ts';
import { statusOf } from '../../src/contract/status.ts';
import { evidenceFile } from '../../src/evidence-file.ts';
import { createApp, type HttpContext } from '../../src/http/app.ts';
import type { App } from '../../src/http/context.ts';
import type { LiveTiming } from '../../src/http/live-hub.ts';
import { newHttpCounters } from '../../src/http/numbers.ts';
import { createMetrics } from '../../src/metrics/registry.ts';
import type { Monitor } from '../../src/state/monitor.ts';

export const CAPTURE: CaptureStatus = {
  id: 'eth0',
  kind: 'pcap',
  interface: 'eth0',
  up: true,
  packets: 12,
  octets: 3456,
  dropped: { kernel: 3, interface: 0, queue: null },
  restarts: { link: 2 },
  lastPacket: '2026-11-21T05:24:00.000000Z',
  since: '2026-11-21T05:20:00.000000Z',
  blind: [],
  cannotSee: [],
};

export interface Serving {
  readonly app: App;
  readonly context: HttpContext;
  /** Hands what the monitor has noted since the last time to the live clients. */
  publish(): void;
}

export function serving(monitor: Monitor, over: Partial<HttpContext> = {}, timing?: LiveTiming): Serving {
  const listeners = new Set<LiveListener>();
  const nowMicros = () => monitor.clock.nowMicros ?? 0;
  const capture = () => [CAPTURE];
  const history = () => ({ fromMicros: 1_795_234_000_000_000, toMicros: null, octets: 4096, lostFrames: 0, lastError: null });
  const store = () => ({ lagSeconds: 0.5, writeErrors: 0, lostEvents: 0, octets: 4096 });
  const counters = newHttpCounters();
  const context: HttpContext = {
    monitor,
    nowMicros,
    status: () => statusOf(monitor, nowMicros()),
    capture,
    metrics: createMetrics({ monitor, nowMicros, capture, store, history, sensor: 'lab', version: '0.0.0', http: () => counters }),
    evidence(eventId) {
      const frames = monitor.evidence.recent(eventId);
      return frames.length === 0 ? null : evidenceFile(frames);
    },
    counters,
    alerts: createAlerts({ alerting: NO_ALERTING, monitor, nowMicros, sensor: 'lab', url: () => 'http://lab/', kept: [], warn() {} }),
    feed: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    past: null,
    findRecords: null,
    ready: () => true,
    webRoot: null,
    allowedHosts: ['lb-monitor.example'],
    ...over,
  };
  return {
    app: createApp(context, timing),
    context,
    publish() {
      const slots = monitor.sessions.takeChanges();
      const events = monitor.events.takeFresh();
      for (const listener of listeners) listener(slots, events);
    },
  };
}
