/**
 * What each binding carried over time: new sessions, active and inactive ones. Read at the end of a step from the counters that
 * are kept anyway, so no record pays for it.
 *
 * At most 8192 bindings: 4.3 kB each, 35 MB in all; one that carried nothing for the whole time gives its place back.
 */
import { type Binding, type Bindings, OVERFLOW_BINDING } from './bindings.ts';
import { Steps, stepOf } from './steps.ts';

/** What a step says of a binding: new sessions in it; active and inactive ones at its end. */
export const COLUMN = { created: 0, active: 1, inactive: 2 } as const;
const COLUMNS = 3;
/** One hour. */
export const BINDING_STEPS = 360;
const MOST_SERIES = 8192;
const SECOND = 1_000_000;

interface Series {
  readonly steps: Steps;
  /** The last step in which it carried anything. */
  busyStep: number;
}

export class BindingHistories {
  /** Steps of bindings that found no place. */
  overflowed = 0;
  /** The last step that has ended; null before the first second. */
  ended: number | null = null;
  readonly #bindings: Bindings;
  readonly #series = new Map<number, Series>();
  /** By index: the binding as of the end of the last step, and the sessions it had made by then. */
  readonly #known: Binding[] = [];
  readonly #created: number[] = [];

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  /** Steps of a binding by its index; undefined when it carried nothing for long, or is beyond the bound. */
  of(index: number): Steps | undefined {
    return this.#series.get(index)?.steps;
  }

  /** Every whole second of the capture's time. */
  second(nowMicros: number): void {
    const ended = stepOf(nowMicros) - 1;
    // The clock was set back: what was noted is of a time that is yet to come.
    if (this.ended !== null && ended < this.ended) {
      this.#series.clear();
      this.ended = null;
    }
    this.ended ??= stepOf(nowMicros - SECOND) - 1;
    if (ended === this.ended) return;
    this.ended = ended;
    for (const [index, binding] of this.#bindings.all.entries())
      if (index !== OVERFLOW_BINDING && !binding.template) this.#note(index, binding, ended);
  }

  #note(index: number, binding: Binding, step: number): void {
    const { created, active, inactive } = binding;
    if (this.#known[index] !== binding) {
      // Its place was another's.
      this.#known[index] = binding;
      this.#created[index] = 0;
      this.#series.delete(index);
    }
    const fresh = created - this.#created[index];
    this.#created[index] = created;
    const isBusy = fresh + active + inactive > 0;
    const series = this.#series.get(index) ?? (isBusy ? this.#add(index) : null);
    if (!series) return;
    if (isBusy) series.busyStep = step;
    else if (step - series.busyStep >= BINDING_STEPS) {
      this.#series.delete(index);
      return;
    }
    series.steps.set(step, COLUMN.created, fresh);
    series.steps.set(step, COLUMN.active, active);
    series.steps.set(step, COLUMN.inactive, inactive);
  }

  #add(index: number): Series | null {
    if (this.#series.size === MOST_SERIES) {
      this.overflowed++;
      return null;
    }
    const series = { steps: new Steps(COLUMNS, BINDING_STEPS), busyStep: 0 };
    this.#series.set(index, series);
    return series;
  }
}
