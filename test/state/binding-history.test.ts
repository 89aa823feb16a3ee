/**
 * What services carried over time. Each figure is counted by hand from the sync records: a record of a new session is one `new`, a
 * session is active or inactive by its flag (kernel IP_VS_CONN_F_INACTIVE), and over when its timeout has run out.
 */
import { describe, expect, test } from 'vitest';
import { servicesOf } from '../../src/contract/service.ts';
import { type ServiceHistory, serviceHistoriesOf } from '../../src/contract/service-history.ts';
import type { Monitor } from '../../src/state/monitor.ts';
import { type RecordFields, recordV1 } from '../sync-message.ts';
import { watch } from '../watched.ts';
import { at, sync } from '../wire-frames.ts';

/** Flags of ip_vs.h: made by sync and hashed, as a master sends them. */
const ACTIVE = 0x83;
const INACTIVE = ACTIVE | 0x100;
const TEMPLATE = ACTIVE | 0x1000;

const made = (seconds: number, ...records: RecordFields[]) => sync(seconds, { records: records.map(recordV1) });
const client = (clientPort: number, fields: RecordFields = {}): RecordFields => ({ clientPort, ...fields });
const time = (seconds: number) => new Date(at(seconds) / 1000).toISOString().replace('Z', '000Z');

const historiesOf = (monitor: Monitor): ServiceHistory[] => serviceHistoriesOf(monitor, monitor.clock.nowMicros ?? 0);
const figuresOf = ({ destinations }: ServiceHistory) =>
  destinations.map(({ destination, ...figures }) => ({ ...figures, destination: `${destination.address}:${destination.port}` }));

test('new ones in each step, active and inactive ones at its end', () => {
  const { monitor } = watch(
    [
      made(1, client(1), client(2)),
      made(9.999999, client(3)),
      // The second second of the second step: one more, and one that has closed.
      made(11, client(4, { destination: '10.0.1.2' }), client(1, { flags: INACTIVE })),
      made(35, client(5, { timeout: 10 })),
    ],
    52,
  );
  const [history] = historiesOf(monitor);
  expect(history).toMatchObject({ id: 'tcp-10.0.0.1:443', from: time(0), to: time(50), stepSeconds: 10 });
  expect(figuresOf(history)).toEqual([
    { destination: '10.0.1.1:443', new: [3, 0, 0, 1, 0], active: [3, 2, 2, 3, 2], inactive: [0, 1, 1, 1, 1] },
    { destination: '10.0.1.2:443', new: [null, 1, 0, 0, 0], active: [null, 1, 1, 1, 1], inactive: [null, 0, 0, 0, 0] },
  ]);
});

test('before the first step has ended there are no figures', () => {
  const [history] = historiesOf(watch([made(1, client(1))], 9.9).monitor);
  expect(history).toMatchObject({ from: time(0), to: time(0), destinations: [{ new: [], active: [], inactive: [] }] });
});

test('a second that ends a step is counted with it when it is the first', () => {
  const [history] = historiesOf(watch([made(9.5, client(1)), made(10.5, client(2))], 20).monitor);
  expect(history.from).toBe(time(0));
  expect(history.destinations[0]).toMatchObject({ new: [1, 1], active: [1, 2] });
});

test('what has several bindings has the sum of them: FTP control and data, each forwarding method; templates count for nothing', () => {
  const ftp = { virtualPort: 21, destinationPort: 21 };
  const { monitor } = watch(
    [
      made(1, client(1, ftp), client(2, { ...ftp, flags: ACTIVE | 3 })),
      made(2, client(0, { virtualPort: 0, destinationPort: 0, flags: TEMPLATE })),
    ],
    10,
  );
  const histories = historiesOf(monitor);
  expect(histories.map(({ id }) => id)).toEqual(servicesOf(monitor, at(10)).map(({ id }) => id));
  expect(figuresOf(histories[0])).toEqual([{ destination: '10.0.1.1:21', new: [2], active: [2], inactive: [0] }]);
});

test('time in which nothing was looked at says nothing', () => {
  // After a long silence the seconds are passed in leaps, to the 6th, 8th, 12th, 20th, 36th, 68th, 132nd and 255th: steps that ended last by then.
  const [history] = historiesOf(watch([made(5, client(1)), made(255, client(2))], 260).monitor);
  const [{ new: fresh, active }] = history.destinations;
  const figures = fresh.flatMap((one, step) => (one === null ? [] : [[step, one, active[step]]]));
  expect(figures).toEqual([
    [0, 1, 1],
    [1, 0, 1],
    [2, 0, 1],
    [5, 0, 1],
    [12, 0, 1],
    [24, 0, 1],
    [25, 1, 2],
  ]);
});

describe('bounds', () => {
  const HOUR = 3600;

  test('an hour is kept', () => {
    const frames = Array.from({ length: 400 }, (_, i) => made(i * 10 + 5, client(i + 1, { timeout: 9000 })));
    const [history] = historiesOf(watch(frames, 4000).monitor);
    expect(history).toMatchObject({ from: time(4000 - HOUR), to: time(4000) });
    expect(history.destinations[0].new).toEqual(new Array(360).fill(1));
    expect(history.destinations[0].active).toEqual(Array.from({ length: 360 }, (_, i) => 41 + i));
  });

  test('one that carried nothing for an hour gives its place back, and what it made before is not counted again', () => {
    const busy = Array.from({ length: 90 }, (_, i) => made(i * 50 + 7, client(7, { destination: '10.0.1.2' })));
    const frames = [...busy, made(1, client(1, { timeout: 5 })), made(4480, client(1))].sort((a, b) => a.atMicros - b.atMicros);
    const { monitor } = watch(frames.slice(0, -1), 4400);
    const index = monitor.sessions.bindings.all.findIndex(({ destination }) => destination === 0x0a000101);
    expect(monitor.bindingHistories.of(index)).toBeUndefined();
    const [, again] = [historiesOf(monitor), historiesOf(watch(frames, 4490).monitor)];
    expect(again[0].destinations[0].new.slice(-2)).toEqual([null, 1]);
  });

  test('beyond 8192 they are counted', () => {
    const servers = Array.from({ length: 8200 }, (_, i) => client(1, { destination: `10.1.${i >> 8}.${i & 255}` }));
    const datagrams = Array.from({ length: 205 }, (_, i) =>
      made(i / 100, ...servers.slice(i * 40, i * 40 + 40).map((server, k) => ({ ...server, clientPort: 1000 + i * 40 + k }))),
    );
    const { monitor } = watch(datagrams, 10);
    expect(monitor.bindingHistories.overflowed).toBe(8);
    const [{ destinations }] = historiesOf(monitor);
    expect(destinations.filter(({ new: fresh }) => fresh[0] === 1)).toHaveLength(8192);
    expect(destinations.filter(({ new: fresh }) => fresh[0] === null)).toHaveLength(8);
  });

  test('a clock that is set back begins anew', () => {
    const before = [made(5005, client(1)), made(5015, client(2))];
    const after = Array.from({ length: 1100 }, (_, i) => made(i / 50, client(i + 10)));
    const [history] = historiesOf(watch([...before, ...after]).monitor);
    // Ten seconds of frames in a row from before set it back: that second is 10, and the steps after it end at 20.
    expect(history).toMatchObject({ to: time(20) });
  });
});
