/** Virtual routers: who is master, how it stands, how often that changed, how punctual its adverts are. */
import type { Registry } from 'prom-client';
import { type Address, addressText } from '../../dissectors/address.ts';
import { readinessOf } from '../state/readiness.ts';
import { CHANGE_REASONS, LATE } from '../state/router.ts';
import type { VirtualRouter } from '../state/routers.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample } from './measure.ts';

const LABELS = ['interface', 'vlan', 'family', 'vrid'];
const STATES = ['master', 'lost', 'two_masters'] as const;

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

export function collectVrrp(registry: Registry, { monitor, bounded, nowMicros }: Scrape): void {
  const { routers, segments, neighbors } = monitor;
  const labelsOf = ({ segment, family, vrid }: VirtualRouter) => {
    const { interface: name, vlan } = segments.all[segment];
    return { interface: name ?? '', vlan: vlan ?? '', family, vrid };
  };
  const samples = (name: string, of: (router: VirtualRouter) => Sample[]) => () => bounded(name, routers.all.flatMap(of));

  const announcementsOf = (segment: number, address: Address): number =>
    sum((neighbors.find(segment, address)?.macs ?? []).map((mac) => mac.announcements));

  const masterInfo = 'lvscope_vrrp_master_info';
  addGauge(registry, {
    name: masterInfo,
    help: 'The router that is master.',
    labels: [...LABELS, 'address'],
    read: samples(masterInfo, (r) => (r.master ? [[{ ...labelsOf(r), address: addressText(r.master.address) }, 1]] : [])),
  });
  const state = 'lvscope_vrrp_state';
  addGauge(registry, {
    name: state,
    help: '1 for the state that the virtual router is in, 0 for the others.',
    labels: [...LABELS, 'state'],
    read: samples(state, (r) => STATES.map((name) => [{ ...labelsOf(r), state: name }, Number(r.state === name)])),
  });
  const priority = 'lvscope_vrrp_priority';
  addGauge(registry, {
    name: priority,
    help: 'Priority of the master.',
    labels: LABELS,
    read: samples(priority, (r) => (r.master ? [[labelsOf(r), r.master.lastPriority]] : [])),
  });
  const lastAdvert = 'lvscope_vrrp_last_advert_timestamp_seconds';
  addGauge(registry, {
    name: lastAdvert,
    help: 'When the master was heard last.',
    labels: LABELS,
    read: samples(lastAdvert, (r) => [[labelsOf(r), r.lastHeardMicros / 1_000_000]]),
  });
  const transitions = 'lvscope_vrrp_transitions_total';
  addCounter(registry, {
    name: transitions,
    help: 'Changes of master by their reason.',
    labels: [...LABELS, 'reason'],
    // 0 is said as well: of a counter that begins with 1 Prometheus cannot see that it grew.
    read: samples(transitions, (r) => CHANGE_REASONS.map((reason) => [{ ...labelsOf(r), reason }, r.transitions.get(reason) ?? 0])),
  });
  const late = 'lvscope_vrrp_late_adverts_total';
  addCounter(registry, {
    name: late,
    help: 'Adverts of a running router more than 1.5, 2 and 3 of its intervals after the one before (levels 1, 2, 3).',
    labels: [...LABELS, 'level'],
    read: samples(late, (r) => LATE.map((_, i) => [{ ...labelsOf(r), level: i + 1 }, sum(r.senders.map((sender) => sender.late[i]))])),
  });
  const jitter = 'lvscope_vrrp_advert_jitter_seconds';
  addGauge(registry, {
    name: jitter,
    help: "Smoothed deviation of the master's adverts from their interval.",
    labels: LABELS,
    read: samples(jitter, (r) => (r.master ? [[labelsOf(r), r.master.jitterMicros / 1_000_000]] : [])),
  });
  const announcements = 'lvscope_arp_announcements_total';
  addCounter(registry, {
    name: announcements,
    help: 'Gratuitous ARP and unsolicited neighbor advertisements of the virtual addresses that the router has now.',
    labels: LABELS,
    read: samples(announcements, (r) => [[labelsOf(r), sum(r.addresses.map((address) => announcementsOf(r.segment, address)))]]),
  });
  const ready = 'lvscope_vrrp_failover_keeps_sessions';
  addGauge(registry, {
    name: ready,
    help: 'Whether a failover now would keep the sessions: 1 or 0; absent when that cannot be told.',
    labels: LABELS,
    read: samples(ready, (r) => {
      const { failoverKeepsSessions } = readinessOf(r, monitor, nowMicros());
      return failoverKeepsSessions === null ? [] : [[labelsOf(r), Number(failoverKeepsSessions)]];
    }),
  });
}
