/** The lanes of one virtual router: what went wrong and what happened, then a lane for each router. */
import type { ComponentChildren } from 'preact';
import type { Event } from '../../src/contract/event.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import type { VrrpHistory } from '../../src/contract/vrrp-history.ts';
import { SEVERITY_ICONS } from '../parts/severity.ts';
import { lengthText } from '../parts/text.ts';
import { type Bar, type BarKind, laneBars, placeIn, troubleBars } from './lanes.ts';
import { marksOf } from './marks.ts';
import { type TimeRange, tickText } from './range.ts';
import { eventOfBar } from './router-events.ts';
import { routerTitle } from './router-words.ts';

export interface LaneView {
  readonly range: TimeRange;
  readonly nowMillis: number;
  /** Pixels of the range. */
  readonly width: number;
  readonly selectedEvent: string | null;
  open(event: Event | null): void;
}

/** A shape for each, since colour alone tells nothing to some. */
const BARS: Readonly<Record<BarKind, readonly [icon: string, word: string]>> = {
  master: ['●', 'master'],
  backup: ['○', 'backup'],
  resigned: ['▽', 'resigned'],
  gone: ['✕', 'gone'],
  lost: ['■', 'no master'],
  'two-masters': ['■', 'two masters'],
};

/** Of a letter of a bar's label, in pixels. */
const LETTER = 6.5;
const ICON_PIXELS = 14;

/** As much of the label as there is room for. */
function labelOf({ kind, fromMillis, toMillis }: Bar, width: number): string {
  const [icon, word] = BARS[kind];
  const isTrouble = kind === 'lost' || kind === 'two-masters';
  const labels = [...(isTrouble ? [`${icon} ${word} ${lengthText(toMillis - fromMillis)}`] : []), `${icon} ${word}`];
  return labels.find((label) => label.length * LETTER + ICON_PIXELS <= width) ?? (width < ICON_PIXELS ? '' : icon);
}

const percent = (fraction: number): string => `${100 * fraction}%`;

function barText({ kind, fromMillis, toMillis, lasts }: Bar): string {
  const [, word] = BARS[kind];
  const to = lasts ? 'still' : `to ${tickText(toMillis, 0)}`;
  return `${word} from ${tickText(fromMillis, 0)} ${to}, ${lengthText(toMillis - fromMillis)}`;
}

function BarButton({ bar, view, onOpen }: { bar: Bar; view: LaneView; onOpen: () => void }) {
  const place = placeIn(view.range, bar);
  if (!place) return null;
  const text = barText(bar);
  return (
    <button
      type="button"
      class={`role-bar role-${bar.kind}`}
      style={{ left: percent(place.left), width: percent(place.width) }}
      title={text}
      aria-label={text}
      tabIndex={-1}
      onClick={onOpen}
    >
      {labelOf(bar, place.width * view.width)}
    </button>
  );
}

function Marks({ events, view }: { events: readonly Event[]; view: LaneView }) {
  return marksOf(events, view.range, view.width).map(({ event, ids, left }) => {
    const others = ids.length === 1 ? '' : ` (and ${ids.length - 1} more)`;
    const isSelected = view.selectedEvent !== null && ids.includes(view.selectedEvent);
    return (
      <button
        key={ids[0]}
        type="button"
        class={`event-mark ${event.severity}`}
        style={{ left: percent(left) }}
        title={`${tickText(Date.parse(event.at), 0)} ${event.severity}: ${event.text}${others}`}
        aria-label={`${event.severity} event: ${event.text}${others}`}
        aria-pressed={isSelected}
        tabIndex={-1}
        onClick={() => view.open(event)}
      >
        {SEVERITY_ICONS[event.severity]}
      </button>
    );
  });
}

interface LaneRowsProps {
  readonly router: VirtualRouter;
  /** Null: not known yet. */
  readonly history: VrrpHistory | null;
  /** Those about this virtual router. */
  readonly events: readonly Event[];
  readonly view: LaneView;
  readonly isSelected: boolean;
  onSelect(): void;
}

function Lane({ address, children }: { address: string; children?: ComponentChildren }) {
  return (
    <div class="lane">
      <span class="name value" title={address}>
        {address}
      </span>
      <div class="bars">{children}</div>
    </div>
  );
}

export function LaneRows({ router, history, events, view, isSelected, onSelect }: LaneRowsProps) {
  const title = routerTitle(router);
  const troubles = history ? troubleBars(history, view.nowMillis) : [];
  // Until the history has come, all of them stand where their lanes will be.
  const unheard = router.routers.filter(({ role, adverts }) => role === 'silent_backup' || (history === null && adverts > 0));
  const overlaps = troubles.filter(({ kind }) => kind === 'two-masters');
  function open(bar: Bar, address: string | null): void {
    onSelect();
    view.open(eventOfBar(events, bar, address));
  }
  return (
    <section class={`lane-group${isSelected ? ' chosen' : ''}`} aria-label={title}>
      <div class="lane whole">
        <button type="button" class="name" title={title} aria-pressed={isSelected} onClick={onSelect}>
          {isSelected ? '▾' : '▸'} {title}
        </button>
        <div class="bars">
          {troubles.map((bar) => (
            <BarButton key={`${bar.kind} ${bar.fromMillis}`} bar={bar} view={view} onOpen={() => open(bar, null)} />
          ))}
          <Marks events={events} view={view} />
        </div>
      </div>
      {history?.routers.map((lane) => (
        <Lane key={lane.address} address={lane.address}>
          {laneBars(history, lane, view.nowMillis).map((bar) => (
            <BarButton key={bar.fromMillis} bar={bar} view={view} onOpen={() => open(bar, lane.address)} />
          ))}
          {overlaps.map((bar) => {
            const place = placeIn(view.range, bar);
            return (
              place && <span key={bar.fromMillis} class="overlap" style={{ left: percent(place.left), width: percent(place.width) }} />
            );
          })}
        </Lane>
      ))}
      {unheard.map(({ address, role }) => (
        <Lane key={address} address={address}>
          {role === 'silent_backup' && <span class="silent">◌ silent backup: listens, was never heard</span>}
        </Lane>
      ))}
    </section>
  );
}
