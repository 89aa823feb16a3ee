/** What happened to a virtual router over time, as REST and the page see it: who was master when, and what was heard of each router. */
import { type Static, Type } from 'typebox';
import { addressText, macText } from '../../dissectors/address.ts';
import type { Monitor } from '../state/monitor.ts';
import { COLUMN, type Lane, ROUTER_STEPS, type RouterHistory } from '../state/router-history.ts';
import type { VirtualRouter } from '../state/routers.ts';
import { stepOf } from '../state/steps.ts';
import { FamilyName, Nullable, Time, timeText } from './scalars.ts';
import { rangeOf, Series, SPAN_PROPERTIES, type StepRange, seriesOf, spanOf } from './series.ts';
import { routerId, routerOrder } from './vrrp.ts';

const UNTIL = { from: Time, to: Nullable(Type.String({ description: 'null: still' })) };

export const VrrpHistorySchema = Type.Object(
  {
    id: Type.String({ description: 'that of the virtual router' }),
    vrid: Type.Integer({ minimum: 0, maximum: 255 }),
    family: FamilyName,
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
    ...SPAN_PROPERTIES,
    lost: Type.Array(Type.Object(UNTIL), {
      description: 'when nobody was master: from the last sign of one to the first advert of the next; the latest 256',
    }),
    routers: Type.Array(
      Type.Object({
        address: Type.String(),
        mac: Nullable(Type.String()),
        spans: Type.Array(
          Type.Object({
            ...UNTIL,
            role: Type.Enum(['master', 'backup', 'gone'], {
              description: 'backup: was heard before and gave way as far as is known; gone: resigned, or fell silent while it was master',
            }),
          }),
          { description: 'what it was when; the latest 256' },
        ),
        adverts: Series('adverts in the step; null: not heard in it'),
        priority: Series('of the last advert of the step; 0: it resigned'),
        jitterMilliseconds: Series('largest deviation of an advert from its interval; null: none was due'),
      }),
      { description: 'in the order in which they were first heard' },
    ),
  },
  { $id: 'VrrpHistory' },
);
export type VrrpHistory = Static<typeof VrrpHistorySchema>;

const NOTHING: RouterHistory = { lost: [], lanes: [] };

interface Stretch {
  readonly fromMicros: number;
  readonly toMicros: number | null;
}

const stretch = ({ fromMicros, toMicros }: Stretch): { from: string; to: string | null } => ({
  from: timeText(fromMicros),
  to: toMicros === null ? null : timeText(toMicros),
});

function laneOf({ sender, spans, steps }: Lane, range: StepRange): VrrpHistory['routers'][number] {
  const column = (number: number) => seriesOf(range, (step) => steps.at(step, number));
  return {
    address: addressText(sender.address),
    mac: sender.mac === null ? null : macText(sender.mac),
    spans: spans.map((span) => ({ ...stretch(span), role: span.role })),
    adverts: column(COLUMN.adverts),
    priority: column(COLUMN.priority),
    jitterMilliseconds: column(COLUMN.jitter).map((micros) => (micros === null ? null : micros / 1000)),
  };
}

function historyOf(router: VirtualRouter, index: number, { routerHistories, segments }: Monitor, nowMicros: number): VrrpHistory {
  const { lost, lanes } = routerHistories.of(router) ?? NOTHING;
  const { interface: name, vlan } = segments.all[router.segment];
  const range = rangeOf(
    lanes.map(({ steps }) => steps),
    stepOf(nowMicros),
    ROUTER_STEPS,
  );
  return {
    id: routerId(router, index),
    vrid: router.vrid,
    family: router.family,
    interface: name,
    vlan,
    ...spanOf(range, nowMicros),
    lost: lost.map(stretch),
    // Made when it is shown: of most only the name is asked.
    get routers() {
      return lanes.map((lane) => laneOf(lane, range));
    },
  };
}

/** In the order of the virtual routers. */
export function vrrpHistoriesOf(monitor: Monitor, nowMicros: number): VrrpHistory[] {
  return monitor.routers.all.map((router, index) => historyOf(router, index, monitor, nowMicros)).sort(routerOrder);
}
