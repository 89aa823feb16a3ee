/** A virtual router as REST and the page see it: who is master, and who else was heard. */
import { type Static, Type } from 'typebox';
import { addressText, macText } from '../../dissectors/address.ts';
import type { Monitor } from '../state/monitor.ts';
import { type VirtualRouter as InnerRouter, masterDownMicros, type RouterSender } from '../state/routers.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';

export const VirtualRouterSchema = Type.Object(
  {
    id: Type.String(),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
    family: FamilyName,
    vrid: Type.Integer({ minimum: 0, maximum: 255 }),
    group: Nullable(Type.String({ description: 'null: unicast between peers' })),
    version: Type.Integer({ minimum: 2, maximum: 3 }),
    state: Type.Enum(['master', 'lost', 'two_masters']),
    since: Time,
    master: Nullable(
      Type.Object({
        address: Type.String(),
        mac: Nullable(Type.String()),
        priority: Type.Integer(),
        since: Time,
      }),
    ),
    masterDownAt: Nullable(Time),
    addresses: Type.Array(Type.String(), { description: 'as the master announces them' }),
    routers: Type.Array(
      Type.Object({
        address: Type.String(),
        mac: Nullable(Type.String()),
        role: Type.Enum(['master', 'unknown'], { description: 'unknown: it has sent adverts and is silent now' }),
        priority: Type.Integer({ description: 'of its last advert; 0: it resigned' }),
        intervalCentiseconds: Type.Integer(),
        authentication: Type.String(),
        checksum: Nullable(Type.String({ description: 'which of the dialects its checksum follows' })),
        lastAdvert: Time,
        adverts: Type.Integer(),
      }),
    ),
  },
  { $id: 'VirtualRouter' },
);
export type VirtualRouter = Static<typeof VirtualRouterSchema>;

const macOf = ({ mac }: RouterSender): string | null => (mac === null ? null : macText(mac));

/** The one that counts as master, or, while there are two, any that has not fallen silent. */
function isMaster(router: InnerRouter, sender: RouterSender, nowMicros: number): boolean {
  if (router.state !== 'two_masters') return sender === router.master;
  const silentMicros = nowMicros - sender.lastMicros;
  return sender.priority > 0 && silentMicros <= masterDownMicros(sender.version, sender.intervalCentiseconds);
}

function senderOf(router: InnerRouter, sender: RouterSender, nowMicros: number): VirtualRouter['routers'][number] {
  return {
    address: addressText(sender.address),
    mac: macOf(sender),
    role: isMaster(router, sender, nowMicros) ? 'master' : 'unknown',
    priority: sender.priority,
    intervalCentiseconds: sender.intervalCentiseconds,
    authentication: String(sender.authentication),
    checksum: sender.dialect,
    lastAdvert: timeText(sender.lastMicros),
    adverts: sender.adverts,
  };
}

function routerOf(router: InnerRouter, index: number, { segments, clock }: Monitor): VirtualRouter {
  const { master, masterDownMicros: downMicros } = router;
  const segment = segments.all[router.segment];
  return {
    id: `${router.family}-${router.vrid}-${index}`,
    interface: segment.interface,
    vlan: segment.vlan,
    family: router.family,
    vrid: router.vrid,
    group: router.group === null ? null : addressText(router.group),
    version: router.version,
    state: router.state,
    since: timeText(router.sinceMicros),
    master: master && {
      address: addressText(master.address),
      mac: macOf(master),
      priority: master.lastPriority,
      since: timeText(router.masterSinceMicros),
    },
    masterDownAt: master && Number.isFinite(downMicros) ? timeText(downMicros) : null,
    addresses: router.addresses.map(addressText),
    routers: router.senders.map((sender) => senderOf(router, sender, clock.nowMicros ?? 0)),
  };
}

/** By VRID, then family, then in the order in which they were first heard. */
export function virtualRoutersOf(monitor: Monitor): VirtualRouter[] {
  return monitor.routers.all
    .map((router, index) => routerOf(router, index, monitor))
    .sort((a, b) => a.vrid - b.vrid || (a.family < b.family ? -1 : Number(a.family > b.family)));
}
