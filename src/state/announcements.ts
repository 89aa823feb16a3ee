/** The latest announcements of addresses: a new master may announce before the advert that shows that it is one. */
import type { MacAddress } from '../../dissectors/address.ts';

export interface Announcement {
  /** Segment and address. */
  readonly key: string;
  readonly mac: MacAddress;
  readonly atMicros: number;
}

const MOST = 1024;

export class Announcements {
  /** A ring; `#next` is the oldest once it is full. */
  readonly #ring: Announcement[] = [];
  #next = 0;

  add(announcement: Announcement): void {
    this.#ring[this.#next] = announcement;
    this.#next = (this.#next + 1) % MOST;
  }

  /** Those after a moment, in the order in which they came. */
  since(micros: number): Announcement[] {
    const inOrder = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    return inOrder.filter(({ atMicros }) => atMicros > micros);
  }
}
