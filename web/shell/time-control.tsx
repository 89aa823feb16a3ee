/** Which moment the page shows: now, now held still, or any that the history keeps. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useTable } from '../data/use-table.ts';
import { clockText, durationText, isoText } from '../parts/text.ts';
import { usePageKeys } from './keys.ts';
import type { PageState } from './page-state.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A hand that draws the slider rests. */
const REST_MILLIS = 150;
const SPANS: readonly (readonly [title: string, millis: number])[] = [
  ['5 minutes', 5 * MINUTE],
  ['1 hour', 60 * MINUTE],
  ['all', Number.POSITIVE_INFINITY],
];
/** What is worth a mark on the slider, and a stop of `<` and `>`. */
const NOTABLE = { noun: 'events', filter: { q: 'severity >= warning || kind == vrrp.master_change' }, sort: '-at', limit: 500 } as const;

function momentKind({ moment, paused }: PageState): 'past' | 'paused' | 'live' {
  if (moment.value !== null) return 'past';
  return paused.value ? 'paused' : 'live';
}

export function TimeControl({ page }: { page: PageState }) {
  const span = useSignal(SPANS[0][1]);
  const drawn = useSignal<number | null>(null);
  const timer = useRef(0);
  const notable = useTable(page.present, NOTABLE).rows.value?.items;
  const { moment, paused, presentMillis, status, statusThen } = page;
  const present = presentMillis.value;
  const kept = status.value?.history?.from ?? null;
  // Whole seconds, which are what the slider steps by.
  const from = SECOND * Math.floor((kept === null ? present : Math.max(Date.parse(kept), present - span.value)) / SECOND);
  const to = SECOND * Math.ceil(present / SECOND);
  const shown = drawn.value ?? page.now.value;

  const isRebuilding = moment.value !== null && statusThen.isWaiting.value;

  function show(millis: number): void {
    const latest = status.value?.asOf ?? null;
    if (kept === null || latest === null) return;
    // The page's clock may be ahead of what the monitor has heard, and counts whole milliseconds: the first frame is within one.
    const moment = Math.max(Date.parse(kept) + 1, Math.min(millis, Date.parse(latest) - 1));
    page.showMoment(millis >= page.presentMillis.peek() ? null : isoText(moment));
  }

  function draw(millis: number): void {
    drawn.value = millis;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      drawn.value = null;
      show(millis);
    }, REST_MILLIS);
  }

  /** To the notable event before or after the moment that is shown. */
  function stepToEvent(direction: -1 | 1): void {
    if (notable === undefined) return;
    const times = notable.map(({ at }) => Date.parse(at)).sort((a, b) => direction * (a - b));
    const next = times.find((at) => direction * (at - page.now.peek()) > 0);
    if (next !== undefined) show(next);
    else if (direction > 0) page.showMoment(null);
  }

  const KEYS: Readonly<Record<string, () => void>> = {
    p: () => {
      paused.value = !paused.value;
    },
    f: () => show(page.now.peek() - 1),
    '[': () => show(page.now.peek() - SECOND),
    ']': () => show(page.now.peek() + SECOND),
    '{': () => show(page.now.peek() - MINUTE),
    '}': () => show(page.now.peek() + MINUTE),
    '<': () => stepToEvent(-1),
    '>': () => stepToEvent(1),
    '.': () => page.showMoment(null),
  };
  usePageKeys((key) => {
    const isOurs = Object.hasOwn(KEYS, key);
    if (isOurs) KEYS[key]();
    return isOurs;
  });

  return (
    <section class="time" aria-label="moment that is shown">
      <p role="status" id="moment" data-moment={momentKind(page)} data-waiting={isRebuilding || undefined}>
        {moment.value !== null && (
          <b class="tone-opening">
            ◷ {clockText(shown, present)}, {durationText((present - shown) / SECOND)} ago
          </b>
        )}
        {moment.value === null && paused.value && <b class="tone-opening">❚❚ paused</b>}
        {moment.value === null && !paused.value && <b class="tone-up">● live</b>}{' '}
        {isRebuilding && <span class="dim">reading the history…</span>}
        {moment.value !== null && <span class="tone-bad">{statusThen.fault.value}</span>}
        {moment.value === null && <time>{clockText(present, present)}</time>}
      </p>
      <button type="button" class="tool" title="pause (p)" aria-pressed={paused.value} disabled={moment.value !== null} onClick={KEYS.p}>
        pause
      </button>
      <button
        type="button"
        class="tool"
        title="freeze at this moment (f)"
        disabled={kept === null || moment.value !== null}
        onClick={KEYS.f}
      >
        freeze
      </button>
      <button type="button" class="tool" title="back to live (.)" disabled={moment.value === null && !paused.value} onClick={KEYS['.']}>
        live
      </button>
      <button type="button" class="tool" title="the event before (<)" disabled={kept === null} onClick={KEYS['<']}>
        ◂ event
      </button>
      <div class="slider">
        <input
          type="range"
          aria-label="moment"
          aria-valuetext={moment.value === null ? 'live' : clockText(shown, present)}
          title={kept === null ? 'no history is kept' : undefined}
          disabled={kept === null}
          min={from}
          max={to}
          step={SECOND}
          value={moment.value === null && drawn.value === null ? to : shown}
          onInput={(event) => draw(event.currentTarget.valueAsNumber)}
        />
        <svg aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 1000 1">
          {notable
            ?.map(({ id, at, severity }) => ({ id, severity, x: (1000 * (Date.parse(at) - from)) / (to - from) }))
            .filter(({ x }) => x >= 0 && x <= 1000)
            .map(({ id, severity, x }) => (
              <line key={id} class={severity} x1={x} x2={x} y1={0} y2={1} vector-effect="non-scaling-stroke" />
            ))}
        </svg>
      </div>
      <button type="button" class="tool" title="the event after (>)" disabled={moment.value === null} onClick={KEYS['>']}>
        event ▸
      </button>
      <label class="span">
        <span>last</span>
        <select
          aria-label="how far back the slider goes"
          value={String(span.value)}
          onChange={(event) => {
            span.value = Number(event.currentTarget.value);
          }}
        >
          {SPANS.map(([title, millis]) => (
            <option key={title} value={String(millis)}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </section>
  );
}
