/** What is judged only after a while, because what explains it may come a little later. */

const MOST_WAITING = 4096;

export class Later<Item> {
  readonly #waiting = new Map<string, { readonly item: Item; readonly dueMicros: number }>();

  /** Of several with one key the first is judged, and stands for those that came while it waited. */
  add(key: string, dueMicros: number, item: () => Item): void {
    if (this.#waiting.size < MOST_WAITING && !this.#waiting.has(key)) this.#waiting.set(key, { item: item(), dueMicros });
  }

  /** Those whose time has come; they wait no longer. */
  take(nowMicros: number): Item[] {
    const taken: Item[] = [];
    for (const [key, { item, dueMicros }] of this.#waiting) {
      if (dueMicros > nowMicros) continue;
      this.#waiting.delete(key);
      taken.push(item);
    }
    return taken;
  }
}
