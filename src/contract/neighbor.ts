/** A neighbor as REST and `--json` see it: who has an address, and who had it before. */
import { type Static, Type } from 'typebox';
import { type Address, addressText, familyOf, macText } from '../../dissectors/address.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Neighbor as InnerNeighbor } from '../state/neighbors.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';

export const NeighborSchema = Type.Object(
  {
    id: Type.String(),
    address: Type.String(),
    family: FamilyName,
    mac: Nullable(Type.String({ description: 'who claimed the address last' })),
    vip: Type.Boolean({ description: 'a virtual address of a virtual router that was heard' }),
    changes: Type.Integer({ minimum: 0, description: 'how often the MAC address changed' }),
    macs: Type.Array(
      Type.Object({
        mac: Type.String(),
        firstSeen: Time,
        lastSeen: Time,
        claims: Type.Integer({ description: 'frames in which it claimed the address' }),
        announcements: Type.Integer({ description: 'gratuitous ones among them' }),
      }),
      { description: 'all that claimed the address, the latest last' },
    ),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
  },
  { $id: 'Neighbor' },
);
export type Neighbor = Static<typeof NeighborSchema>;

const keyOf = (segment: number, address: Address): string => `${segment} ${addressText(address)}`;

/** The addresses that any router announces as its virtual router's, by segment. */
function virtualAddresses({ routers }: Monitor): ReadonlySet<string> {
  const announced = routers.all.flatMap(({ segment, senders }) => senders.map(({ addresses }) => ({ segment, addresses })));
  return new Set(announced.flatMap(({ segment, addresses }) => addresses.map((address) => keyOf(segment, address))));
}

function neighborOf({ segment, address, macs, changes }: InnerNeighbor, monitor: Monitor, vips: ReadonlySet<string>): Neighbor {
  const where = monitor.segments.all[segment];
  const history = macs.map(({ mac, firstMicros, lastMicros, count, announcements }) => ({
    mac: macText(mac),
    firstSeen: timeText(firstMicros),
    lastSeen: timeText(lastMicros),
    claims: count,
    announcements,
  }));
  return {
    id: `${addressText(address)}${segment > 0 ? `@${segment}` : ''}`,
    address: addressText(address),
    family: familyOf(address),
    mac: history.at(-1)?.mac ?? null,
    vip: vips.has(keyOf(segment, address)),
    changes,
    macs: history,
    interface: where?.interface ?? null,
    vlan: where?.vlan ?? null,
  };
}

/** In the order in which their addresses were first claimed. */
export function neighborsOf(monitor: Monitor): Neighbor[] {
  const vips = virtualAddresses(monitor);
  return monitor.neighbors.all.map((neighbor) => neighborOf(neighbor, monitor, vips));
}
