/** The latest failover of each virtual router. There is no series before its first. */
import type { Registry } from 'prom-client';
import type { Failover } from '../state/failovers.ts';
import type { Scrape } from './context.ts';
import { addGauge, type Sample } from './measure.ts';

const LABELS = ['interface', 'vlan', 'family', 'vrid'];

const labelsOf = ({ segment, family, vrid }: Failover) => ({
  interface: segment.interface ?? '',
  vlan: segment.vlan ?? '',
  family,
  vrid,
});

export function collectFailovers(registry: Registry, { monitor: { failovers }, bounded }: Scrape): void {
  // Oldest first, so that of one virtual router the latest is what stays.
  const add = (name: string, help: string, of: (failover: Failover) => number | null) =>
    addGauge(registry, {
      name,
      help,
      labels: LABELS,
      read: () =>
        bounded(
          name,
          failovers.all.flatMap((failover): Sample[] => {
            const value = of(failover);
            return value === null ? [] : [[labelsOf(failover), value]];
          }),
        ),
    });
  add('lvscope_failover_timestamp_seconds', 'When the latest failover was.', (f) => f.atMicros / 1_000_000);
  add('lvscope_failover_gap_seconds', 'How long nobody was master at the latest failover; 0 when there was one all the time.', (f) =>
    f.gapMs === null ? 0 : f.gapMs / 1000,
  );
  add(
    'lvscope_failover_stale_neighbors',
    'Hosts that still used the MAC address of the old master after the latest failover; absent when that address is not known.',
    (f) => f.staleNeighbors?.count ?? null,
  );
}
