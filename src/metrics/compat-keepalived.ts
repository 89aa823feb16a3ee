/**
 * Names and labels of keepalived_exporter (mehdy/keepalived-exporter, internal/collector), for dashboards that have them. It runs
 * beside one keepalived and reads its memory; lvscope hears all of them. So what one router does has one label more, `router`,
 * its address; what is received is what lvscope itself received. What only a keepalived knows is left out.
 */
import type { Registry } from 'prom-client';
import { addressText } from '../../dissectors/address.ts';
import { isBackup, type Standing, standingsOf } from '../state/backups.ts';
import type { VirtualRouter } from '../state/routers.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Measure, type Sample } from './measure.ts';

const LABELS = ['iname', 'intf', 'vrid'];
/** keepalived's numbers: INIT 0, BACKUP 1, MASTER 2, FAULT 3. */
const BACKUP = 1;
const MASTER = 2;

function stateOf(standing: Standing): number | null {
  if (standing.role === 'master') return MASTER;
  return isBackup(standing) ? BACKUP : null;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

export function collectKeepalivedCompat(registry: Registry, { monitor, bounded, nowMicros }: Scrape): void {
  const { routers, segments } = monitor;
  /** The name in keepalived.conf is not on the wire; instances of both families may share a VRID. */
  const labelsOf = ({ segment, family, vrid }: VirtualRouter) => {
    const { interface: port, vlan } = segments.all[segment];
    return { iname: `${family}-${vrid}`, intf: vlan === null ? (port ?? '') : `${port ?? ''}.${vlan}`, vrid };
  };
  const add = (
    addTo: (registry: Registry, measure: Measure) => void,
    name: string,
    help: string,
    more: readonly string[],
    of: (router: VirtualRouter) => Sample[],
  ) => addTo(registry, { name, help, labels: [...LABELS, ...more], read: () => bounded(name, routers.all.flatMap(of)) });
  const total = (name: string, help: string, of: (router: VirtualRouter) => number) =>
    add(addCounter, name, help, [], (router) => [[labelsOf(router), of(router)]]);
  const sent = (name: string, help: string, of: (sender: VirtualRouter['senders'][number]) => number) =>
    add(addCounter, name, help, ['router'], (router) =>
      router.senders.map((sender): Sample => [{ ...labelsOf(router), router: addressText(sender.address) }, of(sender)]),
    );

  add(addGauge, 'keepalived_vrrp_state', 'State of vrrp', ['ip_address', 'router'], (router) =>
    standingsOf(router, monitor, nowMicros()).flatMap((standing) => {
      const state = stateOf(standing);
      if (state === null) return [];
      const about = { ...labelsOf(router), router: addressText(standing.address) };
      return router.addresses.map((address): Sample => [{ ...about, ip_address: addressText(address) }, state]);
    }),
  );
  sent('keepalived_advertisements_sent_total', 'Advertisements sent', (s) => s.adverts);
  sent('keepalived_priority_zero_sent_total', 'Priority zero sent', (s) => s.zeroAdverts);
  total('keepalived_advertisements_received_total', 'Advertisements received', (r) => sum(r.senders.map((s) => s.adverts)));
  total('keepalived_priority_zero_received_total', 'Priority zero received', (r) => sum(r.senders.map((s) => s.zeroAdverts)));
  total('keepalived_become_master_total', 'Became master', (r) =>
    sum([...r.transitions].map(([reason, count]) => (reason === 'first_seen' ? 0 : count))),
  );
  total('keepalived_ip_ttl_errors_total', 'TTL errors', (r) => r.refused.ttl);
  total('keepalived_invalid_type_received_total', 'Invalid type errors', (r) => r.refused.type);
}
