/** Metrics that keep nothing: their series are made anew from the state at each scrape, so that none outlives what it tells of. */
import { Counter, Gauge, type Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string | number>>;
export type Sample = readonly [labels: Labels, value: number];

export interface Measure {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Of a gauge: samples with equal labels are added up, as those of a counter always are; else the last one stands. */
  readonly isSum?: boolean;
  /** No two samples have equal labels, so none is looked up. For many series; the text of labels is kept as long as their object lives. */
  readonly isDistinct?: boolean;
  readonly read: () => Iterable<Sample>;
}

/** One value without labels; null is no series at all: unknown, never 0. */
export function single(value: number | null): Sample[] {
  return value === null ? [] : [[{}, value]];
}

/** Hands samples on as they are, instead of by the metric's own table of labels. */
function handOn(metric: Gauge | Counter, type: 'gauge' | 'counter', { help, read }: Measure): void {
  Object.assign(metric, {
    async get(this: { readonly name: string }) {
      // `sharedLabels` is what the library writes once for each object. It renames counters for OpenMetrics.
      const values = Array.from(read(), ([sharedLabels, value]) => ({ labels: {}, sharedLabels, value }));
      return { name: this.name, help, type, values, aggregator: 'sum' };
    },
  });
}

export function addGauge(registry: Registry, measure: Measure): void {
  const { name, help, labels = [], isSum = false, isDistinct = false, read } = measure;
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      gauge.reset();
      // Without labels a reset leaves a 0 behind, which would claim to know.
      if (labels.length === 0) gauge.remove();
      for (const [of, value] of read())
        if (isSum) gauge.inc({ ...of }, value);
        else gauge.set({ ...of }, value);
    },
  });
  if (isDistinct) handOn(gauge, 'gauge', measure);
}

/** @param measure its name ends in `_total` */
export function addCounter(registry: Registry, measure: Measure): void {
  const { name, help, labels = [], isDistinct = false, read } = measure;
  const counter: Counter = new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      counter.reset();
      if (labels.length === 0) counter.remove();
      for (const [of, value] of read()) counter.inc({ ...of }, value);
    },
  });
  if (isDistinct) handOn(counter, 'counter', measure);
}
