/** New sessions over the last hour, in buckets of a minute, from the history of the services. Pure. */
import type { Service } from '../../src/contract/service.ts';
import type { ServiceHistory } from '../../src/contract/service-history.ts';
import { endpointText } from '../parts/text.ts';

/** Rates a second, oldest first; null: not known. */
export type Rates = readonly (number | null)[];

export interface ServiceRates {
  readonly all: Rates;
  /** By the name of the real server, as `endpointText` writes it. */
  readonly destinations: ReadonlyMap<string, Rates>;
  /** The highest of any real server: they are compared, so all are drawn to one scale. */
  readonly most: number;
}

export const BUCKETS = 60;
const BUCKET_SECONDS = 60;

type Steps = readonly (number | null)[];

/** Unknown where nobody knows. */
function sumOf(columns: readonly Steps[]): Steps {
  const sum: (number | null)[] = [];
  for (const column of columns)
    for (let i = 0; i < column.length; i++) {
      const value = column[i];
      if (value !== null) sum[i] = (sum[i] ?? 0) + value;
      else sum[i] ??= null;
    }
  return sum;
}

/**
 * Buckets begin with the minutes of the clock, so that what is drawn once keeps its shape; the last may have just begun.
 * @param lastBucket number of the bucket that ends the answer, counted from the epoch
 */
function ratesOf(steps: Steps, { from, stepSeconds }: Pick<ServiceHistory, 'from' | 'stepSeconds'>, lastBucket: number): Rates {
  const sums = Array.from({ length: BUCKETS }, () => 0);
  const known = Array.from({ length: BUCKETS }, () => 0);
  const fromSeconds = Date.parse(from) / 1000;
  steps.forEach((value, i) => {
    const bucket = Math.floor((fromSeconds + i * stepSeconds) / BUCKET_SECONDS) - lastBucket + BUCKETS - 1;
    if (value === null || bucket < 0 || bucket >= BUCKETS) return;
    sums[bucket] += value;
    known[bucket] += stepSeconds;
  });
  return sums.map((sum, i) => (known[i] === 0 ? null : sum / known[i]));
}

const lastBucketOf = ({ to }: Pick<ServiceHistory, 'to'>): number => Math.ceil(Date.parse(to) / 1000 / BUCKET_SECONDS) - 1;

function serviceRatesOf(history: ServiceHistory): ServiceRates {
  const last = lastBucketOf(history);
  const all = ratesOf(sumOf(history.destinations.map((d) => d.new)), history, last);
  const destinations = new Map(history.destinations.map((d) => [endpointText(d.destination), ratesOf(d.new, history, last)]));
  return { all, destinations, most: Math.max(0, ...[...destinations.values()].map(mostOf)) };
}

/** By the id of the service. */
export const ratesOfServices = (items: readonly ServiceHistory[]): ReadonlyMap<string, ServiceRates> =>
  new Map(items.map((history) => [history.id, serviceRatesOf(history)]));

export const ratesOfAll = (services: ReadonlyMap<string, ServiceRates>): Rates => sumOf([...services.values()].map(({ all }) => all));

/** Some services of the list, to be asked for at once. */
export interface Part {
  readonly offset: number;
  readonly limit: number;
}

/** So many real servers' figures are read in a few milliseconds. */
const MOST_DESTINATIONS = 100;

/** The list in parts, so that reading an answer never makes the page stall; a service is never divided. */
export function partsOf(services: readonly Pick<Service, 'destinations'>[]): Part[] {
  const parts: Part[] = [];
  let room = 0;
  services.forEach(({ destinations }, offset) => {
    room -= destinations.length;
    const last = parts.at(-1);
    if (last && room >= 0) parts[parts.length - 1] = { ...last, limit: last.limit + 1 };
    else {
      parts.push({ offset, limit: 1 });
      room = MOST_DESTINATIONS - destinations.length;
    }
  });
  return parts;
}

export const mostOf = (rates: Rates): number => rates.reduce<number>((most, rate) => Math.max(most, rate ?? 0), 0);

/** Every known value is seen, a 0 too. */
const LEAST_HEIGHT = 0.06;

/** One bar a bucket, in a box of `BUCKETS` x 1; what is not known is left out. */
export function sparkPath(rates: Rates, most: number): string {
  return rates
    .map((rate, i) => {
      if (rate === null) return '';
      const height = Math.max(LEAST_HEIGHT, most === 0 ? 0 : rate / most);
      return `M${i} 1V${(1 - height).toFixed(3)}h1V1z`;
    })
    .join('');
}
