/** The figures of a virtual router as uPlot takes them: columns over time, one for each sender. Pure. */
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';

export type FigureName = 'adverts' | 'jitterMilliseconds' | 'priority';

/** Seconds since 1970, then a column for each sender. A value is told where its step begins and where it ends, so that lines are stairs. */
export type Figures = [number[], ...(number | null)[][]];

/** A step ends so much before the next begins, in seconds. */
const BEFORE = 0.001;

const twice = <Value>(values: readonly Value[]): Value[] => values.flatMap((value) => [value, value]);

export function figuresOf({ from, to, stepSeconds, routers }: VrrpHistory, name: FigureName): Figures {
  const steps = Math.max(0, ...routers.map((router) => router[name].length));
  const first = Date.parse(from) / 1000;
  const end = Date.parse(to) / 1000;
  const times = Array.from({ length: steps }, (_, i) => first + i * stepSeconds);
  const known = (value: number | null, i: number): number | null =>
    // How many adverts a step has is not known before it has ended.
    name === 'adverts' && times[i] + stepSeconds > end ? null : value;
  return [
    times.flatMap((time) => [time, Math.max(time + BEFORE, Math.min(time + stepSeconds, end) - BEFORE)]),
    ...routers.map((router) => twice(router[name].map(known))),
  ];
}

/** What a step says of each sender: the one of a moment; null: the last. */
export function valuesAt({ from, stepSeconds, routers }: VrrpHistory, name: FigureName, atMillis: number | null): (number | null)[] {
  const step = atMillis === null ? -1 : Math.floor((atMillis - Date.parse(from)) / (1000 * stepSeconds));
  return routers.map((router) => (atMillis !== null && step < 0 ? null : (router[name].at(step) ?? null)));
}
