/** The frames kept for questions about other moments. Nothing is shown where none are kept. */
import type { Registry } from 'prom-client';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, single } from './measure.ts';

const SECOND = 1_000_000;

export function collectHistory(registry: Registry, { history }: Scrape): void {
  const name = 'lvscope_history';
  const now = () => history?.() ?? null;
  addGauge(registry, {
    name: `${name}_oldest_timestamp_seconds`,
    help: 'The first moment that can be asked for.',
    read() {
      const micros = now()?.fromMicros ?? null;
      return single(micros === null ? null : micros / SECOND);
    },
  });
  addGauge(registry, { name: `${name}_size_bytes`, help: 'Size of the frames kept.', read: () => single(now()?.octets ?? null) });
  addCounter(registry, {
    name: `${name}_lost_frames_total`,
    help: 'Frames not kept because the disk was full, or too slow.',
    read: () => single(now()?.lostFrames ?? null),
  });
}
