/** What there is to say of an event besides its text. Pure. */
import type { Event } from '../../src/contract/event.ts';
import type { Fact } from './facts.tsx';
import { lengthText } from './text.ts';

/** More frames than this are not named one by one. */
const MOST_FRAMES = 24;

function framesText(frames: readonly number[]): string {
  const more = frames.length - MOST_FRAMES;
  return `${frames.slice(0, MOST_FRAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function eventFacts({ from, to, reason, gapMs, details, frames }: Event): Fact[] {
  return [
    ['from', from],
    ['to', to],
    ['reason', reason],
    ['gap', gapMs === null ? null : lengthText(gapMs)],
    ...Object.entries(details).map(([name, value]): Fact => [name, value === null ? null : String(value)]),
    ['frames', framesText(frames)],
  ];
}

/** Whether it is a change of master that has a report: somebody was master before. */
export const hasReport = ({ kind, reason }: Event): boolean => kind === 'vrrp.master_change' && reason !== null && reason !== 'first_seen';
