/** Real servers, with ipvsadm's meaning of ActiveConn, InActConn and PersistConn. */
import type { Registry } from 'prom-client';
import { addressText } from '../../dissectors/address.ts';
import { serviceId } from '../contract/service.ts';
import { isInUse, type ServiceDestination } from '../state/services.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Measure, type Sample } from './measure.ts';

interface Shown {
  readonly name: string;
  readonly help: string;
  readonly add: (registry: Registry, measure: Measure) => void;
  readonly of: (destination: ServiceDestination) => number;
}

const SHOWN: readonly Shown[] = [
  {
    name: 'lvscope_service_active_connections',
    help: 'Active connections of a real server (ActiveConn).',
    add: addGauge,
    of: (d) => d.active,
  },
  {
    name: 'lvscope_service_inactive_connections',
    help: 'Inactive connections of a real server (InActConn).',
    add: addGauge,
    of: (d) => d.inactive,
  },
  {
    name: 'lvscope_service_persistent_connections',
    help: 'Persistence templates of a real server (PersistConn).',
    add: addGauge,
    of: (d) => d.persistent,
  },
  {
    name: 'lvscope_service_new_connections_total',
    help: 'Connections of a real server that were made, persistence templates not counted.',
    add: addCounter,
    of: (d) => d.made,
  },
];

export function collectServices(registry: Registry, { services, monitor, bounded, nowMicros }: Scrape): void {
  function samples(of: Shown['of']): Sample[] {
    const now = nowMicros();
    return services().flatMap((service) => {
      const { interface: name, vlan } = monitor.segments.all[service.segment] ?? {};
      const about = { service: serviceId(service), interface: name ?? '', vlan: vlan ?? '' };
      return service.destinations
        .filter((d) => isInUse(d, now))
        .map((d): Sample => {
          const address = addressText(d.address);
          return [{ ...about, destination: address.includes(':') ? `[${address}]:${d.port}` : `${address}:${d.port}` }, of(d)];
        });
    });
  }
  for (const { name, help, add, of } of SHOWN)
    add(registry, { name, help, labels: ['service', 'destination', 'interface', 'vlan'], read: () => bounded(name, samples(of)) });
}
