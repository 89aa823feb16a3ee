/** Which records are a session's: hand-made ones, told apart by the rules of the kernel functions named. */
import { describe, expect, test } from 'vitest';
import { ipv4Text } from '../../dissectors/address.ts';
import { type Dissection, dissect } from '../../dissectors/dissect.ts';
import type { Ipvs } from '../../dissectors/ipvs.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { readSession } from '../../src/state/session.ts';
import { createRecordPicker } from '../../src/state/session-records.ts';
import { Sessions } from '../../src/state/sessions.ts';
import { messageV0, messageV1, type RecordFields, recordV0, recordV1, syncFrame } from '../sync-message.ts';

const SECOND = 1_000_000;
/** Kernel `IP_VS_CONN_F_*`, with forwarding method 3 (direct routing). */
const ACTIVE = 0x83;
const INACTIVE = 0x183;
const NO_CPORT = 0x883;
const TEMPLATE = 0x1083;

interface Told {
  readonly seconds: number;
  readonly record: RecordFields;
}

const at = (seconds: number, record: RecordFields): Told => ({ seconds, record });

function syncOf(message: readonly number[], seconds: number): Ipvs {
  const options = { syncChannels: [parseSyncChannel(DEFAULT_SYNC)], reassembly: createReassembly() };
  const { layers }: Dissection = dissect(syncFrame(message, seconds * SECOND), options);
  const ipvs = layers.find(({ protocol }) => protocol === 'ipvs');
  if (ipvs?.protocol !== 'ipvs') throw new Error('no sync message');
  return ipvs;
}

/** Enters them all, and asks for those of the only session left, or of the one in this slot. */
function lifeOf(told: readonly Told[], slot = 1, messageOf = ({ record }: Told) => messageV1([recordV1(record)])) {
  const table = new Sessions({ maxSessions: 100, trackChanges: false });
  const all = told.map((one) => ({ atMicros: one.seconds * SECOND, sync: syncOf(messageOf(one), one.seconds) }));
  for (const { atMicros, sync } of all) table.apply(sync, { atMicros, daemon: 0, segment: 0 });
  const session = readSession(table, slot);
  const pick = createRecordPicker(session);
  const { firstSeenMicros, lastSyncMicros } = session;
  const during = all.filter(({ atMicros }) => atMicros >= firstSeenMicros && atMicros <= lastSyncMicros);
  return during.flatMap(({ atMicros, sync }) => pick(sync, atMicros).map((record) => ({ seconds: atMicros / SECOND, ...record })));
}

const secondsOf = (found: readonly { readonly seconds: number }[]): number[] => found.map(({ seconds }) => seconds);

describe('ip_vs_proc_conn', () => {
  test('another real server begins another session, and the last word on the one before is not its', () => {
    const elsewhere = { destination: '10.0.1.2' };
    const found = lifeOf([
      at(1, { flags: ACTIVE }),
      at(2, { flags: INACTIVE, state: 4 }),
      at(3, { flags: ACTIVE, ...elsewhere }),
      at(4, { flags: INACTIVE, state: 4 }),
      at(5, { flags: INACTIVE, state: 4, timeout: 120, ...elsewhere }),
    ]);
    expect(secondsOf(found)).toEqual([3, 5]);
    expect(found[1]).toMatchObject({ state: 'FIN_WAIT', flags: INACTIVE, timeoutSeconds: 120, destinationPort: 443 });
    expect(found.map(({ destination }) => ipv4Text(destination as number))).toEqual(['10.0.1.2', '10.0.1.2']);
  });

  test('a template keeps its real server, and what it is told is shown', () => {
    const template = { flags: TEMPLATE, state: 1, clientPort: 0, virtualPort: 0 };
    const found = lifeOf([at(1, template), at(2, { ...template, destination: '10.0.1.2' })]);
    expect(found.map(({ destination }) => ipv4Text(destination as number))).toEqual(['10.0.1.1', '10.0.1.2']);
    expect(found[0]).toMatchObject({ state: 'ASSURED' });
  });

  test('one that ran out and came again is another', () => {
    expect(secondsOf(lifeOf([at(1, { timeout: 10 }), at(5, { timeout: 10 }), at(30, { timeout: 10 }), at(31, {})]))).toEqual([30, 31]);
  });

  test('what is another session: client, its port, virtual address and port, protocol, template', () => {
    const others = [
      { client: '198.51.100.8' },
      { clientPort: 40001 },
      { virtual: '10.0.0.2' },
      { virtualPort: 80 },
      { proto: 17, state: 0 },
    ];
    const told = [at(1, {}), ...others.map((other, i) => at(2 + i, other)), at(7, {}), at(8, { flags: TEMPLATE })];
    expect(secondsOf(lifeOf(told))).toEqual([1, 7]);
    expect(secondsOf(lifeOf(told, 7))).toEqual([8]);
  });

  test('one without a client port is told with the port that it got', () => {
    const told = [at(1, { flags: NO_CPORT, clientPort: 0 }), at(2, { clientPort: 50_000 }), at(3, { clientPort: 50_000, virtualPort: 21 })];
    expect(secondsOf(lifeOf(told))).toEqual([1, 2]);
  });
});

test('ip_vs_sip_ct_match: engine data counts instead of the client port', () => {
  const name = [0x03, 3, ...Buffer.from('sip')];
  const call = (id: string, clientPort: number): RecordFields => {
    const options = [0x02, id.length, ...Buffer.from(id), ...name];
    return { proto: 17, flags: TEMPLATE, state: 0, clientPort, options };
  };
  const told = [at(1, call('a@lab', 1)), at(2, call('b@lab', 1)), at(3, call('a@lab', 2)), at(4, call('aa@lab', 1))];
  expect(secondsOf(lifeOf(told))).toEqual([1, 3]);
  expect(secondsOf(lifeOf(told, 2))).toEqual([2]);
});

test('several in one datagram, and version 0, which sends no timeout: that of the state (tcp_timeouts)', () => {
  const message = () => messageV0([recordV0({ flags: INACTIVE, state: 3 }), recordV0({ clientPort: 1 }), recordV0({ flags: ACTIVE })]);
  const found = lifeOf([at(1, {})], 1, message);
  expect(found.map(({ state, timeoutSeconds }) => `${state} ${timeoutSeconds}`)).toEqual(['SYN_RECV 60', 'ESTABLISHED 900']);
});

test('IPv6 with the family of its addresses', () => {
  const long = { client: 'fd99::7', virtual: 'fd99::1', destination: 'fd99::21' };
  const found = lifeOf([at(1, long), at(2, {}), at(3, { ...long, client: 'fd99::8' }), at(4, long)]);
  expect(secondsOf(found)).toEqual([1, 4]);
  expect([...(found[0].destination as Uint8Array)]).toEqual([0xfd, 0x99, ...new Array<number>(13).fill(0), 0x21]);
});
