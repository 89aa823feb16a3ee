/** Lanes and plots over one axis of time: drawn, zoomed and panned together. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Event } from '../../src/contract/event.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';
import { useMedia } from '../parts/media.ts';
import { usePageKeys } from '../shell/keys.ts';
import { type AxisHandle, type Gestures, useGestures } from './gestures.ts';
import { LaneRows } from './lane-rows.tsx';
import type { PlotsProps } from './plots.tsx';
import { fractionAt, lengthOf, panned, type TimeRange, ticksOf, tickText, zoomed } from './range.ts';
import { isAbout } from './router-events.ts';

/** Of what stands left of the axis, in pixels. */
const GUTTER = 168;
const NARROW_GUTTER = 40;
/** A label of the axis and the room around it, in pixels. */
const TICK_PIXELS = 84;
/** Above each plot, in pixels. */
const CAPTION = 20;
const AXIS = 20;
const PLOTS = 3;
const ZOOM = 2;
const PAN = 0.25;

export interface TimelineProps {
  readonly routers: readonly VirtualRouter[];
  readonly histories: readonly VrrpHistory[];
  readonly events: readonly Event[];
  readonly selected: VirtualRouter;
  readonly selectedEvent: string | null;
  readonly axis: AxisHandle;
  select(id: string): void;
  open(event: Event | null): void;
}

/** Loaded when it is shown: the first page does not wait for it. */
function usePlots(): ComponentType<PlotsProps> | null {
  const [plots, setPlots] = useState<{ readonly Plots: ComponentType<PlotsProps> } | null>(null);
  useEffect(() => void import('./plots.tsx').then(setPlots), []);
  return plots?.Plots ?? null;
}

function useKeysOf({ range, nowMillis, show, reset }: AxisHandle): void {
  const KEYS: Readonly<Record<string, () => void>> = {
    '+': () => show(zoomed(range, 1 / ZOOM, 0.5)),
    '=': () => show(zoomed(range, 1 / ZOOM, 0.5)),
    '-': () => show(zoomed(range, ZOOM, 0.5)),
    '0': reset,
    ArrowLeft: () => show(panned(range, -PAN, nowMillis)),
    ArrowRight: () => show(panned(range, PAN, nowMillis)),
  };
  usePageKeys((key, { target }) => {
    const isOurs = Object.hasOwn(KEYS, key) && !(target instanceof HTMLInputElement || target instanceof HTMLSelectElement);
    if (isOurs) KEYS[key]();
    return isOurs;
  });
}

/** What is left between the lanes and the lower edge, within reason. */
const plotHeight = (height: number, lanes: number): number =>
  Math.round(Math.max(64, Math.min(150, (height - AXIS - lanes - 8) / PLOTS - CAPTION)));

function Axis({ range, most }: { range: TimeRange; most: number }) {
  const { times, stepMillis } = ticksOf(range, most);
  // A label that the right edge would cut is left out.
  const last = range.toMillis - (0.7 * lengthOf(range)) / most;
  return (
    <div class="time-axis" aria-hidden="true">
      {times.map((millis) => (
        <span key={millis} style={{ left: `${100 * fractionAt(range, millis)}%` }}>
          {millis <= last && tickText(millis, stepMillis)}
        </span>
      ))}
    </div>
  );
}

function Pointer({ range, cursorMillis, selection }: { range: TimeRange } & Gestures) {
  const line = useRef<HTMLDivElement>(null);
  const text = useSignal('');
  // Moved without drawing anything else anew.
  useSignalEffect(() => {
    const millis = cursorMillis.value;
    text.value = millis === null ? '' : tickText(millis, 0);
    if (!line.current || millis === null) return;
    const fraction = fractionAt(range, millis);
    line.current.style.left = `${100 * fraction}%`;
    line.current.classList.toggle('late', fraction > 0.8);
  });
  const drawn = selection.value && [...selection.value].sort((a, b) => a - b);
  return (
    <div class="time-pointer" aria-hidden="true">
      {drawn && (
        <div class="drawn" style={{ left: `${100 * Math.max(0, drawn[0])}%`, width: `${100 * (drawn[1] - Math.max(0, drawn[0]))}%` }} />
      )}
      <div class={`line${cursorMillis.value === null ? ' none' : ''}`} ref={line}>
        <span>{text}</span>
      </div>
    </div>
  );
}

export function Timeline({ routers, histories, events, selected, selectedEvent, axis, select, open }: TimelineProps) {
  const isNarrow = useMedia('(max-width: 720px)');
  const isStacked = useMedia('(max-width: 1080px)');
  const gutter = isNarrow ? NARROW_GUTTER : GUTTER;
  const content = useRef<HTMLDivElement>(null);
  const lanes = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, plot: 0 });
  const Plots = usePlots();
  const gestures = useGestures(content, gutter, axis);
  useKeysOf(axis);
  useEffect(() => {
    const [all, above] = [content.current, lanes.current];
    const scroller = all?.parentElement;
    if (!all || !above || !scroller) return;
    const observer = new ResizeObserver(() => {
      const [width, plot] = [all.clientWidth, plotHeight(isStacked ? 0 : scroller.clientHeight, above.offsetHeight)];
      if (width !== size.peek().width || plot !== size.peek().plot) size.value = { width, plot };
    });
    for (const element of [scroller, all, above]) observer.observe(element);
    return () => observer.disconnect();
  }, [isStacked]);
  const { width, plot } = size.value;
  const { range, nowMillis } = axis;
  const most = Math.max(2, Math.floor((width - gutter) / TICK_PIXELS));
  const view = { range, nowMillis, width: width - gutter, selectedEvent, open };
  const history = histories.find(({ id }) => id === selected.id);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys
    <section class="scroll over-time" tabIndex={0} aria-label="virtual routers over time">
      <div class="axis-content" ref={content} style={{ '--gutter': `${gutter}px` }}>
        <Axis range={range} most={most} />
        <div class="lanes" ref={lanes}>
          {routers.map((router) => (
            <LaneRows
              key={router.id}
              router={router}
              history={histories.find(({ id }) => id === router.id) ?? null}
              events={events.filter((event) => isAbout(event, router))}
              view={view}
              isSelected={router === selected}
              onSelect={() => select(router.id)}
            />
          ))}
        </div>
        <div class="plots">
          {Plots && history && width > 0 && (
            <Plots
              key={history.id}
              history={history}
              range={range}
              width={width}
              height={plot}
              gutter={gutter}
              mostTicks={most}
              cursorMillis={gestures.cursorMillis}
            />
          )}
        </div>
        <Pointer range={range} {...gestures} />
      </div>
    </section>
  );
}
