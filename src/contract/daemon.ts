/** A sync daemon as seen from outside: who sends, to which group, how much. */
import { type Static, Type } from 'typebox';
import { addressText, macText } from '../../dissectors/address.ts';
import { Daemons } from '../state/daemons.ts';
import type { Monitor } from '../state/monitor.ts';
import { Nullable, Time, timeText } from './scalars.ts';

export const DaemonSchema = Type.Object(
  {
    id: Type.String(),
    role: Type.Enum(['sender', 'listener']),
    address: Type.String(),
    mac: Nullable(Type.String()),
    syncid: Type.Integer({ minimum: 0, maximum: 255 }),
    group: Type.String(),
    ports: Type.Array(Type.Integer(), { description: 'lowest and highest port seen' }),
    version: Type.Integer({ minimum: 0, maximum: 1 }),
    ttl: Nullable(Type.Integer()),
    datagrams: Type.Integer(),
    records: Type.Integer(),
    octets: Type.Integer(),
    recordsPerSecond: Type.Number(),
    firstSeen: Time,
    lastSeen: Time,
    lostDatagrams: Nullable(Type.Integer({ description: 'null: cannot be known here' })),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
  },
  { $id: 'Daemon' },
);
export type Daemon = Static<typeof DaemonSchema>;

export function daemonsOf(monitor: Monitor, nowMicros: number): Daemon[] {
  return monitor.daemons.all.map((d) => ({
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
    lostDatagrams: null,
    interface: monitor.segments.all[d.segment]?.interface ?? null,
    vlan: monitor.segments.all[d.segment]?.vlan ?? null,
  }));
}
