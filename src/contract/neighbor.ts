/** A neighbor as REST and `--json` see it: who has an address, and who had it before. */
import { type Static, Type } from 'typebox';
import { addressText, familyOf, macText } from '../../dissectors/address.ts';
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

/** The addresses that any router announces as its virtual router's, by segment. */
function virtualAddresses({ routers }: Monitor): ReadonlySet<string> {
  const announced = routers.all.flatMap(({ segment, senders }) => senders.map(({ addresses }) => ({ segment, addresses })));
  return new Set(announced.flatMap(({ segment, addresses }) => addresses.map((address) => `${segment} ${addressText(address)}`)));
}

function write({ segment, address, macs, changes }: InnerNeighbor, { segments }: Monitor, vip: boolean): Neighbor {
  const where = segments.all[segment];
  const text = addressText(address);
  const history = macs.map(({ mac, firstMicros, lastMicros, count, announcements }) => ({
    mac: macText(mac),
    firstSeen: timeText(firstMicros),
    lastSeen: timeText(lastMicros),
    claims: count,
    announcements,
  }));
  return {
    id: `${text}${segment > 0 ? `@${segment}` : ''}`,
    address: text,
    family: familyOf(address),
    mac: history.at(-1)?.mac ?? null,
    vip,
    changes,
    macs: history,
    interface: where?.interface ?? null,
    vlan: where?.vlan ?? null,
  };
}

/** What was written of an address is good until a frame claims it again; there may be 65 536 of them, asked for page by page. */
const writtenBefore = new WeakMap<InnerNeighbor, { readonly frame: number | undefined; readonly neighbor: Neighbor }>();

function neighborOf(inner: InnerNeighbor, monitor: Monitor, vips: ReadonlySet<string>): Neighbor {
  const frame = inner.macs.at(-1)?.lastFrame;
  const before = writtenBefore.get(inner);
  const vip = vips.has(`${inner.segment} ${before?.neighbor.address ?? addressText(inner.address)}`);
  if (before && before.frame === frame && before.neighbor.vip === vip) return before.neighbor;
  const neighbor = write(inner, monitor, vip);
  writtenBefore.set(inner, { frame, neighbor });
  return neighbor;
}

/** In the order in which their addresses were first claimed. */
export function neighborsOf(monitor: Monitor): Neighbor[] {
  const vips = virtualAddresses(monitor);
  return monitor.neighbors.all.map((neighbor) => neighborOf(neighbor, monitor, vips));
}
