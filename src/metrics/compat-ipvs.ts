/**
 * Names and labels of node_exporter's ipvs collector (collector/ipvs_linux.go), for dashboards that have them. Packets, octets and
 * weights stay with the director: no sync message tells them.
 */
import type { Registry } from 'prom-client';
import { addressText } from '../../dissectors/address.ts';
import { protoText } from '../contract/scalars.ts';
import { isInUse, type Service, type ServiceDestination } from '../state/services.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Labels, type Sample, single } from './measure.ts';

const LABELS = ['local_address', 'local_port', 'remote_address', 'remote_port', 'proto', 'local_mark'];
const MARK_DIGITS = 8;

/** As /proc/net/ip_vs writes them (kernel `ip_vs_info_seq_show`) and the collector reads them. */
function labelsOf({ virtual, fwmark, proto }: Service, { address, port }: ServiceDestination): Labels {
  return {
    local_address: virtual === null ? '' : addressText(virtual.address),
    local_port: virtual?.port ?? 0,
    remote_address: addressText(address),
    remote_port: port,
    proto: fwmark === null ? protoText(proto ?? 0).toUpperCase() : 'FWM',
    local_mark: fwmark === null ? '' : fwmark.toString(16).toUpperCase().padStart(MARK_DIGITS, '0'),
  };
}

export function collectIpvsCompat(registry: Registry, { monitor, services, bounded, nowMicros }: Scrape): void {
  addCounter(registry, {
    name: 'node_ipvs_connections_total',
    help: 'The total number of connections made.',
    read: () => {
      const { all, formerCreated } = monitor.sessions.bindings;
      return single(all.reduce((sum, b) => sum + (b.template ? 0 : b.created), formerCreated));
    },
  });
  const backends = (name: string, help: string, of: (destination: ServiceDestination) => number) =>
    addGauge(registry, {
      name,
      help,
      labels: LABELS,
      // Segments are not told apart by these labels, so what differs in nothing else is added up, as the collector does.
      isSum: true,
      read() {
        const now = nowMicros();
        const samples = services().flatMap((service) =>
          service.destinations.filter((d) => isInUse(d, now)).map((d): Sample => [labelsOf(service, d), of(d)]),
        );
        return bounded(name, samples);
      },
    });
  backends('node_ipvs_backend_connections_active', 'The current active connections by local and remote address.', (d) => d.active);
  backends('node_ipvs_backend_connections_inactive', 'The current inactive connections by local and remote address.', (d) => d.inactive);
}
