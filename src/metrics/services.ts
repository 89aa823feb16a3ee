/** Real servers, with ipvsadm's meaning of ActiveConn, InActConn and PersistConn. */
import type { Registry } from 'prom-client';
import { addressText } from '../../dissectors/address.ts';
import { serviceId } from '../contract/service.ts';
import type { Segment } from '../state/segments.ts';
import { isInUse, type Service, type ServiceDestination } from '../state/services.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Labels, type Measure, type Sample } from './measure.ts';

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

/** By the bindings that count for a real server: the same array as long as these are the same. */
const labelsBy = new WeakMap<readonly number[], Labels>();

function labelsOf(service: Service, { address, port, bindings }: ServiceDestination, segment: Segment | undefined): Labels {
  const known = labelsBy.get(bindings);
  if (known) return known;
  const text = addressText(address);
  const destination = text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
  const labels = { service: serviceId(service), destination, interface: segment?.interface ?? '', vlan: segment?.vlan ?? '' };
  labelsBy.set(bindings, labels);
  return labels;
}

export function collectServices(registry: Registry, { services, monitor, bounded, nowMicros }: Scrape): void {
  let of: readonly Service[] | null = null;
  let inUse: readonly (readonly [Service, ServiceDestination])[] = [];
  /** For all metrics of a scrape alike. */
  function destinations() {
    const all = services();
    if (all === of) return inUse;
    of = all;
    const now = nowMicros();
    inUse = all.flatMap((service) => service.destinations.filter((d) => isInUse(d, now)).map((d) => [service, d] as const));
    return inUse;
  }
  const samples = (name: string, read: Shown['of']) =>
    bounded(name, destinations()).map(([service, d]): Sample => [labelsOf(service, d, monitor.segments.all[service.segment]), read(d)]);
  const labels = ['service', 'destination', 'interface', 'vlan'];
  for (const { name, help, add, of: read } of SHOWN)
    add(registry, { name, help, labels, isDistinct: true, read: () => samples(name, read) });
}
