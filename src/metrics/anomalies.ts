/** What is wrong, by kind. A rule that cannot be checked here has no series: that is unknown, never 0. */
import type { Registry } from 'prom-client';
import { blindnessOf } from '../contract/anomaly.ts';
import { RULES } from '../state/rules/all.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample, single } from './measure.ts';

/** Notices have no duration, so they are never active. */
const LASTING = RULES.filter(({ form }) => form !== 'notice');

function active({ monitor, capture }: Scrape): Sample[] {
  const raised = new Map<string, number>();
  const doubtful = new Set<string>();
  for (const { kind, check } of monitor.anomalies.all) {
    if (check === 'raised') raised.set(kind, (raised.get(kind) ?? 0) + 1);
    if (check === 'unknown') doubtful.add(kind);
  }
  const captures = capture();
  return LASTING.flatMap((rule): Sample[] => {
    const { kind, severity } = rule;
    const count = raised.get(kind) ?? 0;
    const isKnown = count > 0 || (!doubtful.has(kind) && blindnessOf(rule, monitor, captures) === null);
    return isKnown ? [[{ kind, severity }, count]] : [];
  });
}

export function collectAnomalies(registry: Registry, scrape: Scrape): void {
  addGauge(registry, {
    name: 'lvscope_anomalies_active',
    help: 'What is wrong now; absent where this capture cannot tell.',
    labels: ['kind', 'severity'],
    read: () => active(scrape),
  });
  addCounter(registry, {
    name: 'lvscope_events_suppressed_total',
    help: 'Events not logged because there were too many of their kind within a minute.',
    read: () => single(scrape.monitor.checks.suppressed),
  });
}
