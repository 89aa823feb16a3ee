/** The counts by template, protocol and state that the table keeps: at any time those of a look at every row. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dissect } from '../../dissectors/dissect.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { LONG_WORDS, ROW, WORD, WORDS } from '../../src/state/session-layout.ts';
import type { Sessions } from '../../src/state/sessions.ts';
import { messageV0, messageV1, type RecordFields, recordV0, recordV1, syncFrame } from '../sync-message.ts';

const SECOND = 1_000_000;
const START = 1_795_000_000 * SECOND;
const syncChannels = [parseSyncChannel('224.0.0.81:8848')];

const TEMPLATE = 0x1000;
const INACTIVE = 0x100;
const NO_CLIENT_PORT = 0x800;

const field: fc.Arbitrary<RecordFields> = fc
  .record({
    isLong: fc.boolean(),
    client: fc.integer({ min: 1, max: 2 }),
    clientPort: fc.integer({ min: 0, max: 3 }),
    destination: fc.integer({ min: 1, max: 2 }),
    proto: fc.constantFrom(6, 6, 17, 132, 51),
    state: fc.integer({ min: 0, max: 10 }),
    extra: fc.constantFrom(0, INACTIVE, TEMPLATE, NO_CLIENT_PORT),
    timeout: fc.integer({ min: 0, max: 40 }),
    fwmark: fc.constantFrom(0, 0, 7),
  })
  .map(({ isLong, client, destination, extra, ...rest }) => {
    const address = (host: number) => (isLong ? `fd99::${host}` : `10.0.0.${host}`);
    return { ...rest, client: address(client), destination: address(10 + destination), virtual: address(9), flags: 0x83 | extra };
  });

const step = fc.record({
  pause: fc.integer({ min: 0, max: 30 }),
  records: fc.array(field, { minLength: 1, maxLength: 20 }),
  isV0: fc.boolean(),
});

function send(monitor: Monitor, message: number[], atMicros: number): void {
  const frame = syncFrame(message, atMicros);
  const dissection = dissect(frame, { reassembly: monitor.reassembly, syncChannels });
  monitor.observe(dissection, { atMicros, interface: 'eth0', number: 1, octets: frame.bytes.length, headersSeen: true });
}

/** Non-zero counts by template << 16 | protocol << 8 | state. */
function scanned({ words, top }: Sessions): Map<number, number> {
  const counts = new Map<number, number>();
  for (let row = WORDS; row < top * WORDS; row += WORDS) {
    const flags = words[row + WORD.flags];
    if (!(flags & ROW.inUse)) continue;
    const key = (flags & TEMPLATE ? 0x10000 : 0) | (words[row + WORD.destinationPortProtoState] & 0xffff);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function kept({ stateCounts }: Sessions): Map<number, number> {
  const counts = new Map<number, number>();
  stateCounts.forEach((count, key) => {
    if (count !== 0) counts.set(key, count);
  });
  return counts;
}

/** As the store does: rows as they lie there, put into another table. */
function restored({ sessions }: Monitor, nowMicros: number): Sessions {
  const copy = createMonitor({ maxSessions: 1000, trackChanges: false }).sessions;
  copy.advance(nowMicros);
  const long = new Uint32Array(LONG_WORDS);
  for (let slot = 1; slot < sessions.top; slot++) {
    if (!sessions.inUse(slot)) continue;
    const row = sessions.words.slice(slot * WORDS, (slot + 1) * WORDS);
    const isLong = (row[WORD.flags] & ROW.ipv6) !== 0;
    if (isLong) sessions.copyLongAddresses(slot, long, 0);
    copy.restore(slot, row, isLong ? long : null, sessions.extra(slot) ?? null);
  }
  return copy;
}

test('after any records and pauses, in a table that may be full, and in one read back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom(5, 1000), (steps, maxSessions) => {
      const monitor = createMonitor({ maxSessions, trackChanges: true });
      let nowMicros = START;
      for (const { pause, records, isV0 } of steps) {
        nowMicros += pause * SECOND;
        const short = records.filter(({ client }) => !client?.includes(':'));
        send(monitor, isV0 ? messageV0(short.map(recordV0)) : messageV1(records.map(recordV1)), nowMicros);
        expect(kept(monitor.sessions)).toEqual(scanned(monitor.sessions));
      }
      const copy = restored(monitor, nowMicros);
      expect(copy.live).toBe(monitor.sessions.live);
      expect(kept(copy)).toEqual(scanned(monitor.sessions));
      monitor.advance(nowMicros + 1000 * SECOND);
      expect(kept(monitor.sessions)).toEqual(new Map());
    }),
  );
});

test('a session that changes its state counts for the new one', () => {
  const monitor = createMonitor({ maxSessions: 10, trackChanges: false });
  for (const [i, state] of [3, 1, 4].entries()) {
    send(monitor, messageV1([recordV1({ state })]), START + i * SECOND);
    // TCP, kernel `IP_VS_TCP_S_*`: SYN_RECV 3, ESTABLISHED 1, FIN_WAIT 4.
    expect(kept(monitor.sessions)).toEqual(new Map([[(6 << 8) | state, 1]]));
  }
});
