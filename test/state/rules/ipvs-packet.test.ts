/** Every way in which a sync datagram alone can be wrong; what a backup makes of each: kernel ip_vs_sync.c, and crafted.json. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURES } from '../../environment.ts';
import { messageV0, messageV1, recordV0, recordV1 } from '../../sync-message.ts';
import { watch, watchRecording } from '../../watched.ts';
import { kindsOf, payload, syncKinds, times } from './ipvs-frames.ts';
import { expectReplays } from './replays.ts';

const whole = messageV1([recordV1()]);
const sequence = (octets: number): number[] => [1, octets, ...new Array<number>(octets).fill(0)];
const engineName = (octets: number): number[] => [3, octets, ...new Array<number>(octets).fill(97)];
const TEMPLATE = 0x1000;
const many = (count: number): number[][] => times(count, (i) => recordV1({ clientPort: 1000 + i }));

const rows: [string, string, number[], number[]][] = [
  ['ipvs.size_mismatch', 'size', messageV1([recordV1()], { size: 43 }), messageV1([recordV1()], { size: 44 })],
  ['ipvs.size_mismatch', 'size with swapped octets', messageV0([recordV0()], { size: 28 << 8 }), messageV0([recordV0()], { size: 28 })],
  ['ipvs.truncated', 'two records announced, one there', messageV1([recordV1()], { count: 2 }), whole],
  ['ipvs.truncated', 'below the fixed size', messageV1([recordV1({ size: 35 })]), messageV1([recordV1({ size: 36 })])],
  ['ipvs.record_overrun', 'size of a record', messageV1([recordV1({ size: 37 })]), whole],
  ['ipvs.bad_version', 'version 2 in the header', messageV1([recordV1()], { version: 2 }), whole],
  ['ipvs.bad_version', 'version 1 in a record', messageV1([recordV1({ version: 1 })]), whole],
  ['ipvs.bad_type', 'type 2', messageV1([recordV1({ type: 2 })]), messageV1([recordV1({ type: 0 })])],
  ['ipvs.bad_option', 'length 0', messageV1([recordV1({ options: [0x42, 0, 0, 0] })]), messageV1([recordV1({ options: [0x44, 2, 0, 0] })])],
  ['ipvs.bad_option', 'sequence of 23', messageV1([recordV1({ options: sequence(23) })]), messageV1([recordV1({ options: sequence(24) })])],
  [
    'ipvs.bad_option',
    'two sequences',
    messageV1([recordV1({ options: [...sequence(24), ...sequence(24)] })]),
    messageV1([recordV1({ options: sequence(24) })]),
  ],
  ['ipvs.bad_option', 'name of 17', messageV1([recordV1({ options: engineName(17) })]), messageV1([recordV1({ options: engineName(16) })])],
  [
    'ipvs.bad_option',
    'unknown and mandatory',
    messageV1([recordV1({ options: [4, 2, 0, 0] })]),
    messageV1([recordV1({ options: [0x44, 2, 0, 0] })]),
  ],
  ['ipvs.bad_state', 'TCP state 11', messageV1([recordV1({ state: 11 })]), messageV1([recordV1({ state: 10 })])],
  [
    'ipvs.bad_state',
    'template state 2',
    messageV1([recordV1({ flags: TEMPLATE, state: 2 })]),
    messageV1([recordV1({ flags: TEMPLATE, state: 1 })]),
  ],
  ['ipvs.unknown_proto', 'GRE', messageV1([recordV1({ proto: 47 })]), messageV1([recordV1({ proto: 132, state: 8 })])],
  ['ipvs.count_wrap', '256 records', messageV1(many(256), { count: 0 }), messageV1(many(255))],
  ['ipvs.trailing_bytes', 'four octets more', messageV1([recordV1(), [1, 2, 3, 4]], { count: 1 }), whole],
];

describe.each(rows)('%s: %s', (kind, _, wrong, right) => {
  test('is raised, with what it takes to show it again', () => {
    expect(syncKinds([payload(1, wrong)])).toContain(kind);
    expectReplays([payload(1, wrong)], kind);
  });
  test('a message just right raises nothing', () => {
    expect(syncKinds([payload(1, right)])).toEqual([]);
  });
});

test('another sender is another finding, a second datagram of the same is not', () => {
  const wrong = messageV1([recordV1({ state: 11 }), recordV1({ state: 12 })]);
  const other = { address: '10.0.0.12', mac: '02:99:00:00:00:0c' };
  const { events } = watch([payload(1, wrong), payload(2, wrong), payload(3, wrong, { from: other })]);
  const found = events.filter(({ kind }) => kind === 'ipvs.bad_state');
  expect(found.map(({ subject }) => subject.address)).toEqual(['10.0.0.11', '10.0.0.12']);
});

test('a flood is counted up to a bound in each second', () => {
  const wrong = messageV1([recordV1({ state: 11 })]);
  const { anomalies } = watch(times(500, (i) => payload(1 + i / 1000, wrong)));
  expect(anomalies.map(({ count }) => count)).toEqual([200]);
});

/** crafted.json says what the kernel made of each datagram; each way to be wrong is among them. */
test('crafted: all of them', () => {
  const found = kindsOf(watchRecording(join(FIXTURES, 'captures', 'crafted.pcap')));
  const ofPackets = [...new Set(rows.map(([kind]) => kind))].sort();
  expect(found.filter((kind) => ofPackets.includes(kind))).toEqual(ofPackets);
});
