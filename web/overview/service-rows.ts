/** The service tree as rows: which are open, which are drawn. Pure. */
import type { Service } from '../../src/contract/service.ts';
import { endpointText } from '../parts/text.ts';
import { type Share, sharesOf } from './shares.ts';

export type Destination = Service['destinations'][number];

export type ServiceRow =
  | { readonly kind: 'service'; readonly key: string; readonly service: Service; readonly isOpen: boolean }
  | {
      readonly kind: 'destination';
      readonly key: string;
      readonly service: Service;
      readonly destination: Destination;
      readonly share: Share;
    };

/** More rows than this are a list of services first. */
const MOST_OPEN_ROWS = 100;

const count = (services: readonly Service[]): number => services.reduce((sum, { destinations }) => sum + 1 + destinations.length, 0);

/** Which services were opened and closed by hand: ids apart by blanks, as the address has them. */
export interface Turned {
  readonly open: string;
  readonly shut: string;
}

const idsOf = (text: string): string[] => text.split(' ').filter((id) => id !== '');

/** @returns ids of the services that show their real servers */
export function openServices(services: readonly Service[], { open, shut }: Turned): ReadonlySet<string> {
  const all = count(services) <= MOST_OPEN_ROWS ? services.map(({ id }) => id) : [];
  const closed = new Set(idsOf(shut));
  return new Set([...all, ...idsOf(open)].filter((id) => !closed.has(id)));
}

/** As before with this service the other way round. */
export function turn({ open, shut }: Turned, id: string, isOpen: boolean): Turned {
  const without = (text: string) => idsOf(text).filter((one) => one !== id);
  const [opened, closed] = [without(open), without(shut)];
  (isOpen ? closed : opened).push(id);
  return { open: opened.join(' '), shut: closed.join(' ') };
}

export function serviceRows(services: readonly Service[], open: ReadonlySet<string>): ServiceRow[] {
  return services.flatMap((service): ServiceRow[] => {
    const isOpen = open.has(service.id);
    const head: ServiceRow = { kind: 'service', key: service.id, service, isOpen };
    if (!isOpen) return [head];
    const shares = sharesOf(service.destinations);
    const below = service.destinations.map((destination, i): ServiceRow => {
      return { kind: 'destination', key: `${service.id} ${endpointText(destination.destination)}`, service, destination, share: shares[i] };
    });
    return [head, ...below];
  });
}

/** It had sessions and has none: gone, taken out, or just not chosen. */
export const isDeserted = ({ active, inactive, persistent, newPerSecond }: Destination): boolean =>
  active + inactive + persistent === 0 && newPerSecond === 0;
