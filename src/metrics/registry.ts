/** All metrics of one program: registries of its own, one file for each group. */
import { Registry, type RegistryContentType } from 'prom-client';
import { listServices, type Service } from '../state/services.ts';
import { collectAlerts } from './alerts.ts';
import { collectAnomalies } from './anomalies.ts';
import { collectCapture } from './capture.ts';
import { collectIpvsCompat } from './compat-ipvs.ts';
import { collectKeepalivedCompat } from './compat-keepalived.ts';
import { collectConnections } from './connections.ts';
import type { Collector, MetricsContext, Scrape } from './context.ts';
import { collectDissect } from './dissect.ts';
import { collectFailovers } from './failovers.ts';
import { collectGroups } from './groups.ts';
import { collectHistory } from './history.ts';
import { addGauge, type Sample, single } from './measure.ts';
import { collectProgram } from './program.ts';
import { collectServer } from './server.ts';
import { collectServices } from './services.ts';
import { collectStore } from './store.ts';
import { collectSync } from './sync.ts';
import { collectVrrp } from './vrrp.ts';

export type { MetricsContext };

/** Series of one metric; its labels come from the wire, so there is a bound. */
export const MOST_SERIES = 2000;

/** Media types of the two formats. */
export type MetricsType = 'text/plain' | 'application/openmetrics-text';

const CONTENT_TYPES: Readonly<Record<MetricsType, RegistryContentType>> = {
  'text/plain': Registry.PROMETHEUS_CONTENT_TYPE,
  'application/openmetrics-text': Registry.OPENMETRICS_CONTENT_TYPE,
};

/** A metric as HELP and TYPE tell of it, with the names of its labels. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

export interface Metrics {
  /** With the version of the format. */
  contentType(type: MetricsType): string;
  /** What Prometheus scrapes. */
  render(type?: MetricsType): Promise<string>;
  /** All there may be, whether they have series now or not. */
  families(): MetricFamily[];
}

const COLLECTORS: readonly Collector[] = [
  collectConnections,
  collectServices,
  collectSync,
  collectVrrp,
  collectFailovers,
  collectGroups,
  collectAnomalies,
  collectAlerts,
  collectDissect,
  collectCapture,
  collectStore,
  collectHistory,
  collectServer,
  collectProgram,
];
const COMPAT: readonly Collector[] = [collectIpvsCompat, collectKeepalivedCompat];

interface Page {
  families(): MetricFamily[];
  render(): Promise<string>;
}

function createPage(context: MetricsContext, type: MetricsType, lastSeconds: () => number | null): Page {
  const registry = new Registry();
  const ofAnyType: Registry<RegistryContentType> = registry;
  ofAnyType.setContentType(CONTENT_TYPES[type]);
  const dropped = new Map<string, number>();
  let services: readonly Service[] | null = null;
  const scrape: Scrape = {
    ...context,
    services() {
      services ??= listServices(context.monitor.sessions.bindings, context.nowMicros());
      return services;
    },
    bounded(name, samples) {
      dropped.set(name, Math.max(0, samples.length - MOST_SERIES));
      return samples.slice(0, MOST_SERIES);
    },
  };
  for (const collect of context.compat ? [...COLLECTORS, ...COMPAT] : COLLECTORS) collect(registry, scrape);
  addGauge(registry, {
    name: 'lvscope_scrape_duration_seconds',
    help: 'How long making the metrics took the last time.',
    read: () => single(lastSeconds()),
  });
  // Last, since metrics are read in this order.
  addGauge(registry, {
    name: 'lvscope_metric_series_dropped',
    help: 'Series left out because the metric has as many as it may have.',
    labels: ['metric'],
    read: () => [...dropped].map(([metric, count]): Sample => [{ metric }, count]),
  });
  return {
    families: () =>
      registry.getMetricsAsArray().map((metric) => {
        // The library's types do not tell of it.
        const { labelNames = [] } = metric as { readonly labelNames?: readonly string[] };
        return { name: metric.name, help: metric.help, type: String(metric.type), labels: labelNames };
      }),
    render() {
      services = null;
      return registry.metrics();
    },
  };
}

export function createMetrics(context: MetricsContext): Metrics {
  // The library renames the counters of a registry for OpenMetrics, so each format has one of its own, made when first asked for.
  const pages = new Map<MetricsType, Page>();
  let lastSeconds: number | null = null;
  return {
    contentType: (type) => CONTENT_TYPES[type],
    families: () => createPage(context, 'text/plain', () => null).families(),
    async render(type = 'text/plain') {
      const page = pages.get(type) ?? createPage(context, type, () => lastSeconds);
      pages.set(type, page);
      const began = performance.now();
      const text = await page.render();
      lastSeconds = (performance.now() - began) / 1000;
      return text;
    },
  };
}
