/** The alerts of a running monitor: news in, notifications out, and what of it outlives a restart. */
import { randomUUID } from 'node:crypto';
import type { Alert, AlertDesk, AlertRow } from '../contract/alert.ts';
import type { Alerting } from '../contract/alerting.ts';
import { timeText } from '../contract/scalars.ts';
import type { NewSilence } from '../contract/silence.ts';
import type { MonitorEvent } from '../state/events.ts';
import type { Monitor } from '../state/monitor.ts';
import type { AlertState } from './alert-state.ts';
import { type Delivery, DeliveryQueue, RETRY_TIMING, type RetryTiming } from './delivery-queue.ts';
import { AlertEngine } from './engine.ts';
import { type KeptSilence, Mutes } from './mutes.ts';
import { burning, takeNews } from './news.ts';
import { notificationOf } from './notification.ts';
import { allTargets } from './targets.ts';

export interface AlertTiming extends RetryTiming {
  /** How often an Alertmanager is told again of what burns; as Prometheus by default. */
  readonly resendMs: number;
}

const ALERT_TIMING: AlertTiming = { ...RETRY_TIMING, resendMs: 60_000 };

export interface AlertsOptions {
  readonly alerting: Alerting;
  readonly monitor: Monitor;
  /** The monitor's time. */
  readonly nowMicros: () => number;
  readonly sensor: string;
  /** lvscope's page, where the file does not say; asked for from `start` on. */
  readonly url: () => string;
  /** What the last run left. */
  readonly kept: readonly AlertRow[];
  readonly warn: (receiver: string, error: string) => void;
  /** For tests, which cannot wait as long as receivers may. */
  readonly timing?: Partial<AlertTiming>;
}

export interface Alerts extends AlertDesk {
  /** Once, when what was stored is back and before the first frame: tells what began or ended unseen. */
  start(): void;
  /**
   * A few times a second. @param events since the last call
   * @returns what changed of what is to be kept
   */
  tick(events: readonly MonitorEvent[]): AlertRow[];
  /** What is not delivered yet is kept for the next run. */
  close(): void;
}

function alertOf(alert: AlertState, receivers: readonly string[]): Alert {
  const { fingerprint, kind, severity, subject, text, startsMicros, endsMicros, rule, told, toldMicros, flapping, suppressedBy } = alert;
  return {
    id: fingerprint,
    kind,
    severity,
    subject,
    text,
    state: endsMicros === null ? 'firing' : 'resolved',
    startsAt: timeText(startsMicros),
    endsAt: endsMicros === null ? null : timeText(endsMicros),
    rule,
    receivers: [...receivers],
    told,
    toldAt: toldMicros === null ? null : timeText(toldMicros),
    flapping,
    suppressedBy,
  };
}

const burnsFirst = (a: AlertState, b: AlertState): number =>
  Number(a.endsMicros !== null) - Number(b.endsMicros !== null) || a.startsMicros - b.startsMicros;

export function createAlerts(options: AlertsOptions): Alerts {
  const { alerting, monitor, nowMicros, kept } = options;
  const timing = { ...ALERT_TIMING, ...options.timing };
  const rows = new Map<string, AlertRow>();
  const save = (table: AlertRow['table'], id: string, value: object | null): void => {
    rows.set(`${table} ${id}`, { table, id, json: value && JSON.stringify(value) });
  };
  const keptOf = <Value>(table: AlertRow['table']): Value[] =>
    kept.flatMap((row) => (row.table === table && row.json !== null ? [JSON.parse(row.json) as Value] : []));

  const queues = allTargets(alerting, timing.resendMs).map((target) => {
    const hooks = { save: (id: string, delivery: Delivery | null) => save('alert_deliveries', id, delivery), warn: options.warn };
    return new DeliveryQueue(target, hooks, timing);
  });
  const queuesOf = (receivers: readonly string[]) => queues.filter(({ target }) => receivers.includes(target.receiver));
  const sender = () => ({ sensor: options.sensor, url: alerting.url ?? options.url() });
  const mutes = new Mutes(alerting, keptOf<KeptSilence>('silences'), (id, silence) => save('silences', id, silence));
  const engine = new AlertEngine(alerting, mutes, (alert, status, rule, atMicros) => {
    const notification = notificationOf(alert, status, atMicros, sender());
    for (const queue of queuesOf(rule.receivers)) queue.add({ target: queue.target.id, queuedMs: Date.now(), notification });
  });

  for (const delivery of keptOf<Delivery>('alert_deliveries')) {
    const queue = queues.find(({ target }) => target.id === delivery.target);
    if (queue) queue.add(delivery, false);
    else save('alert_deliveries', `${delivery.target} ${delivery.notification.id}`, null);
  }

  /** Alertmanager lets go of what is not told again. */
  function resend(): void {
    const told = engine.all.filter((alert) => (alert.endsMicros === null || alert.flapping) && alert.told !== 'nothing');
    for (const queue of queues) {
      const own = told.filter((alert) => alert.suppressedBy === null && engine.ruleOf(alert)?.receivers.includes(queue.target.receiver));
      const now = nowMicros();
      void queue.resend(own.map((alert) => notificationOf(alert, alert.told === 'flapping' ? 'flapping' : 'firing', now, sender())));
    }
  }
  const resending = queues.some(({ target }) => target.resend) ? setInterval(resend, timing.resendMs) : null;
  resending?.unref();

  return {
    start() {
      engine.restore(keptOf<AlertState>('alerts'), burning(monitor), monitor.clock.nowMicros ?? 0);
    },
    tick(events) {
      for (const news of takeNews(monitor, events)) engine.take(news);
      // Before the first frame a recording has no time of its own.
      if (monitor.clock.firstMicros !== null) engine.advance(nowMicros());
      for (const { fingerprint, alert } of engine.takeChanges()) save('alerts', fingerprint, alert);
      const changed = [...rows.values()];
      rows.clear();
      return changed;
    },
    alerts: () => engine.all.sort(burnsFirst).map((alert) => alertOf(alert, engine.ruleOf(alert)?.receivers ?? [])),
    receivers: () => queues.map((queue) => queue.status()),
    numbers: () => engine.numbers,
    silences: () => mutes.list(nowMicros()),
    silence(silence: NewSilence) {
      const id = randomUUID();
      return mutes.add({ ...silence, id }) ? (mutes.list(nowMicros()).find((one) => one.id === id) ?? null) : null;
    },
    endSilence: (id) => mutes.end(id),
    close() {
      if (resending) clearInterval(resending);
      for (const queue of queues) queue.close();
    },
  };
}
