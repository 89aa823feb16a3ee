/** Real servers, with ipvsadm's meaning of ActiveConn, InActConn and PersistConn. */
import type { Registry } from 'prom-client';
import type { Service } from '../contract/service.ts';
import type { Scrape } from './context.ts';
import { addGauge, type Sample } from './measure.ts';

type Destination = Service['destinations'][number];

const COUNTS: readonly (readonly [name: string, help: string, of: (d: Destination) => number])[] = [
  ['lvscope_service_active_connections', 'Active connections of a real server (ActiveConn).', (d) => d.active],
  ['lvscope_service_inactive_connections', 'Inactive connections of a real server (InActConn).', (d) => d.inactive],
  ['lvscope_service_persistent_connections', 'Persistence templates of a real server (PersistConn).', (d) => d.persistent],
];

function labelsOf(service: Service, { destination: { address, port } }: Destination) {
  const server = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return { service: service.id, destination: server, interface: service.interface ?? '', vlan: service.vlan ?? '' };
}

export function collectServices(registry: Registry, scrape: Scrape): void {
  for (const [name, help, of] of COUNTS)
    addGauge(registry, {
      name,
      help,
      labels: ['service', 'destination', 'interface', 'vlan'],
      read() {
        const samples = scrape.services().flatMap((service) => service.destinations.map((d): Sample => [labelsOf(service, d), of(d)]));
        return scrape.bounded(name, samples);
      },
    });
}
