/** A multicast group as REST and `--json` see it: who listens, and who asks. */
import { type Static, Type } from 'typebox';
import { addressText, familyOf, macText } from '../../dissectors/address.ts';
import type { Group as InnerGroup, Member } from '../state/groups.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Querier } from '../state/queriers.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';

const Version = Type.Integer({ minimum: 1, maximum: 3, description: 'of IGMP, or of MLD' });
const Mac = Nullable(Type.String());

export const GroupSchema = Type.Object(
  {
    id: Type.String(),
    group: Type.String(),
    family: FamilyName,
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
    members: Type.Array(
      Type.Object({
        address: Type.String(),
        mac: Mac,
        version: Version,
        since: Time,
        lastSeen: Time,
        expiresAt: Nullable(Time),
      }),
      { description: 'who reported; expiresAt null: nobody asks, so silence says nothing' },
    ),
    querier: Nullable(
      Type.Object(
        { address: Type.String(), mac: Mac, version: Version, lastSeen: Time },
        { description: 'who asks on this segment; null: nobody was heard lately, so there may be members that nobody sees' },
      ),
    ),
  },
  { $id: 'Group' },
);
export type Group = Static<typeof GroupSchema>;

const macOf = (mac: number | null): string | null => (mac === null ? null : macText(mac));

function memberOf({ address, mac, version, firstMicros, lastMicros, expiresMicros }: Member): Group['members'][number] {
  return {
    address: addressText(address),
    mac: macOf(mac),
    version,
    since: timeText(firstMicros),
    lastSeen: timeText(lastMicros),
    expiresAt: Number.isFinite(expiresMicros) ? timeText(expiresMicros) : null,
  };
}

function querierOf({ address, mac, version, lastMicros }: Querier): NonNullable<Group['querier']> {
  return { address: addressText(address), mac: macOf(mac), version, lastSeen: timeText(lastMicros) };
}

function groupOf({ segment, group, members }: InnerGroup, monitor: Monitor): Group {
  const where = monitor.segments.all[segment];
  const querier = monitor.groups.querier(segment, familyOf(group));
  return {
    id: `${addressText(group)}${segment > 0 ? `@${segment}` : ''}`,
    group: addressText(group),
    family: familyOf(group),
    interface: where?.interface ?? null,
    vlan: where?.vlan ?? null,
    members: members.map(memberOf),
    querier: querier && querierOf(querier),
  };
}

/** In the order in which somebody first joined or left them. */
export function groupsOf(monitor: Monitor): Group[] {
  return monitor.groups.all.map((group) => groupOf(group, monitor));
}
