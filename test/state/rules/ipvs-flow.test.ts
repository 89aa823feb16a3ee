/** The stream of a sender: losses by IP identification, restarts, silence, load. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { daemonsOf } from '../../../src/contract/daemon.ts';
import { messageV1, recordV1 } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { advert, at, LB1, LB2 } from '../../wire-frames.ts';
import { inOrder, payload, type SendFields, send, syncKinds, times } from './ipvs-frames.ts';
import { expectReplays } from './replays.ts';

/** Datagrams with these IP identifications, ten a second. */
const numbered = (ids: readonly number[], fields: SendFields = {}): Frame[] =>
  ids.map((id, i) => send(1 + i / 10, [{}], { id, ...fields }));
const upTo = (count: number, first = 1): number[] => times(count, (i) => (first + i) & 0xffff);
const lost = (frames: readonly Frame[]): number | null => {
  const { monitor } = watch(frames, 30);
  return daemonsOf(monitor, at(30))[0].lostDatagrams;
};

describe('ipvs.loss', () => {
  const rows: [string, number[], boolean, number | null][] = [
    ['three left out after 50 steps of 1', [...upTo(51), 55], true, 3],
    ['after 49 it is not known yet how they are numbered', [...upTo(50), 54], false, 0],
    ['none left out', upTo(60), false, 0],
    ['over the end of the numbers', [...upTo(60, 65_500), ...upTo(5, 27)], true, 3],
    ['over the end, none left out', upTo(60, 65_500), false, 0],
    ['two changed places', [...upTo(51), 53, 52, 54], false, 0],
    ['each comes twice, as from a mirror port', upTo(60).flatMap((id) => [id, id]), false, 0],
    // 11 of 12 steps are 1: 92 %.
    ['numbers of several sockets', times(6, (i) => upTo(12, 1000 * i)).flat(), false, null],
  ];
  test.each(rows)('%s', (_, ids, expected, datagrams) => {
    expect(syncKinds(numbered(ids), 30).includes('ipvs.loss')).toBe(expected);
    expect(lost(numbered(ids))).toBe(datagrams);
  });

  test('each port has numbers of its own', () => {
    const two = inOrder(numbered(upTo(60)), numbered(upTo(60, 500), { port: 8849, sourcePort: 40_002 }));
    expect(syncKinds(two, 30, ['224.0.0.81:8848-8849'])).toEqual([]);
  });

  test('nothing is known of sources that make the header up', () => {
    const { monitor } = watch(numbered([...upTo(51), 55]), 30, null, [], undefined, false);
    expect(monitor.daemons.all[0].lostDatagrams).toBeNull();
  });
});

describe('ipvs.master_restart', () => {
  const rows: [string, Frame[], boolean][] = [
    ['another source port', [send(1), send(2, [{}], { sourcePort: 40_002 })], true],
    ['the same', [send(1), send(2)], false],
    ['another sender', [send(1), send(2, [{}], { sourcePort: 40_002, from: LB2 })], false],
    ['another port of the channel', [send(1), send(2, [{}], { sourcePort: 40_002, port: 8849 })], false],
    ['identifications jump back', numbered([...upTo(60, 1000), 900]), true],
    ['they come late', numbered([...upTo(60, 1000), 1000]), false],
    ['they never were one by one', numbered([...times(60, (i) => 1000 + 2 * i), 900]), false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames, null, ['224.0.0.81:8848-8849']).includes('ipvs.master_restart')).toBe(expected);
  });

  test('its frames show it again; one that begins anew each time is told of once a minute', () => {
    const frames = times(10, (i) => send(1 + i, [{}], { sourcePort: 40_000 + i }));
    expectReplays(frames, 'ipvs.master_restart');
    expect(watch(frames).events.filter(({ kind }) => kind === 'ipvs.master_restart')).toHaveLength(1);
  });
});

describe('ipvs.silence', () => {
  const KIND = 'ipvs.silence';
  const adverts = (to: number, from = LB1): Frame[] => times(to, (i) => advert(i, { from }));
  const every = (step: number, until: number): Frame[] => times(Math.floor((until - 1) / step), (i) => send(1 + i * step));
  const rows: [string, Frame[], number, boolean][] = [
    ['one datagram each 2 s, then none for 31 s', every(2, 321), 351, true],
    ['for 29 s', every(2, 321), 349, false],
    ['one each 5 s, then none for 49 s', every(5, 321), 365, false],
    ['for 51 s', every(5, 321), 368, true],
    ['heard for less than 5 minutes', every(2, 281), 351, false],
  ];
  test.each(rows)('%s', (_, syncs, until, expected) => {
    expect(syncKinds(inOrder(adverts(until), syncs), until).includes(KIND)).toBe(expected);
  });

  test('no session is active', () => {
    const syncs = times(160, (i) => send(1 + i * 2, [{ flags: 0x183, state: 4, timeout: 120 }]));
    expect(syncKinds(inOrder(adverts(360), syncs), 360)).not.toContain(KIND);
  });

  test('the master is no sender here: nobody can tell', () => {
    const { monitor } = watch(inOrder(adverts(360, LB2), every(2, 321)), 360);
    expect(monitor.anomalies.all.find(({ kind }) => kind === KIND)).toMatchObject({ check: 'unknown' });
  });

  test('it ends with the next datagram', () => {
    const { anomalies } = watch(inOrder(adverts(370), every(2, 321), [send(365)]));
    expect(anomalies.find(({ kind }) => kind === KIND)).toMatchObject({ check: 'clear', endedMicros: at(365) });
  });
});

describe('load', () => {
  const records = (count: number): number[] => messageV1(times(count, (i) => recordV1({ clientPort: 1000 + i })));
  /** So many records each second. */
  const steady = (perSecond: number, from: number, to: number): Frame[] =>
    times(to - from, (i) => times(perSecond / 100, (k) => payload(from + i + k / 100, records(100)))).flat();
  test.each<[string, Frame[], boolean]>([
    ['twenty times the average', [...steady(100, 1, 310), ...steady(5000, 310, 325)], true],
    ['seven times', [...steady(200, 1, 310), ...steady(1500, 310, 340)], false],
    ['from next to nothing to 400 a second', [send(1), send(300), ...steady(400, 310, 340)], false],
    ['within the first 5 minutes', [...steady(100, 1, 250), ...steady(2000, 250, 290)], false],
  ])('ipvs.burst: %s', (_, frames, expected) => {
    expect(syncKinds(frames).includes('ipvs.burst')).toBe(expected);
  });

  const flood = (perSecond: number, seconds: number): Frame[] =>
    times(perSecond * seconds, (i) => send(1 + i / perSecond, [{}], { id: i & 0xffff }));
  test.each<[string, Frame[], boolean]>([
    ['10 000 datagrams a second for 11 s', flood(10_000, 12), true],
    ['9 900', flood(9_900, 12), false],
    ['for 8 s', flood(10_000, 8), false],
  ])('ipvs.rate: %s', (_, frames, expected) => {
    expect(syncKinds(frames, 20).includes('ipvs.rate')).toBe(expected);
  });
});
