/** All metrics of one program: a registry of its own, one file for each group. */
import { Registry } from 'prom-client';
import { type Service, servicesOf } from '../contract/service.ts';
import { collectAnomalies } from './anomalies.ts';
import { collectCapture } from './capture.ts';
import { collectConnections } from './connections.ts';
import type { Collector, MetricsContext, Scrape } from './context.ts';
import { collectDissect } from './dissect.ts';
import { collectGroups } from './groups.ts';
import { addGauge, type Sample } from './measure.ts';
import { collectProgram } from './program.ts';
import { collectServices } from './services.ts';
import { collectStore } from './store.ts';
import { collectSync } from './sync.ts';
import { collectVrrp } from './vrrp.ts';

export type { MetricsContext };

/** Series of one metric; its labels come from the wire, so there is a bound. */
export const MOST_SERIES = 2000;

export interface Metrics {
  readonly contentType: string;
  /** The text that Prometheus scrapes. */
  render(): Promise<string>;
}

export function createMetrics(context: MetricsContext): Metrics {
  const registry = new Registry();
  const dropped = new Map<string, number>();
  let services: readonly Service[] | null = null;
  const scrape: Scrape = {
    ...context,
    services() {
      services ??= servicesOf(context.monitor, context.nowMicros());
      return services;
    },
    bounded(name, samples) {
      dropped.set(name, Math.max(0, samples.length - MOST_SERIES));
      return samples.slice(0, MOST_SERIES);
    },
  };
  const collectors: readonly Collector[] = [
    collectConnections,
    collectServices,
    collectSync,
    collectVrrp,
    collectGroups,
    collectAnomalies,
    collectDissect,
    collectCapture,
    collectStore,
    collectProgram,
  ];
  for (const collect of collectors) collect(registry, scrape);
  // Last, since metrics are read in this order.
  addGauge(registry, {
    name: 'lvscope_metric_series_dropped',
    help: 'Series left out because the metric has as many as it may have.',
    labels: ['metric'],
    read: () => [...dropped].map(([metric, count]): Sample => [{ metric }, count]),
  });
  return {
    contentType: registry.contentType,
    render() {
      services = null;
      return registry.metrics();
    },
  };
}
