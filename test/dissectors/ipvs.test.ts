/** IPVS sync: what a backup kernel enters, drops and gives up on (ip_vs_sync.c), and the names lvscope gives to it. */
import { describe, expect, test } from 'vitest';
import type { Dissection, Frame } from '../../dissectors/dissect.ts';
import { dissect } from '../../dissectors/dissect.ts';
import type { Ipvs } from '../../dissectors/ipvs.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { messageV0, messageV1, recordV0, recordV1, syncFrame, u16 } from '../sync-message.ts';

const syncChannels = [parseSyncChannel('224.0.0.81:8848-8911')];
const read = (frame: Frame): Dissection => dissect(frame, { reassembly: createReassembly(), syncChannels });
const ipvsOf = (dissection: Dissection): Ipvs | undefined => dissection.layers.find((layer) => layer.protocol === 'ipvs');
const sequence = (length = 24): number[] => [1, length, ...new Array<number>(length).fill(7)];
const text = (kind: number, value: string): number[] => [kind, value.length, ...Buffer.from(value, 'latin1')];
const v6 = { client: 'fd99::2', virtual: 'fd99::100', destination: 'fd99::21' };
const template = { clientPort: 0, flags: 0x1103 };

/** [what, message, records entered, fault or note] */
const ENTERED: [string, number[], number, string | null][] = [
  ['v1, three records', messageV1([recordV1(), recordV1(), recordV1()]), 3, null],
  ['v1, no record', messageV1([]), 0, null],
  ['v1, IPv6', messageV1([recordV1(v6), recordV1()]), 2, null],
  ['v1, type 3 is IPv6 by its lowest bit', messageV1([recordV1({ ...v6, type: 3 })]), 1, null],
  ['v1, sequence option', messageV1([recordV1({ flags: 0x283, options: sequence() }), recordV1()]), 2, null],
  ['v1, optional unknown option', messageV1([recordV1({ options: text(0x44, 'abcd') }), recordV1()]), 2, null],
  ['v1, engine on a template', messageV1([recordV1({ ...template, options: [...text(2, 'call@x'), ...text(3, 'sip')] })]), 1, null],
  ['v1, template of protocol 0', messageV1([recordV1({ ...template, proto: 0 })]), 1, null],
  ['v1, template of an unknown protocol', messageV1([recordV1({ ...template, proto: 47 })]), 1, null],
  ['v1, 32 bits of flags', messageV1([recordV1({ flags: 0xffffffff })]), 1, null],
  ['v0, two records', messageV0([recordV0(), recordV0()]), 2, null],
  [
    'v0, sequence numbers behind the record',
    messageV0([recordV0({ flags: 0x683, options: new Array<number>(24).fill(1) }), recordV0()]),
    2,
    null,
  ],
];

const NOTED: [string, number[], number, string][] = [
  ['v1, unknown protocol: that record only', messageV1([recordV1({ proto: 47 }), recordV1()]), 1, 'unknown_proto'],
  ['v1, TCP state 11', messageV1([recordV1({ state: 11 }), recordV1()]), 1, 'bad_state'],
  ['v1, UDP state 1', messageV1([recordV1({ proto: 17, state: 1 })]), 0, 'bad_state'],
  ['v1, SCTP state 14', messageV1([recordV1({ proto: 132, state: 14 })]), 0, 'bad_state'],
  ['v1, template state 2 is entered', messageV1([recordV1({ ...template, state: 2 })]), 1, 'bad_state'],
  ['v1, mandatory unknown option: that record only', messageV1([recordV1({ options: text(4, 'abcd') }), recordV1()]), 1, 'bad_option'],
  [
    'v1, engine unknown',
    messageV1([recordV1({ ...template, options: [...text(2, 'a'), ...text(3, 'nosuch')] }), recordV1()]),
    1,
    'bad_option',
  ],
  ['v1, engine data without a name', messageV1([recordV1({ ...template, options: text(2, 'a') })]), 0, 'bad_option'],
  ['v1, more records than the count', messageV1([recordV1(), recordV1(), recordV1()], { count: 1 }), 1, 'count_wrap'],
  ['v1, octets behind the records', messageV1([recordV1(), [0, 0, 0, 0]], { count: 1 }), 1, 'trailing_bytes'],
  ['v0, more records than the count', messageV0([recordV0(), recordV0()], { count: 1 }), 1, 'count_wrap'],
  ['v0, 256 records, as Linux 6.1 sends them at most', messageV0(new Array(256).fill(recordV0()), { count: 0 }), 0, 'count_wrap'],
  ['v0, octets behind the records', messageV0([recordV0(), [9, 9]], { count: 1 }), 1, 'trailing_bytes'],
  ['version 2 reads as an empty v0', messageV1([recordV1()], { version: 2 }), 0, 'bad_version'],
  ['spare octets reads as an empty v0', messageV1([recordV1()], { spare: 7 }), 0, 'bad_version'],
];

const STOPPED: [string, number[], number, string][] = [
  ['v1, fewer records than the count', messageV1([recordV1(), recordV1()], { count: 5 }), 2, 'truncated'],
  ['v1, record past the end', messageV1([recordV1(), recordV1({ size: 400 })]), 1, 'record_overrun'],
  ['v1, record size too short', messageV1([recordV1(), recordV1({ size: 20 }), recordV1()]), 1, 'truncated'],
  ['v1, IPv6 record of an IPv4 size', messageV1([recordV1({ type: 1 }), recordV1()]), 0, 'truncated'],
  ['v1, record size 0', messageV1([recordV1({ size: 0 }), recordV1()]), 0, 'truncated'],
  ['v1, record version 1', messageV1([recordV1(), recordV1({ version: 1 }), recordV1()]), 1, 'bad_version'],
  ['v1, record type 2', messageV1([recordV1(), recordV1({ type: 2 })]), 1, 'bad_type'],
  ['v1, option of length 0', messageV1([recordV1({ options: [1, 0] }), recordV1()]), 0, 'bad_option'],
  ['v1, option past the record', messageV1([recordV1({ options: [2, 0x30, 1, 2] }), recordV1()]), 0, 'bad_option'],
  ['v1, option header of one octet', messageV1([recordV1({ options: [1] }), recordV1()]), 0, 'bad_option'],
  ['v1, sequence option of 20 octets', messageV1([recordV1(), recordV1({ options: sequence(20) })]), 1, 'bad_option'],
  ['v1, sequence option twice', messageV1([recordV1({ options: [...sequence(), ...sequence()] })]), 0, 'bad_option'],
  [
    'v1, engine name of 17 octets',
    messageV1([recordV1({ ...template, options: [...text(2, 'a'), ...text(3, 'n'.repeat(17))] })]),
    0,
    'bad_option',
  ],
  ['v0, fewer records than the count', messageV0([recordV0()], { count: 9 }), 1, 'truncated'],
  ['v0, cut in the sequence numbers', messageV0([recordV0(), recordV0({ flags: 0x683, options: [1, 2, 3] })]), 1, 'truncated'],
];

const REFUSED: [string, number[], string][] = [
  ['an empty datagram', [], 'truncated'],
  ['three octets', [1, 0, 0], 'truncated'],
  ['size field wrong', messageV1([recordV1()], { size: 40 }), 'size_mismatch'],
  ['size field byte-swapped', messageV1([recordV1()], { size: 44 << 8 }), 'size_swapped'],
];

describe('entered', () => {
  test.each(ENTERED)('%s', (_, message, records) => {
    const dissection = read(syncFrame(message));
    expect(dissection.fault).toBeNull();
    expect(dissection.notes).toEqual([]);
    expect(ipvsOf(dissection)?.records).toHaveLength(records);
  });
});

describe('entered in part, and noted', () => {
  test.each(NOTED)('%s', (_, message, records, code) => {
    const dissection = read(syncFrame(message));
    expect(dissection.fault).toBeNull();
    expect(dissection.notes).toContainEqual(expect.objectContaining({ protocol: 'ipvs', code }));
    expect(ipvsOf(dissection)?.records).toHaveLength(records);
  });
});

describe('given up on, records before it stand', () => {
  test.each(STOPPED)('%s', (_, message, records, code) => {
    const dissection = read(syncFrame(message));
    expect(dissection.fault).toMatchObject({ protocol: 'ipvs', code });
    expect(ipvsOf(dissection)?.records).toHaveLength(records);
  });
});

describe('not read at all', () => {
  test.each(REFUSED)('%s', (_, message, code) => {
    const dissection = read(syncFrame(message));
    expect(dissection.fault).toMatchObject({ protocol: 'ipvs', code });
    expect(ipvsOf(dissection)).toBeUndefined();
    expect(dissection.layers.at(-1)?.protocol).toBe('udp');
  });
});

test('fields are read where the kernel writes them', () => {
  const dissection = read(
    syncFrame(messageV1([recordV1({ ...template, options: [...text(2, 'call@x'), ...text(3, 'sip')] })], { syncid: 200 })),
  );
  const ipvs = ipvsOf(dissection);
  expect(ipvs).toMatchObject({ version: 1, syncid: 200, count: 1 });
  expect(ipvs?.engines?.get(0)).toEqual({ name: 'sip', data: Uint8Array.from(Buffer.from('call@x')) });
});

test('only the configured groups and ports are sync', () => {
  const message = messageV1([recordV1()]);
  expect(ipvsOf(read(syncFrame(message, 1, { port: 8911 })))).toBeDefined();
  expect(ipvsOf(read(syncFrame(message, 1, { port: 8912 })))).toBeUndefined();
  expect(ipvsOf(read(syncFrame(message, 1, { group: '224.0.0.82' })))).toBeUndefined();
});

test('a wrong UDP checksum is what every receiver drops', () => {
  const frame = syncFrame(messageV1([recordV1()]));
  frame.bytes.set(u16(0x1234), 14 + 20 + 6);
  const dissection = read(frame);
  expect(dissection.fault).toMatchObject({ protocol: 'udp', code: 'checksum' });
  expect(ipvsOf(dissection)).toBeUndefined();
});

test('every prefix of every message above is read without a throw and never better than the whole', () => {
  for (const [, message] of [...ENTERED, ...NOTED, ...STOPPED]) {
    const whole = syncFrame(message);
    const most = ipvsOf(read(whole))?.records.length ?? 0;
    for (let length = 0; length < whole.bytes.length; length++) {
      const dissection = read({ ...whole, bytes: whole.bytes.subarray(0, length) });
      expect(dissection.layers.length).toBeLessThanOrEqual(4);
      expect(ipvsOf(dissection)?.records.length ?? 0).toBeLessThanOrEqual(most);
      if (length > 14) expect(dissection.fault).toMatchObject({ code: 'cut' });
    }
  }
});
