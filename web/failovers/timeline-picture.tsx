/** The failover as a picture: who was master until when, the gap, and each thing that happened, with its label. */
import type { Failover } from '../../src/contract/failover.ts';
import { spanText } from './failover-words.ts';
import { heldMillis, type Step } from './timeline.ts';
import { LABEL_GAP_PX, LETTER_PX, type Mark, type TimelineLayout, timelineLayout } from './timeline-layout.ts';
import './timeline-picture.css';

const LINE = 15;
const TICK_BASE = 11;
const OLD_TOP = 20;
const NEW_TOP = 52;
const NAME_HEIGHT = 14;
const BAR_HEIGHT = 12;
const LANES_BOTTOM = NEW_TOP + NAME_HEIGHT + BAR_HEIGHT + 4;

function MarkLabel({ mark: { x, label, steps } }: { mark: Mark }) {
  const isChange = steps.some(({ kind }) => kind === 'change');
  const last = label ? LANES_BOTTOM + (label.row + label.lines.length) * LINE : LANES_BOTTOM + 4;
  return (
    <g class={isChange ? 'story-mark story-change' : 'story-mark'}>
      <line x1={x} x2={x} y1={isChange ? OLD_TOP + NAME_HEIGHT : LANES_BOTTOM} y2={last} />
      <circle cx={x} cy={LANES_BOTTOM} r={isChange ? 4 : 3} />
      {label?.lines.map((line, i) => (
        <text
          key={line.label}
          class={`story-${line.tone}`}
          x={x + (label.anchor === 'start' ? LABEL_GAP_PX : -LABEL_GAP_PX)}
          y={LANES_BOTTOM + (label.row + i + 1) * LINE - 2}
          text-anchor={label.anchor}
        >
          {line.label}
        </text>
      ))}
    </g>
  );
}

function Lanes({ failover, layout: { xOf }, width }: { failover: Failover; layout: TimelineLayout; width: number }) {
  const { from, to, gapMs, reason } = failover;
  const change = xOf(0);
  const silence = gapMs === null ? change : xOf(-gapMs);
  const gap = gapMs === null ? null : spanText(gapMs);
  const held = heldMillis(failover);
  // Of two masters the one that stayed had been master before.
  const newFrom = reason === 'two_masters_resolved' ? 0 : change;
  const newTo = held === null ? width : xOf(held);
  return (
    <>
      <text y={OLD_TOP + 10}>old master {from ?? 'unknown'}</text>
      {from !== null && <rect class="story-old" x={0} y={OLD_TOP + NAME_HEIGHT} width={Math.max(0, silence)} height={BAR_HEIGHT} />}
      <text x={width} y={NEW_TOP + 10} text-anchor="end">
        new master {to}
      </text>
      <rect class="story-new" x={newFrom} y={NEW_TOP + NAME_HEIGHT} width={Math.max(1, newTo - newFrom)} height={BAR_HEIGHT} />
      {gap !== null && (
        <g class="story-gap">
          <rect
            x={silence}
            y={OLD_TOP + NAME_HEIGHT}
            width={Math.max(1, change - silence)}
            height={LANES_BOTTOM - 4 - OLD_TOP - NAME_HEIGHT}
          />
          {(gap.length + 10) * LETTER_PX < change - silence && (
            <text x={(silence + change) / 2} y={OLD_TOP + NAME_HEIGHT + 26} text-anchor="middle">
              no master {gap}
            </text>
          )}
        </g>
      )}
    </>
  );
}

/** @param width in px, at which letters have their own size */
export function TimelinePicture({ failover, steps, width }: { failover: Failover; steps: readonly Step[]; width: number }) {
  const layout = timelineLayout(steps, width);
  const height = LANES_BOTTOM + layout.rows * LINE + 6;
  return (
    <svg
      class={`story story-${width}`}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label="timeline of the failover; the table below has the same"
    >
      {layout.ticks.map(({ x, text }) => (
        <g key={text} class="story-tick">
          <line x1={x} x2={x} y1={TICK_BASE + 4} y2={LANES_BOTTOM} />
          <text x={x} y={TICK_BASE} text-anchor="middle">
            {text}
          </text>
        </g>
      ))}
      <Lanes failover={failover} layout={layout} width={width} />
      {layout.marks.map((mark) => (
        <MarkLabel key={mark.steps[0].key} mark={mark} />
      ))}
    </svg>
  );
}
