/** The connection table: the kernel's rules one by one, and against a plain model of them (kernel ip_vs_sync.c, ip_vs_proc_conn). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dissect } from '../../dissectors/dissect.ts';
import { FLAG } from '../../dissectors/ipvs-record.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { firstSeenMicros, readSession, type Session, sessionId, slotOf } from '../../src/state/session.ts';
import { messageV0, messageV1, type RecordFields, recordV0, recordV1, syncFrame } from '../sync-message.ts';

const SECOND = 1_000_000;
const START = 1_795_000_000 * SECOND;
const INACTIVE = FLAG.inactive | 0x83;
const syncChannels = [parseSyncChannel('224.0.0.81:8848')];

function monitor(maxSessions = 1000): Monitor {
  return createMonitor({ maxSessions, trackChanges: true });
}

function send(m: Monitor, message: number[], atSecond: number, iface: string | null = null): void {
  const frame = syncFrame(message, START + atSecond * SECOND);
  const dissection = dissect(frame, { reassembly: m.reassembly, syncChannels });
  m.observe(dissection, { atMicros: frame.atMicros, interface: iface, number: 1, octets: frame.bytes.length, headersSeen: true });
}

function rows(m: Monitor): Session[] {
  const found: Session[] = [];
  for (let slot = 1; slot < m.sessions.top; slot++) if (m.sessions.inUse(slot)) found.push(readSession(m.sessions, slot));
  return found;
}

const counts = (m: Monitor) =>
  m.sessions.bindings.all
    .slice(1)
    .map((b) => ({ port: b.destinationPort, active: b.active, inactive: b.inactive, persistent: b.persistent }));

describe('a session', () => {
  test('is made, confirmed and expires to the microsecond', () => {
    const m = monitor();
    send(m, messageV1([recordV1({ timeout: 20 })]), 0);
    send(m, messageV1([recordV1({ timeout: 10 })]), 5);
    expect(rows(m)).toMatchObject([{ state: 'ESTABLISHED', syncCount: 2, timeoutSeconds: 10, expiresAtMicros: START + 15 * SECOND }]);
    m.advance(START + 15 * SECOND - 1);
    expect(m.sessions.live).toBe(1);
    m.advance(START + 15 * SECOND);
    expect(m.sessions.live).toBe(0);
    expect(counts(m)).toEqual([{ port: 443, active: 0, inactive: 0, persistent: 0 }]);
  });

  test('keeps its first moment, and its id names it and no later one in the same slot', () => {
    const m = monitor();
    send(m, messageV1([recordV1({ timeout: 5 })]), 0);
    const id = sessionId(m.sessions, 1);
    expect(slotOf(m.sessions, id)).toBe(1);
    m.advance(START + 6 * SECOND);
    expect(slotOf(m.sessions, id)).toBe(0);
    send(m, messageV1([recordV1()]), 7);
    expect(firstSeenMicros(m.sessions, 1)).toBe(START + 7 * SECOND);
    expect(slotOf(m.sessions, id)).toBe(0);
    expect(slotOf(m.sessions, 'nonsense')).toBe(0);
  });

  test('that goes inactive counts as such, and back', () => {
    const m = monitor();
    send(m, messageV1([recordV1()]), 0);
    send(m, messageV1([recordV1({ flags: INACTIVE, state: 4 })]), 1);
    expect(counts(m)).toEqual([{ port: 443, active: 0, inactive: 1, persistent: 0 }]);
    send(m, messageV1([recordV1()]), 2);
    expect(counts(m)).toEqual([{ port: 443, active: 1, inactive: 0, persistent: 0 }]);
  });

  test('moves when an active record names another real server, and an inactive one does not bring it back', () => {
    const m = monitor();
    send(m, messageV1([recordV1()]), 0);
    send(m, messageV1([recordV1({ destinationPort: 444, timeout: 700 })]), 1);
    send(m, messageV1([recordV1({ flags: INACTIVE, state: 4, timeout: 120 })]), 2);
    expect(rows(m)).toMatchObject([{ destinationPort: 444, state: 'ESTABLISHED', timeoutSeconds: 700, syncCount: 1 }]);
    expect(m.sessions.counters).toMatchObject({ moved: 1, ignored: 1 });
    expect(counts(m)).toEqual([
      { port: 443, active: 0, inactive: 0, persistent: 0 },
      { port: 444, active: 1, inactive: 0, persistent: 0 },
    ]);
  });

  test('without a client port is found by records with and without one', () => {
    const m = monitor();
    send(m, messageV1([recordV1({ clientPort: 0, flags: 0x883 })]), 0);
    send(m, messageV1([recordV1({ clientPort: 0, flags: 0x883 }), recordV1({ clientPort: 5555 })]), 1);
    expect(rows(m)).toMatchObject([{ clientPort: 0, syncCount: 3 }]);
  });

  test('with client port 0 but no flag for it is never found again: the kernel makes another', () => {
    const m = monitor();
    for (const second of [0, 1]) send(m, messageV1([recordV1({ clientPort: 0 })]), second);
    expect(rows(m)).toHaveLength(2);
  });

  test('of another interface is another session', () => {
    const m = monitor();
    send(m, messageV1([recordV1()]), 0, 'eth0');
    send(m, messageV1([recordV1()]), 0, 'eth1');
    expect(rows(m).map((row) => row.segment)).toEqual([0, 1]);
  });

  const forAll: [string, number[], Partial<Session>][] = [
    ['v1, timeout 0, ESTABLISHED', messageV1([recordV1({ timeout: 0 })]), { timeoutSeconds: 900 }],
    ['v1, timeout 0, UDP', messageV1([recordV1({ proto: 17, state: 0, timeout: 0 })]), { timeoutSeconds: 300, state: 'UDP' }],
    [
      'v1, timeout 0, template',
      messageV1([recordV1({ clientPort: 0, flags: 0x1103, timeout: 0 })]),
      { timeoutSeconds: 180, state: 'ASSURED' },
    ],
    ['v0, FIN_WAIT', messageV0([recordV0({ flags: INACTIVE, state: 4 })]), { timeoutSeconds: 120, state: 'FIN_WAIT' }],
    ['v0, template', messageV0([recordV0({ clientPort: 0, flags: 0x1103 })]), { timeoutSeconds: 180, template: true }],
    ['v1, template of state 2', messageV1([recordV1({ clientPort: 0, flags: 0x1103, state: 2 })]), { state: 'ERR!' }],
    ['v1, every flag', messageV1([recordV1({ flags: 0xffffffff })]), { flags: 0x11f87, synced: true, template: true }],
    ['v1, longest timeout', messageV1([recordV1({ timeout: 0xffffffff })]), { timeoutSeconds: 0xffffffff }],
    ['v1, firewall mark', messageV1([recordV1({ fwmark: 9 })]), { fwmark: 9 }],
  ];
  test.each(forAll)('%s', (_, message, expected) => {
    const m = monitor();
    send(m, message, 0);
    expect(rows(m)).toMatchObject([expected]);
  });

  test('of one packet only (v0 lets the flag through) times out at once', () => {
    const m = monitor();
    send(m, messageV0([recordV0({ flags: 0x2083 })]), 0);
    expect(m.sessions.live).toBe(0);
  });
});

describe('templates', () => {
  const engine = (call: string): number[] => [2, call.length, ...Buffer.from(call), 3, 3, ...Buffer.from('sip')];
  const sip = (call: string): RecordFields => ({
    proto: 17,
    clientPort: 0,
    virtualPort: 5060,
    flags: 0x1103,
    timeout: 60,
    options: engine(call),
  });

  test('with engine data are told apart by it', () => {
    const m = monitor();
    send(m, messageV1([recordV1(sip('a')), recordV1(sip('b')), recordV1(sip('a'))]), 0);
    expect(rows(m).map((row) => [Buffer.from(row.engine?.data ?? []).toString(), row.syncCount])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    m.advance(START + 61 * SECOND);
    expect(m.sessions.live).toBe(0);
  });

  test('move with no new entry, whatever real server they name', () => {
    const m = monitor();
    const persistence = { clientPort: 0, flags: 0x1103 };
    send(m, messageV1([recordV1(persistence), recordV1({ ...persistence, destination: '10.0.1.2' })]), 0);
    expect(rows(m)).toHaveLength(1);
    expect(counts(m)).toEqual([{ port: 443, active: 0, inactive: 0, persistent: 1 }]);
  });
});

test('a full table makes room for new sessions, and counts', () => {
  const m = monitor(10);
  send(m, messageV1(Array.from({ length: 40 }, (_, i) => recordV1({ clientPort: 1000 + i, timeout: 5 }))), 0);
  send(m, messageV1([recordV1({ clientPort: 1 })]), 1);
  expect(m.sessions.live).toBe(10);
  expect(m.sessions.counters).toMatchObject({ evicted: 31, refused: 0 });
  send(m, messageV1([recordV1({ clientPort: 2 })]), 7);
  expect(m.sessions.live).toBe(2);
});

describe('time', () => {
  test('a jump of a year expires what is due at once and keeps the rest', () => {
    const m = monitor();
    send(m, messageV1([recordV1({ timeout: 900 }), recordV1({ clientPort: 7, timeout: 0xffffffff })]), 0);
    m.advance(START + 31_536_000 * SECOND);
    expect(rows(m)).toMatchObject([{ clientPort: 7 }]);
  });

  test('a step back keeps sessions; they run out by the new clock', () => {
    const m = monitor();
    send(m, messageV1([recordV1({ timeout: 100 })]), 5000);
    send(m, messageV1([recordV1({ clientPort: 7, timeout: 100 })]), 0);
    m.advance(START + 50 * SECOND);
    expect(m.sessions.live).toBe(2);
    m.advance(START + 101 * SECOND);
    expect(rows(m)).toMatchObject([{ clientPort: 40000 }]);
  });
});

// --- a plain model ---------------------------------------------------------------------------------------------------

interface ModelRow {
  readonly key: string;
  destination: string;
  state: number;
  inactive: boolean;
  due: number;
  syncs: number;
}

const field = fc.record({
  client: fc.constantFrom('198.51.100.1', '198.51.100.2'),
  clientPort: fc.integer({ min: 1, max: 3 }),
  destination: fc.constantFrom('10.0.1.1', '10.0.1.2'),
  state: fc.constantFrom(1, 4, 5),
  inactive: fc.boolean(),
  timeout: fc.integer({ min: 1, max: 40 }),
});
type Fields = typeof field extends fc.Arbitrary<infer T> ? T : never;

function enterModel(table: Map<string, ModelRow>, f: Fields, second: number): void {
  const key = `${f.client}:${f.clientPort}`;
  const row = table.get(key);
  if (row && row.destination !== f.destination && f.inactive) return;
  const kept = row && row.destination === f.destination ? row.syncs : 0;
  table.set(key, { key, destination: f.destination, state: f.state, inactive: f.inactive, due: second + f.timeout, syncs: kept + 1 });
}

test('any sequence of datagrams and pauses leaves what the model has, counters included, across table growth', () => {
  const step = fc.record({ pause: fc.integer({ min: 0, max: 12 }), records: fc.array(field, { minLength: 1, maxLength: 20 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const m = monitor();
      const table = new Map<string, ModelRow>();
      let second = 0;
      for (const { pause, records } of steps) {
        second += pause;
        for (const [key, row] of table) if (row.due <= second) table.delete(key);
        m.advance(START + second * SECOND);
        send(m, messageV1(records.map((f) => recordV1({ ...f, flags: f.inactive ? INACTIVE : 0x83 }))), second);
        for (const f of records) enterModel(table, f, second);
      }
      const ours = rows(m)
        .map((row) => [row.clientPort, row.syncCount, row.expiresAtMicros])
        .sort();
      const model = [...table.values()].map((row) => [Number(row.key.split(':')[1]), row.syncs, START + row.due * SECOND]).sort();
      expect(ours).toEqual(model);
      const active = m.sessions.bindings.all.reduce((sum, b) => sum + b.active, 0);
      const inactive = m.sessions.bindings.all.reduce((sum, b) => sum + b.inactive, 0);
      expect([active, inactive]).toEqual([
        [...table.values()].filter((row) => !row.inactive).length,
        [...table.values()].filter((row) => row.inactive).length,
      ]);
    }),
  );
});

test('forty thousand sessions survive every growth of the table, and all of them can be found again', () => {
  const m = monitor(100_000);
  const batch = (from: number) =>
    messageV1(Array.from({ length: 100 }, (_, i) => recordV1({ client: '10.9.0.1', clientPort: 1 + ((from + i) % 40_000) })));
  for (let n = 0; n < 80_000; n += 100) send(m, batch(n), 0);
  expect(m.sessions.live).toBe(40_000);
  expect(m.sessions.counters).toMatchObject({ created: 40_000, updated: 40_000 });
  expect(m.sessions.takeChanges()).toHaveLength(40_000);
});
