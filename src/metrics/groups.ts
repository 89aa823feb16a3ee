/** Who listens to the groups that load balancers use: those of VRRP and of connection sync. Other groups would be labels from the wire. */
import type { Registry } from 'prom-client';
import { type Address, addressText, familyOf } from '../../dissectors/address.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Scrape } from './context.ts';
import { addGauge, type Sample } from './measure.ts';

interface Used {
  readonly segment: number;
  readonly group: Address;
}

/** Each once. */
function usedGroups({ routers, daemons }: Monitor): Used[] {
  const used = new Map<string, Used>();
  for (const { segment, group } of [...routers.all, ...daemons.all])
    if (group !== null) used.set(`${segment} ${addressText(group)}`, { segment, group });
  return [...used.values()];
}

/** Nobody was seen where listeners stay unseen: that is no 0. */
function membersOf({ segment, group }: Used, { groups, segments }: Monitor, nowMicros: number): Sample[] {
  const count = groups.members(segment, group).length;
  if (count === 0 && groups.blindness(segment, familyOf(group), nowMicros) !== null) return [];
  const where = segments.all[segment];
  return [[{ group: addressText(group), interface: where?.interface ?? '', vlan: where?.vlan ?? '' }, count]];
}

export function collectGroups(registry: Registry, { monitor, bounded, nowMicros }: Scrape): void {
  const name = 'lvscope_group_members';
  addGauge(registry, {
    name,
    help: 'Listeners to a group of VRRP or connection sync, lvscope itself not counted; absent when listeners cannot be seen.',
    labels: ['group', 'interface', 'vlan'],
    read: () =>
      bounded(
        name,
        usedGroups(monitor).flatMap((used) => membersOf(used, monitor, nowMicros())),
      ),
  });
}
