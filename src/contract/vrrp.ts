/** A virtual router as REST and the page see it: who is master, and who else was heard. */
import { type Static, Type } from 'typebox';
import { addressText, macText } from '../../dissectors/address.ts';
import { type Standing, standingsOf, takeoverMicros } from '../state/backups.ts';
import type { Monitor } from '../state/monitor.ts';
import { readinessOf } from '../state/readiness.ts';
import { type VirtualRouter as InnerRouter, type RouterSender, skewMicros } from '../state/routers.ts';
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
    // When a backup takes over unless the master is heard: by the best priority known among the backups, else at the latest.
    masterDownAt: Nullable(Time),
    addresses: Type.Array(Type.String(), { description: 'as the master announces them' }),
    routers: Type.Array(
      Type.Object({
        address: Type.String(),
        mac: Nullable(Type.String()),
        role: Type.Enum(['master', 'backup', 'silent_backup', 'unknown'], {
          description:
            'backup: has sent adverts and listens; silent_backup: listens and was never heard; unknown: cannot be told, or it has gone',
        }),
        priority: Nullable(Type.Integer({ description: 'of its last advert; 0: it resigned; null, as all below: it never sent one' })),
        intervalCentiseconds: Nullable(Type.Integer()),
        skewCentiseconds: Nullable(Type.Number({ description: 'Skew_Time by its last priority above 0' })),
        masterDownCentiseconds: Nullable(
          Type.Number({
            description: "Master_Down_Interval by that priority and the master's interval: so long a silence, and it takes over",
          }),
        ),
        authentication: Nullable(Type.String()),
        checksum: Nullable(Type.String({ description: 'which of the dialects its checksum follows' })),
        ttl: Nullable(Type.Integer()),
        addresses: Type.Array(Type.String(), { description: 'as it announced them last' }),
        lastAdvert: Nullable(Time),
        adverts: Type.Integer(),
        jitterMilliseconds: Nullable(Type.Number({ description: 'smoothed deviation of its adverts from their interval' })),
        lateAdverts: Type.Array(Type.Integer(), { description: 'more than 1.5, 2 and 3 intervals after the one before' }),
      }),
    ),
    readiness: Type.Object({
      failoverKeepsSessions: Nullable(Type.Boolean({ description: 'would a failover now keep the sessions; null: cannot be told' })),
      reasons: Type.Array(Type.String(), { description: 'sentences: what decides it' }),
    }),
  },
  { $id: 'VirtualRouter' },
);
export type VirtualRouter = Static<typeof VirtualRouterSchema>;

type Member = VirtualRouter['routers'][number];

const MICROS_PER_CENTISECOND = 10_000;
const macOf = ({ mac }: Pick<RouterSender, 'mac'>): string | null => (mac === null ? null : macText(mac));
const centiseconds = (micros: number): number => Math.round(micros / (MICROS_PER_CENTISECOND / 100)) / 100;

/** RFC 3768 section 6.1, RFC 5798 section 6.1: in version 3 both go by the master's interval. */
function timersOf(router: InnerRouter, sender: RouterSender): Pick<Member, 'skewCentiseconds' | 'masterDownCentiseconds'> {
  const { version, intervalCentiseconds } = router.master ?? router.lastMaster ?? sender;
  const skew = skewMicros(version, intervalCentiseconds, sender.lastPriority);
  return {
    skewCentiseconds: centiseconds(skew),
    masterDownCentiseconds: centiseconds(3 * intervalCentiseconds * MICROS_PER_CENTISECOND + skew),
  };
}

function announcedOf(router: InnerRouter, sender: RouterSender): Omit<Member, 'address' | 'mac' | 'role'> {
  return {
    priority: sender.priority,
    intervalCentiseconds: sender.intervalCentiseconds,
    ...timersOf(router, sender),
    authentication: String(sender.authentication),
    checksum: sender.dialect,
    ttl: sender.ttl,
    addresses: sender.addresses.map(addressText),
    lastAdvert: timeText(sender.lastMicros),
    adverts: sender.adverts,
    jitterMilliseconds: Math.round(sender.jitterMicros) / 1000,
    lateAdverts: [...sender.late],
  };
}

/** Of one that was never heard. */
const SILENT: Omit<Member, 'address' | 'mac' | 'role'> = {
  priority: null,
  intervalCentiseconds: null,
  skewCentiseconds: null,
  masterDownCentiseconds: null,
  authentication: null,
  checksum: null,
  ttl: null,
  addresses: [],
  lastAdvert: null,
  adverts: 0,
  jitterMilliseconds: null,
  lateAdverts: [0, 0, 0],
};

function memberOf(router: InnerRouter, { address, mac, role, sender }: Standing): Member {
  const announced = sender ? announcedOf(router, sender) : SILENT;
  return { address: addressText(address), mac: macOf({ mac }), role, ...announced };
}

/** @param index among all routers */
export const routerId = ({ family, vrid }: InnerRouter, index: number): string => `${family}-${vrid}-${index}`;

function routerOf(router: InnerRouter, index: number, monitor: Monitor): VirtualRouter {
  const { master } = router;
  const segment = monitor.segments.all[router.segment];
  const nowMicros = monitor.clock.nowMicros ?? 0;
  const standings = standingsOf(router, monitor, nowMicros);
  const takeover = takeoverMicros(router, standings);
  const { failoverKeepsSessions, reasons } = readinessOf(router, monitor, nowMicros);
  return {
    id: routerId(router, index),
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
    masterDownAt: takeover === null ? null : timeText(router.lastHeardMicros + takeover),
    addresses: router.addresses.map(addressText),
    routers: standings.map((standing) => memberOf(router, standing)),
    readiness: { failoverKeepsSessions, reasons: [...reasons] },
  };
}

/** By VRID, then family, then in the order in which they were first heard. */
export const routerOrder = (a: Pick<VirtualRouter, 'vrid' | 'family'>, b: Pick<VirtualRouter, 'vrid' | 'family'>): number =>
  a.vrid - b.vrid || (a.family < b.family ? -1 : Number(a.family > b.family));

export function virtualRoutersOf(monitor: Monitor): VirtualRouter[] {
  return monitor.routers.all.map((router, index) => routerOf(router, index, monitor)).sort(routerOrder);
}
