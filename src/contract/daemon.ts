/** A sync daemon as seen from outside: who sends, to which group, how much, and who listens. */
import { type Static, Type } from 'typebox';
import { addressText, macText, sameAddress } from '../../dissectors/address.ts';
import { Daemons, type Daemon as InnerDaemon } from '../state/daemons.ts';
import type { Group, Member } from '../state/groups.ts';
import type { Monitor } from '../state/monitor.ts';
import { Nullable, Time, timeText } from './scalars.ts';

export const DaemonSchema = Type.Object(
  {
    id: Type.String(),
    role: Type.Enum(['sender', 'listener']),
    address: Type.String(),
    mac: Nullable(Type.String()),
    syncid: Nullable(Type.Integer({ minimum: 0, maximum: 255, description: 'null, as all of what is sent: a listener sends nothing' })),
    group: Type.String(),
    ports: Type.Array(Type.Integer(), { description: 'lowest and highest port seen; none of a listener' }),
    version: Nullable(Type.Integer({ minimum: 0, maximum: 1 })),
    ttl: Nullable(Type.Integer()),
    datagrams: Nullable(Type.Integer()),
    records: Nullable(Type.Integer()),
    octets: Nullable(Type.Integer()),
    recordsPerSecond: Nullable(Type.Number()),
    firstSeen: Time,
    // Its last datagram; of a listener, its last report of the group.
    lastSeen: Time,
    lostDatagrams: Nullable(
      Type.Integer({ description: 'by gaps in the IP identifications, since the start; null: its sender does not count them one by one' }),
    ),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
  },
  { $id: 'Daemon' },
);
export type Daemon = Static<typeof DaemonSchema>;

function senderOf(monitor: Monitor, d: InnerDaemon, nowMicros: number): Daemon {
  return {
    id: String(d.index),
    role: 'sender',
    address: addressText(d.address),
    mac: d.mac === null ? null : macText(d.mac),
    syncid: d.syncid,
    group: addressText(d.group),
    ports: d.fromPort === d.toPort ? [d.fromPort] : [d.fromPort, d.toPort],
    version: d.version,
    ttl: d.ttl,
    datagrams: d.datagrams,
    records: d.records,
    octets: d.octets,
    recordsPerSecond: Math.round(Daemons.rateAt(d, nowMicros) * 10) / 10,
    firstSeen: timeText(d.firstSeenMicros),
    lastSeen: timeText(d.lastSeenMicros),
    lostDatagrams: d.lostDatagrams,
    interface: monitor.segments.all[d.segment]?.interface ?? null,
    vlan: monitor.segments.all[d.segment]?.vlan ?? null,
  };
}

/** A member of the sync group; whether it is a sync daemon, the wire does not say. */
function listenerOf(monitor: Monitor, { segment, group }: Group, { address, mac, firstMicros, lastMicros }: Member): Daemon {
  const where = monitor.segments.all[segment];
  // Hosts without an address of their own are told apart by their MAC.
  const name = [addressText(address), ...(mac === null ? [] : [macText(mac)])].join('-');
  return {
    id: `listener-${name}-${addressText(group)}-${segment}`,
    role: 'listener',
    address: addressText(address),
    mac: mac === null ? null : macText(mac),
    syncid: null,
    group: addressText(group),
    ports: [],
    version: null,
    ttl: null,
    datagrams: null,
    records: null,
    octets: null,
    recordsPerSecond: null,
    firstSeen: timeText(firstMicros),
    lastSeen: timeText(lastMicros),
    lostDatagrams: null,
    interface: where?.interface ?? null,
    vlan: where?.vlan ?? null,
  };
}

/** Senders in the order in which they were first heard, then who listens to their groups. */
export function daemonsOf(monitor: Monitor, nowMicros: number): Daemon[] {
  const { daemons, groups } = monitor;
  const isSyncGroup = ({ segment, group }: Group) => daemons.all.some((d) => d.segment === segment && sameAddress(d.group, group));
  return [
    ...daemons.all.map((daemon) => senderOf(monitor, daemon, nowMicros)),
    ...groups.all.filter(isSyncGroup).flatMap((group) => group.members.map((member) => listenerOf(monitor, group, member))),
  ];
}
