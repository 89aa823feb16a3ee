/** Bounds work that anybody on the wire can cause: so much in each second of the capture's time, and no more. */

const SECOND = 1_000_000;

export class Budget {
  readonly #mostASecond: number;
  #second = 0;
  #taken = 0;

  constructor(mostASecond: number) {
    this.#mostASecond = mostASecond;
  }

  /** True when there is some left in the second of this moment; takes one of it. */
  take(atMicros: number): boolean {
    const second = Math.floor(atMicros / SECOND);
    if (second !== this.#second) {
      this.#second = second;
      this.#taken = 0;
    }
    return this.#taken++ < this.#mostASecond;
  }
}
