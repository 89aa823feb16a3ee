/** A live client that keeps rows strictly as the protocol says, and goes on after a cut where it was. */
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { LIVE_PROTOCOL, type LiveAnswer, type LiveNoun } from '../../src/contract/live.ts';

export interface Wanted {
  readonly id: string;
  readonly noun: LiveNoun;
  readonly limit?: number;
  readonly filter?: Readonly<Record<string, string>>;
  readonly sort?: string;
  readonly offset?: number;
  readonly everyMs?: number;
}

interface Row {
  readonly id: string;
}

/** Whether the order of its rows is told. */
export const isOrdered = ({ sort, offset }: Wanted): boolean => sort !== undefined || offset !== undefined;

interface Held {
  readonly rows: Map<string, Row>;
  /** Ids in the order that was told; null: none was asked for. */
  order: readonly string[] | null;
  total: number;
  epoch: string;
  resume: string;
  seq: number;
}

export class LiveTable {
  /** By subscription. */
  readonly held = new Map<string, Held>();
  readonly counts = { snapshots: 0, deltas: 0, resumed: 0 };
  socket: WebSocket | null = null;
  private readonly wanted: readonly Wanted[];
  /** Subscriptions that nothing was heard of since the last cut. */
  private awaited = new Set<string>();

  constructor(wanted: readonly Wanted[]) {
    this.wanted = wanted;
  }

  /** Resolves when the connection is open and everything is asked for. */
  connect(port: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, LIVE_PROTOCOL);
    this.socket = socket;
    socket.on('message', (data) => {
      if (this.socket === socket) this.take(JSON.parse(String(data)) as LiveAnswer);
    });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => {
        this.awaited = new Set(this.wanted.map(({ id }) => id));
        for (const wanted of this.wanted) socket.send(JSON.stringify({ type: 'subscribe', ...wanted, since: this.position(wanted.id) }));
        resolve();
      });
    });
  }

  hasAll(): boolean {
    return this.awaited.size === 0;
  }

  /** What is sent as `since`. */
  position(id: string): { epoch: string; seq: number; resume: string } | undefined {
    const held = this.held.get(id);
    return held && { epoch: held.epoch, seq: held.seq, resume: held.resume };
  }

  /** In the order that was told, else by id. */
  rows(id: string): Row[] {
    const { rows = new Map<string, Row>(), order = null } = this.held.get(id) ?? {};
    return (order ?? [...rows.keys()].sort()).flatMap((one) => rows.get(one) ?? []);
  }

  /** Told for just those who asked, and of just the rows that are held. */
  private checkOrder(id: string, rows: ReadonlyMap<string, Row>, order: readonly string[] | null): void {
    const wanted = this.wanted.find((one) => one.id === id);
    expect([id, order !== null]).toEqual([id, wanted !== undefined && isOrdered(wanted)]);
    if (order) expect([id, [...order].sort()]).toEqual([id, [...rows.keys()].sort()]);
  }

  private take(answer: LiveAnswer): void {
    if (answer.type === 'error') throw new Error(answer.detail);
    const { id, seq, total } = answer;
    const before = this.held.get(id);
    if (answer.type === 'snapshot') {
      const { epoch, resume } = answer;
      expect([id, seq]).toEqual([id, before?.epoch === epoch ? before.seq + 1 : 0]);
      const items = answer.items as Row[];
      const rows = new Map(items.map((row) => [row.id, row]));
      const order = this.wanted.some((one) => one.id === id && isOrdered(one)) ? [...rows.keys()] : null;
      this.held.set(id, { rows, order, total, epoch, resume, seq });
      this.counts.snapshots++;
    } else {
      if (!before) throw new Error('a delta to nothing');
      expect([id, seq]).toEqual([id, before.seq + 1]);
      for (const gone of answer.remove) expect([gone, before.rows.delete(gone)]).toEqual([gone, true]);
      for (const row of answer.upsert as Row[]) before.rows.set(row.id, row);
      before.order = answer.order ?? null;
      this.checkOrder(id, before.rows, before.order);
      before.seq = seq;
      before.total = total;
      this.counts.deltas++;
      if (this.awaited.has(id)) this.counts.resumed++;
    }
    this.awaited.delete(id);
  }
}
