/** One subscription: which view it shares, what its client has been told of it, and when it may be told more. */
import { randomBytes } from 'node:crypto';
import type { Delta, Snapshot } from '../contract/live.ts';
import type { LiveView } from './live-view.ts';

/** Messages of which is remembered what they told; a client that has taken none of so many begins anew. */
const MOST_TOLD = 512;
const TOKEN_OCTETS = 16;

/** A message in two parts; the body is the same octets for all who are told the same. */
export interface Told {
  readonly head: string;
  readonly body: Buffer;
}

export class LiveSubscription {
  readonly view: LiveView;
  readonly epoch: string;
  /** A secret; whoever has it may go on with this subscription. */
  readonly token = randomBytes(TOKEN_OCTETS).toString('base64url');
  /** The client's name for it. */
  id: string;
  everyMs: number;
  /** Takes it away from the client that has it. */
  leave: () => void = () => {};
  private seq: number;
  /** Versions of the view that the last messages told, the latest with `seq`. */
  private told: number[] = [];
  /** The next message is due whether anything changed or not. */
  private owed = true;
  /** When the next message would come if all kept their distance exactly. */
  private dueAt = Number.NEGATIVE_INFINITY;

  /** @param seq of the message before the first */
  constructor(view: LiveView, { id, epoch, seq, everyMs }: { id: string; epoch: string; seq: number; everyMs: number }) {
    this.view = view;
    this.epoch = epoch;
    this.id = id;
    this.seq = seq;
    this.everyMs = everyMs;
  }

  /** Goes back to the message that the client took last; false when it is not known what that told. */
  resume(seq: number, id: string, everyMs: number): boolean {
    const kept = this.told.length - (this.seq - seq);
    if (seq > this.seq || kept < 1) return false;
    this.told.length = kept;
    this.seq = seq;
    this.id = id;
    this.everyMs = everyMs;
    this.owed = true;
    this.dueAt = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** Whether there may be something to tell. */
  isBehind(): boolean {
    return this.owed || this.view.stale || this.told.at(-1) !== this.view.version;
  }

  /** A message may come half its distance early, never more of them on the whole: ticks of timers are not exact. */
  isDue(now: number): boolean {
    return this.owed || now >= this.dueAt - this.everyMs / 2;
  }

  /** The next message, from a view that has just been refreshed; null when it tells nothing new. */
  next(now: number): Told | null {
    const { view, epoch, token, id } = this;
    const last = this.told.at(-1);
    if (!this.owed && last === view.version) return null;
    this.owed = false;
    this.dueAt = Math.max(now, this.dueAt) + this.everyMs;
    this.told.push(view.version);
    if (this.told.length > MOST_TOLD) this.told.shift();
    const seq = ++this.seq;
    const delta = last === undefined ? null : view.since(last);
    if (delta) return { head: headOf({ type: 'delta', id, seq }), body: delta };
    return { head: headOf({ type: 'snapshot', id, epoch, seq, resume: token }), body: view.snapshot() };
  }
}

type Head = Omit<Snapshot, 'items' | 'total'> | Omit<Delta, 'upsert' | 'remove' | 'order' | 'total'>;

/** Open at its end, for the body. */
function headOf(head: Head): string {
  return `${JSON.stringify(head).slice(0, -1)},`;
}
