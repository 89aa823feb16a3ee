/** The life of a session as a line of time: its states, each sync record, now, and when its timeout ends. */
import { clockText } from '../parts/text.ts';
import { toneOf } from '../parts/tone.ts';
import { type LifeRecord, stateSpans } from './life.ts';

interface LifePictureProps {
  readonly records: readonly LifeRecord[];
  readonly nowMillis: number;
  readonly expiresMillis: number;
}

/** Of the picture, in its own units; it is as wide as there is room. */
const WIDTH = 1000;
const HEIGHT = 20;

export function LifePicture({ records, nowMillis, expiresMillis }: LifePictureProps) {
  const from = Date.parse(records[0].at);
  const to = Math.max(expiresMillis, nowMillis, from + 1);
  const last = Date.parse(records[records.length - 1].at);
  const x = (millis: number): number => ((Math.min(millis, to) - from) / (to - from)) * WIDTH;
  const spans = stateSpans(records, Math.max(last, Math.min(nowMillis, expiresMillis)));
  const told = spans.map(({ state, fromMillis }) => `${state} from ${clockText(fromMillis, nowMillis)}`).join(', ');
  return (
    <figure class="life-picture">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={told}>
        <rect class="rest" x="0" y="8" width={WIDTH} height="4" />
        {spans.map(({ state, fromMillis, toMillis }) => (
          <rect
            key={fromMillis}
            class={`tone-${toneOf(state)}`}
            x={x(fromMillis)}
            y="5"
            width={Math.max(2, x(toMillis) - x(fromMillis))}
            height="10"
          >
            <title>{state}</title>
          </rect>
        ))}
        {records.map(({ at, frame }, index) => (
          <line key={index} x1={x(Date.parse(at))} x2={x(Date.parse(at))} y1="1" y2="19">
            <title>{`frame ${frame}`}</title>
          </line>
        ))}
        <line class="now" x1={x(nowMillis)} x2={x(nowMillis)} y1="0" y2={HEIGHT} />
      </svg>
      <figcaption>
        <span>{clockText(from, nowMillis)}</span>
        <span>
          {nowMillis < expiresMillis ? `timeout ends ${clockText(expiresMillis, nowMillis)}` : `now ${clockText(nowMillis, nowMillis)}`}
        </span>
      </figcaption>
    </figure>
  );
}
