/** Figures over time: for each step of ten seconds a few numbers, as many steps back as there is room for. */

export const STEP_SECONDS = 10;
const STEP_MICROS = STEP_SECONDS * 1_000_000;

/** The step that a moment is in, counted from 1970. */
export const stepOf = (micros: number): number => Math.floor(micros / STEP_MICROS);
/** When a step begins. */
export const stepMicros = (step: number): number => step * STEP_MICROS;

/** Most have few steps: a backup that sent once, a real server that was tried. */
const LEAST_ROOM = 16;
/** So far back it is the clock that was set back, not a frame that came late. */
const MOST_BEHIND = 6;

/** A ring of steps, which grows as they come. Four octets a number: whole ones are exact up to 16 million. */
export class Steps {
  /** The oldest step that is kept. */
  first = 0;
  /** The latest step that says something; below `first` before there is one. */
  last = -1;
  readonly #columns: number;
  readonly #most: number;
  #room = 0;
  /** The step at the beginning of the numbers. */
  #origin = 0;
  #numbers = new Float32Array(0);

  /** @param columns numbers of a step. @param most steps that are kept */
  constructor(columns: number, most: number) {
    this.#columns = columns;
    this.#most = most;
  }

  /** What a step says so far; null: nothing. */
  at(step: number, column: number): number | null {
    if (step < this.first || step > this.last) return null;
    const value = this.#numbers[this.#place(step) + column];
    return Number.isNaN(value) ? null : value;
  }

  /** Later steps are made up to this one, saying nothing; one before the oldest is entered there. */
  set(step: number, column: number, value: number): void {
    const isEmpty = this.last < this.first;
    if (isEmpty || step < this.last - MOST_BEHIND || step - this.last >= this.#most) this.#begin(step);
    while (this.last < step) this.#append();
    this.#numbers[this.#place(Math.max(step, this.first)) + column] = value;
  }

  #begin(step: number): void {
    this.#room = Math.min(LEAST_ROOM, this.#most);
    this.#numbers = new Float32Array(this.#room * this.#columns).fill(Number.NaN);
    this.#origin = step;
    this.first = step;
    this.last = step;
  }

  #append(): void {
    const count = this.last - this.first + 1;
    if (count === this.#most) this.first++;
    else if (count === this.#room) this.#grow();
    const place = this.#place(++this.last);
    this.#numbers.fill(Number.NaN, place, place + this.#columns);
  }

  /** There is room for more until the first step goes, so up to then they lie in order. */
  #grow(): void {
    const before = this.#numbers;
    this.#room = Math.min(this.#most, this.#room * 2);
    this.#numbers = new Float32Array(this.#room * this.#columns);
    this.#numbers.set(before);
  }

  #place(step: number): number {
    return ((step - this.#origin) % this.#room) * this.#columns;
  }
}
