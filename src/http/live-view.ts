/**
 * One window that all subscriptions with the same noun, filter, limit, sort and offset share. It counts its changes and remembers which rows
 * changed or left at which count, so that whoever knows where it was is told all it missed, once for each row, and JSON is
 * made once however many are told.
 */
import type { LiveNoun } from '../contract/live.ts';
import type { LiveWindow, News } from './live-window.ts';

/** Rows that left and are remembered. */
const MOST_GONE = 4096;
/** Deltas, each from another version to the present one, that are kept for the next who asks. */
const MOST_DELTAS = 16;
/** A snapshot is good for others for that long: its rows tell seconds left. */
const SNAPSHOT_MS = 1000;

interface Row {
  readonly text: string;
  /** The change that brought it into the window, and its latest. */
  readonly came: number;
  readonly changed: number;
}

interface Gone {
  readonly id: string;
  readonly came: number;
  readonly left: number;
}

export class LiveView {
  readonly noun: LiveNoun;
  /** Names all that makes it another one. */
  readonly key: string;
  /** How many subscriptions share it. */
  shares = 0;
  /** How many times it has changed. */
  version = 0;
  /** Something has happened since it was last looked at. */
  stale = true;
  private readonly window: LiveWindow;
  /** Whether whoever is told of changes is told the order of all rows as well. */
  private readonly ordered: boolean;
  private readonly rows = new Map<string, Row>();
  private readonly gone: Gone[] = [];
  /** What left up to this change is not remembered any more. */
  private forgotten = 0;
  private total = 0;
  /** The part of a delta that tells the order, as `"order":[…],`; empty when nobody asked for it. */
  private order = '';
  private readonly deltas = new Map<number, Buffer>();
  private whole: { readonly body: Buffer; readonly madeAt: number } | null = null;

  constructor(window: LiveWindow, { noun, key, ordered }: { noun: LiveNoun; key: string; ordered: boolean }) {
    this.noun = noun;
    this.key = key;
    this.ordered = ordered;
    this.window = window;
  }

  note(slots: Uint32Array): void {
    this.window.note(slots);
    this.stale = true;
  }

  /** Looks again, if anything has happened. */
  refresh(news: News): void {
    if (!this.stale) return;
    this.stale = false;
    const { upsert, remove, total } = this.window.next(news);
    const order = this.ordered ? `"order":${JSON.stringify(this.window.ids())},` : '';
    if (upsert.size === 0 && remove.length === 0 && total === this.total && order === this.order && this.version > 0) return;
    const version = ++this.version;
    for (const id of remove) this.remove(id, version);
    for (const [id, text] of upsert) this.rows.set(id, { text, came: this.rows.get(id)?.came ?? version, changed: version });
    this.total = total;
    this.order = order;
    this.deltas.clear();
    this.whole = null;
  }

  /** The part of a snapshot that all share: `"items":…}` */
  snapshot(): Buffer {
    const now = performance.now();
    if (this.whole === null || now - this.whole.madeAt > SNAPSHOT_MS)
      this.whole = { body: Buffer.from(`"items":[${this.window.rows().join()}],"total":${this.total}}`), madeAt: now };
    return this.whole.body;
  }

  /** The part of a delta that all share, `"upsert":…}`, for who was told up to that version; null when that is not known any more. */
  since(version: number): Buffer | null {
    if (version < this.forgotten) return null;
    const body = this.deltas.get(version) ?? this.delta(version);
    if (this.deltas.size < MOST_DELTAS) this.deltas.set(version, body);
    return body;
  }

  close(): void {
    this.window.close?.();
  }

  private delta(version: number): Buffer {
    const upsert = [...this.rows.values()].flatMap(({ text, changed }) => (changed > version ? [text] : []));
    const remove: string[] = [];
    for (let i = this.gone.length - 1; i >= 0 && this.gone[i].left > version; i--) {
      const { id, came } = this.gone[i];
      // One that has come back stands above; one that came and went meanwhile was never told.
      if (came <= version && !this.rows.has(id)) remove.push(id);
    }
    return Buffer.from(`"upsert":[${upsert.join()}],"remove":${JSON.stringify(remove)},${this.order}"total":${this.total}}`);
  }

  private remove(id: string, version: number): void {
    this.gone.push({ id, came: this.rows.get(id)?.came ?? version, left: version });
    this.rows.delete(id);
    if (this.gone.length > 2 * MOST_GONE) for (const { left } of this.gone.splice(0, MOST_GONE)) this.forgotten = left;
  }
}
