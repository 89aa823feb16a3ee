/** Figures over time as answers have them: one value a step. */
import { Type } from 'typebox';
import { STEP_SECONDS, type Steps, stepMicros } from '../state/steps.ts';
import { Nullable, Time, timeText } from './scalars.ts';

/** When the first step begins and the figures end, and how long a step is. */
export const SPAN_PROPERTIES = {
  from: Time,
  to: Time,
  stepSeconds: Type.Integer({ description: 'how long a step is; the first begins at from, the last may not have ended at to' }),
};

export const Series = (description: string) => Type.Array(Nullable(Type.Number()), { description });

/** Steps that an answer has figures of. */
export interface StepRange {
  readonly first: number;
  readonly last: number;
}

/**
 * From the oldest step that any of them keeps.
 * @param last the latest step of the answer
 * @param most steps that are kept
 */
export function rangeOf(all: readonly Steps[], last: number, most: number): StepRange {
  const oldest = Math.min(last + 1, ...all.map(({ first }) => first));
  return { first: Math.max(oldest, last - most + 1), last };
}

/** One value for each step of a range. */
export function seriesOf({ first, last }: StepRange, saidAt: (step: number) => number | null): (number | null)[] {
  const values: (number | null)[] = [];
  for (let step = first; step <= last; step++) values.push(saidAt(step));
  return values;
}

export function spanOf({ first }: StepRange, toMicros: number): { from: string; to: string; stepSeconds: number } {
  return { from: timeText(stepMicros(first)), to: timeText(toMicros), stepSeconds: STEP_SECONDS };
}
