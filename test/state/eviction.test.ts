/** Who has to go from a full table, and what is said about it. Which sessions are worth more is our own rule: see the rule's text. */
import { describe, expect, test } from 'vitest';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { recordV1 } from '../sync-message.ts';
import { advert, at, HOST, LB1, type SyncFields, sync } from '../wire-frames.ts';

const ROOM = 100;
const PER_DATAGRAM = 20;

type Sender = NonNullable<SyncFields['from']>;

class Table {
  readonly monitor: Monitor = createMonitor({ maxSessions: ROOM, trackChanges: false });
  readonly #enter = createPipeline({
    monitor: this.monitor,
    syncChannels: [{ group: 0xe0000051, fromPort: 8848, toPort: 8911 }],
    headersSeen: true,
  });
  #number = 0;

  /** The master, as long as needed for the state to know it. */
  master(seconds: number): void {
    for (let second = seconds; second < seconds + 3; second++) this.#frame(advert(second));
  }

  /** Sessions of clients numbered from one number to another. */
  say(seconds: number, from: Sender, first: number, count: number): void {
    for (let n = first; n < first + count; n += PER_DATAGRAM) {
      const numbers = Array.from({ length: Math.min(PER_DATAGRAM, first + count - n) }, (_, i) => n + i);
      const records = numbers.map((client) => recordV1({ client: `198.51.${client >>> 8}.${client & 255}`, timeout: 86_400 }));
      this.#frame(sync(seconds, { from, records }));
    }
  }

  /** How many sessions of clients numbered so are there. */
  kept(first: number, count: number): number {
    const { words, top } = this.monitor.sessions;
    let kept = 0;
    for (let slot = 1; slot < top; slot++) {
      const client = words[slot * 16 + 1] & 0xffff;
      if (this.monitor.sessions.inUse(slot) && client >= first && client < first + count) kept++;
    }
    return kept;
  }

  #frame(frame: ReturnType<typeof sync>): void {
    this.#enter({ ...frame, number: ++this.#number, interface: 'eth0' });
  }
}

describe('a full table', () => {
  test('keeps what the master said, once or again, under a flood of another', () => {
    const table = new Table();
    table.master(0);
    table.say(4, LB1, 0, 60);
    table.say(5, HOST, 1000, 5000);
    expect(table.kept(0, 60)).toBe(60);
    expect(table.monitor.sessions.live).toBe(ROOM);
    expect(table.monitor.sessions.counters).toMatchObject({ evicted: 4960, refused: 0 });
  });

  test('keeps what was confirmed when the flood comes in the name of the master', () => {
    const table = new Table();
    table.master(0);
    for (const second of [4, 5]) table.say(second, LB1, 0, 60);
    table.say(6, LB1, 1000, 5000);
    expect(table.kept(0, 60)).toBe(60);
  });

  test('throws strangers out for the master, whatever they confirmed', () => {
    const table = new Table();
    table.master(0);
    table.say(3, LB1, 0, 1);
    for (const second of [4, 5]) table.say(second, HOST, 1000, ROOM - 1);
    table.say(6, LB1, 0, 60);
    expect(table.kept(0, 60)).toBe(60);
    expect(table.monitor.sessions.live).toBe(ROOM);
  });

  test('refuses new ones while all are confirmed by the known sender, until they have not been heard of for long', () => {
    const table = new Table();
    table.master(0);
    for (const second of [4, 5]) table.say(second, LB1, 1000, ROOM);
    table.say(6, LB1, 0, 20);
    expect([table.kept(0, 20), table.monitor.sessions.counters.refused]).toEqual([0, 20]);
    // Confirmed for a second, then silent for more than a minute: no better than what comes now.
    table.say(70, LB1, 0, 20);
    expect(table.kept(0, 20)).toBe(20);
  });

  test('without adverts, the sender heard of longest is the known one', () => {
    const table = new Table();
    table.say(0, LB1, 0, 60);
    table.say(2, HOST, 1000, 5000);
    expect(table.kept(0, 60)).toBe(60);
  });

  test('is an anomaly that names who sends most, until it is over', () => {
    const table = new Table();
    table.master(0);
    table.say(4, HOST, 1000, 5000);
    table.say(5, LB1, 0, 1);
    const [full] = table.monitor.anomalies.all.filter(({ kind }) => kind === 'ipvs.table_full');
    expect(full).toMatchObject({ check: 'raised', text: expect.stringContaining(`${HOST.address} sends most`) });
    table.monitor.advance(at(30));
    expect(full.check).toBe('clear');
  });
});
