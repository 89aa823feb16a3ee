/** The figures of a virtual router as uPlot takes them: columns over time, one for each sender. Pure. */
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';

export type FigureName = 'adverts' | 'jitterMilliseconds' | 'priority';

/** Seconds since 1970, then a column for each sender. A value holds from its time to the next. */
export type Figures = [number[], ...(number | null)[][]];

export function figuresOf({ from, to, stepSeconds, routers }: VrrpHistory, name: FigureName): Figures {
  const steps = Math.max(0, ...routers.map((router) => router[name].length));
  const first = Date.parse(from) / 1000;
  const end = Date.parse(to) / 1000;
  const times = Array.from({ length: steps }, (_, i) => first + i * stepSeconds);
  // How many adverts a step has is not known before it has ended.
  const isOpen = name === 'adverts' && steps > 0 && times[steps - 1] + stepSeconds > end;
  const columns = routers.map((router) => {
    const values = Array.from({ length: steps }, (_, i) => (isOpen && i === steps - 1 ? null : (router[name][i] ?? null)));
    return [...values, isOpen ? null : (values[steps - 1] ?? null)];
  });
  return [[...times, Math.max(end, (times[steps - 1] ?? end) + 0.001)], ...columns];
}

/** The value that holds at a moment; null: none known. */
export function valueAt([times]: Figures, column: readonly (number | null)[], atMillis: number): number | null {
  const next = times.findIndex((time) => time * 1000 > atMillis);
  return next === 0 ? null : (column[next < 0 ? times.length - 1 : next - 1] ?? null);
}

export function lastValue(column: readonly (number | null)[]): number | null {
  return column.findLast((value) => value !== null) ?? null;
}
