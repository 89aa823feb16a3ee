/** What a virtual service carried over time, as REST and the page see it. */
import { type Static, Type } from 'typebox';
import { BINDING_STEPS, type BindingHistories, COLUMN } from '../state/binding-history.ts';
import type { Monitor } from '../state/monitor.ts';
import { listServices, type Service, type ServiceDestination } from '../state/services.ts';
import { stepMicros, stepOf } from '../state/steps.ts';
import { Endpoint, endpoint } from './scalars.ts';
import { rangeOf, Series, SPAN_PROPERTIES, type StepRange, seriesOf, spanOf } from './series.ts';
import { serviceId } from './service.ts';

export const ServiceHistorySchema = Type.Object(
  {
    id: Type.String({ description: 'that of the service' }),
    ...SPAN_PROPERTIES,
    destinations: Type.Array(
      Type.Object({
        destination: Endpoint,
        new: Series('sessions made in the step; null, as below: not looked at, or nothing was known of it yet'),
        active: Series('ActiveConn at the end of the step'),
        inactive: Series('InActConn at the end of the step'),
      }),
    ),
  },
  { $id: 'ServiceHistory' },
);
export type ServiceHistory = Static<typeof ServiceHistorySchema>;

const known = <Value>(value: Value | undefined): Value[] => (value === undefined ? [] : [value]);

function destinationOf({ address, port, bindings }: ServiceDestination, histories: BindingHistories, range: StepRange) {
  const all = bindings.flatMap((index) => known(histories.of(index)));
  const column = (number: number) =>
    seriesOf(range, (step) => all.reduce<number | null>((sum, steps) => add(sum, steps.at(step, number)), null));
  return {
    destination: endpoint(address, port),
    new: column(COLUMN.created),
    active: column(COLUMN.active),
    inactive: column(COLUMN.inactive),
  };
}

const add = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : a + b);

function historyOf(service: Service, histories: BindingHistories, ended: number): ServiceHistory {
  const all = service.bindings.flatMap((index) => known(histories.of(index)));
  const range = rangeOf(all, ended, BINDING_STEPS);
  return {
    id: serviceId(service),
    ...spanOf(range, stepMicros(ended + 1)),
    // Made when it is shown: of most only the name is asked.
    get destinations() {
      return service.destinations.map((destination) => destinationOf(destination, histories, range));
    },
  };
}

/** In the order of the services, up to the last step that has ended. */
export function serviceHistoriesOf({ sessions, bindingHistories }: Monitor, nowMicros: number): ServiceHistory[] {
  const ended = bindingHistories.ended ?? stepOf(nowMicros) - 1;
  return listServices(sessions.bindings, nowMicros).map((service) => historyOf(service, bindingHistories, ended));
}
