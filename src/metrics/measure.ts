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
  readonly read: () => Iterable<Sample>;
}

/** One value without labels; null is no series at all: unknown, never 0. */
export function single(value: number | null): Sample[] {
  return value === null ? [] : [[{}, value]];
}

export function addGauge(registry: Registry, { name, help, labels = [], isSum = false, read }: Measure): void {
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
}

/** @param measure its name ends in `_total` */
export function addCounter(registry: Registry, { name, help, labels = [], read }: Measure): void {
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
}
