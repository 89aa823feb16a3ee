/** A virtual router as REST, `--json` and the page see it. */
import { type Static, Type } from 'typebox';
import { addressText, macText } from '../../dissectors/address.ts';
import type { Monitor } from '../state/monitor.ts';
import type { VirtualRouter as InnerRouter, RouterSender } from '../state/routers.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';

export const VirtualRouterSchema = Type.Object(
  {
    id: Type.String(),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer({ minimum: 0, maximum: 4095 })),
    family: FamilyName,
    vrid: Type.Integer({ minimum: 0, maximum: 255 }),
    group: Nullable(Type.String({ description: 'null: unicast peers' })),
    version: Type.Integer({ minimum: 2, maximum: 3 }),
    state: Type.Enum(['master', 'lost', 'two_masters']),
    since: Time,
    master: Nullable(Type.Object({ address: Type.String(), mac: Nullable(Type.String()), priority: Type.Integer(), since: Time })),
    masterDownAt: Nullable(Time),
    addresses: Type.Array(Type.String()),
    routers: Type.Array(
      Type.Object({
        address: Type.String(),
        mac: Nullable(Type.String()),
        role: Type.Enum(['master', 'backup', 'silent_backup', 'unknown']),
        priority: Type.Integer({ minimum: 0, maximum: 255 }),
        intervalCentiseconds: Type.Integer(),
        authentication: Type.Union([Type.String(), Type.Integer()]),
        checksum: Nullable(Type.String({ description: 'dialect of the checksum' })),
        lastAdvert: Time,
        adverts: Type.Integer(),
      }),
    ),
    readiness: Type.Object(
      { failoverKeepsSessions: Nullable(Type.Boolean()), reasons: Type.Array(Type.String()) },
      { description: 'null: not judged' },
    ),
  },
  { $id: 'VirtualRouter' },
);
export type VirtualRouter = Static<typeof VirtualRouterSchema>;

const mac = (sender: RouterSender): string | null => (sender.mac === null ? null : macText(sender.mac));

function roleOf(router: InnerRouter, sender: RouterSender): 'master' | 'backup' | 'unknown' {
  if (sender === router.master) return 'master';
  if (router.state === 'two_masters' && sender.priority > 0 && sender.lastMicros >= router.sinceMicros) return 'master';
  // It has been master and is not: a backup, unless its last word was that it goes.
  return sender.priority === 0 ? 'unknown' : 'backup';
}

function virtualRouterOf(router: InnerRouter, index: number, monitor: Monitor): VirtualRouter {
  const segment = monitor.segments.all[router.segment];
  const { master } = router;
  return {
    id: String(index),
    interface: segment?.interface ?? null,
    vlan: segment?.vlan ?? null,
    family: router.family,
    vrid: router.vrid,
    group: router.group === null ? null : addressText(router.group),
    version: router.version,
    state: router.state,
    since: timeText(router.sinceMicros),
    master: master && {
      address: addressText(master.address),
      mac: mac(master),
      priority: master.lastPriority,
      since: timeText(router.masterSinceMicros),
    },
    masterDownAt: Number.isFinite(router.masterDownMicros) ? timeText(router.masterDownMicros) : null,
    addresses: router.addresses.map(addressText),
    routers: router.senders.map((sender) => ({
      address: addressText(sender.address),
      mac: mac(sender),
      role: roleOf(router, sender),
      priority: sender.priority,
      intervalCentiseconds: sender.intervalCentiseconds,
      authentication: sender.authentication,
      checksum: sender.dialect,
      lastAdvert: timeText(sender.lastMicros),
      adverts: sender.adverts,
    })),
    readiness: { failoverKeepsSessions: null, reasons: ['not judged in this version'] },
  };
}

export function virtualRoutersOf(monitor: Monitor): VirtualRouter[] {
  return monitor.routers.all.map((router, index) => virtualRouterOf(router, index, monitor));
}
