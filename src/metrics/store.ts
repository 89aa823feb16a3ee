/** The database that follows the state. Nothing is shown where nothing is stored. */
import type { Registry } from 'prom-client';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, single } from './measure.ts';

export function collectStore(registry: Registry, { store }: Scrape): void {
  const name = 'lvscope_store';
  addGauge(registry, {
    name: `${name}_lag_seconds`,
    help: 'How far the database is behind.',
    read: () => single(store()?.lagSeconds ?? null),
  });
  addGauge(registry, { name: `${name}_size_bytes`, help: 'Size of its files.', read: () => single(store()?.octets ?? null) });
  addCounter(registry, {
    name: `${name}_write_errors_total`,
    help: 'Batches that could not be written at once.',
    read: () => single(store()?.writeErrors ?? null),
  });
  addCounter(registry, {
    name: `${name}_lost_events_total`,
    help: 'Events given up because the database could not be written.',
    read: () => single(store()?.lostEvents ?? null),
  });
}
