/** The figures of one virtual router over the same axis as its lanes, with uPlot; what the mouse does is the timeline's business. */
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';
import { useMedia } from '../parts/media.ts';
import { theme } from '../shell/theme.ts';
import { type FigureName, type Figures, figuresOf, valuesAt } from './figures.ts';
import { type TimeRange, ticksOf } from './range.ts';

/** Senders beyond these have the colours again, dashed. */
const COLOURS = 5;
const DASH = [6, 3];
/** Distances of grid lines that are easily read. */
const WHOLES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
const TENTHS = [0.1, 0.2, 0.5];

export interface PlotsProps {
  readonly history: VrrpHistory;
  readonly range: TimeRange;
  /** Pixels of all, and of what stands left of the axis. */
  readonly width: number;
  readonly gutter: number;
  /** Pixels of one plot. */
  readonly height: number;
  readonly mostTicks: number;
  readonly cursorMillis: ReadonlySignal<number | null>;
}

interface PlotProps extends PlotsProps {
  readonly name: FigureName;
  readonly title: string;
}

const senderClass = (index: number): string => `sender sender-${index % COLOURS}${index >= COLOURS ? ' dashed' : ''}`;

function Legend({ history, name, cursorMillis }: Pick<PlotProps, 'history' | 'name' | 'cursorMillis'>) {
  const values = valuesAt(history, name, cursorMillis.value);
  return (
    <ul class="plot-legend">
      {history.routers.map(({ address }, index) => {
        const value = values[index];
        return (
          <li key={address}>
            <span class={senderClass(index)} data-sender={index} aria-hidden="true" />
            <span class="value">{address}</span> <b>{value === null ? '–' : String(Math.round(value * 1000) / 1000)}</b>
          </li>
        );
      })}
    </ul>
  );
}

/** From 0, or around what the values are, never without height. */
function scaleOf(name: FigureName): uPlot.Range.Function {
  return (_, min, max) => {
    const [low, high] = [min ?? 0, max ?? 0];
    if (name === 'priority') return [Math.max(0, low - 10), Math.min(265, high + 10)];
    return [0, Math.max(1, high * 1.15)];
  };
}

function createPlot(target: HTMLElement, name: FigureName, figures: Figures, shown: () => PlotsProps): uPlot {
  // Colours are the theme's, and read when they are drawn with.
  const colour = (property: 'color' | 'borderTopColor') => () => getComputedStyle(target)[property];
  const sender = (index: number) => () => {
    const swatch = target.parentElement?.querySelector(`[data-sender="${index}"]`) ?? target;
    return getComputedStyle(swatch).color;
  };
  const { width, height, gutter } = shown();
  const grid = { stroke: colour('borderTopColor'), width: 1 };
  const options: uPlot.Options = {
    width,
    height,
    padding: [6, 0, 6, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { auto: false, time: true }, y: { range: scaleOf(name) } },
    axes: [
      {
        size: 0,
        splits: () => ticksOf(shown().range, shown().mostTicks).times.map((millis) => millis / 1000),
        values: (_, splits) => splits.map(() => ''),
        ticks: { show: false },
        grid,
      },
      {
        size: gutter,
        gap: 6,
        space: 22,
        incrs: name === 'jitterMilliseconds' ? [...TENTHS, ...WHOLES] : WHOLES,
        stroke: colour('color'),
        ticks: { show: false },
        grid,
        font: '10px system-ui, sans-serif',
      },
    ],
    series: [
      {},
      ...figures.slice(1).map((_, index) => ({
        stroke: sender(index),
        width: 1.5,
        ...(index >= COLOURS && { dash: DASH }),
        points: { show: false },
      })),
    ],
  };
  return new uPlot(options, figures, target);
}

function Plot(props: PlotProps) {
  const { name, title, history, range, width, height, gutter, cursorMillis } = props;
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef<PlotsProps>(props);
  latest.current = props;
  const figures = useMemo(() => figuresOf(history, name), [history, name]);
  const systemIsDark = useMedia('(prefers-color-scheme: dark)');
  const senders = history.routers.map(({ address }) => address).join(' ');

  useEffect(() => {
    if (!target.current) return;
    const created = createPlot(target.current, name, figures, () => latest.current);
    plot.current = created;
    return () => created.destroy();
  }, [name, senders, gutter]);
  useEffect(() => plot.current?.setData(figures, false), [figures, senders, gutter]);
  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);
  useEffect(() => {
    plot.current?.setScale('x', { min: range.fromMillis / 1000, max: range.toMillis / 1000 });
  }, [range.fromMillis, range.toMillis, figures, senders, gutter]);
  // The paths stay: only their colours are others.
  useEffect(() => plot.current?.redraw(false), [theme.value, systemIsDark]);

  return (
    <figure class="plot">
      <figcaption>
        <span>{title}</span>
        <Legend history={history} name={name} cursorMillis={cursorMillis} />
      </figcaption>
      <div class="canvas" ref={target} style={{ height: `${height}px` }} aria-hidden="true" />
    </figure>
  );
}

export function Plots(props: PlotsProps) {
  return (
    <>
      <Plot {...props} name="adverts" title={`adverts in ${props.history.stepSeconds} s`} />
      <Plot {...props} name="jitterMilliseconds" title="jitter, ms" />
      <Plot {...props} name="priority" title="priority" />
    </>
  );
}
