/**
 * Mastership. Timers by hand: version 2, interval 1 s, so Master_Down_Interval is 3.61 s for priority 100 and at most 3.996 s
 * (RFC 3768 section 6.1); after a resignation Skew_Time alone, at most 0.996 s, and an interval of patience. Who gives way: section 6.4.3.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { type Watched, watch, watchRecording } from '../../watched.ts';
import { type AdvertFields, advert, at, LB1, LB2 } from '../../wire-frames.ts';

const backup: AdvertFields = { from: LB2, priority: 90 };
/** `A100` at a second is an advert of lb1 with priority 100. */
const adverts = (...all: (readonly [number, string])[]): Frame[] =>
  all.map(([seconds, who]) => advert(seconds, { from: who[0] === 'A' ? LB1 : LB2, priority: Number(who.slice(1)) }));
const series = (who: string, from: number, to: number): (readonly [number, string])[] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, who] as const);
const inOrder = (frames: Frame[]): Frame[] => frames.sort((a, b) => a.atMicros - b.atMicros);
const of = ({ anomalies }: Watched, kind: string) => anomalies.find((anomaly) => anomaly.kind === kind);
const eventsOf = ({ events }: Watched, kind: string) => events.filter((event) => event.kind === kind);
const SUBJECT = { vrid: 51, family: 'ipv4', interface: 'eth0' };

describe('vrrp.two_masters', () => {
  const split = [...series('A100', 1, 5), [2.5, 'B90'], [3.5, 'B90']] as const;

  test('known by the second advert of the one that must give way; names both with MACs; one event, logged by the state', () => {
    const watched = watch(inOrder(adverts(...split)));
    expect(of(watched, 'vrrp.two_masters')).toMatchObject({
      check: 'raised',
      firstMicros: at(2.5),
      subject: SUBJECT,
      severity: 'critical',
    });
    for (const name of ['10.0.0.11 (02:99:00:00:00:0b)', '10.0.0.12 (02:99:00:00:00:0c)'])
      expect(of(watched, 'vrrp.two_masters')?.text).toContain(name);
    expect(eventsOf(watched, 'vrrp.two_masters')).toHaveLength(1);
  });

  test('ends when one resigns', () => {
    const watched = watch(inOrder(adverts(...split, [4.5, 'B0'])));
    expect(of(watched, 'vrrp.two_masters')).toMatchObject({ check: 'clear', endedMicros: at(4.5) });
  });

  test.each<[string, AdvertFields]>([
    ['TTL 254', { ttl: 254 }],
    ['wrong checksum', { dialect: 'wrong' }],
  ])('near miss: forged adverts with a higher priority, %s, change nothing at all', (_, wrong) => {
    const forged = [1.5, 2.5, 3.5].map((seconds) => advert(seconds, { from: LB2, priority: 200, ...wrong }));
    const watched = watch(inOrder([...adverts(...series('A100', 1, 5)), ...forged]));
    expect(eventsOf(watched, 'vrrp.master_change')).toMatchObject([{ to: '10.0.0.11', reason: 'first_seen' }]);
    expect(watched.kinds).not.toContain('vrrp.two_masters');
    expect(watched.monitor.routers.all).toMatchObject([{ state: 'master', senders: [{ lastPriority: 100 }] }]);
  });

  test('near miss: the one advert by which a takeover overlaps, and three intervals of silence', () => {
    const watched = watch(inOrder(adverts(...series('B90', 1, 3), [2.5, 'A100'], ...series('A100', 4, 6), [9.65, 'B90'], [10.65, 'B90'])));
    expect(watched.kinds).not.toContain('vrrp.two_masters');
  });

  test('split-brain: begins and ends within a Master_Down_Interval of the marks', () => {
    const found = of(watchRecording(join(FIXTURES, 'captures', 'split-brain.pcap')), 'vrrp.two_masters');
    // Marks of split-brain.json: lb2 drops adverts, and receives them again. Its Master_Down_Interval is 3.65 s.
    const [sinceCut, sinceHealed] = [
      (found?.firstMicros ?? 0) / 1e6 - 1_795_234_050.226,
      (found?.endedMicros ?? 0) / 1e6 - 1_795_234_065.903,
    ];
    expect(sinceCut).toBeGreaterThan(0);
    expect(sinceCut).toBeLessThan(3.65);
    expect(sinceHealed).toBeGreaterThan(0);
    expect(sinceHealed).toBeLessThan(3.65);
  });
});

describe('vrrp.master_lost', () => {
  test('raised when the longest timer has run out, ended by the next master', () => {
    const lost = watch(adverts([1, 'A100']), 6);
    expect(of(lost, 'vrrp.master_lost')).toMatchObject({ check: 'raised', firstMicros: at(1) + 3_996_094, subject: SUBJECT });
    const found = watch(adverts([1, 'A100'], [9, 'B90']), 10);
    expect(of(found, 'vrrp.master_lost')).toMatchObject({ check: 'clear', endedMicros: at(9) });
    expect(eventsOf(found, 'vrrp.master_lost')).toHaveLength(1);
  });

  test('near miss: just before', () => {
    expect(watch(adverts([1, 'A100']), 4.99).kinds).toEqual([]);
  });
});

describe('vrrp.resign and vrrp.resign_no_taker', () => {
  test('a resignation is told once, however often it is sent', () => {
    const watched = watch(adverts([1, 'A100'], [1.5, 'A0'], [1.6, 'A0'], [2.1, 'B90']), 3);
    expect(eventsOf(watched, 'vrrp.resign')).toMatchObject([{ subject: { ...SUBJECT, address: '10.0.0.11' }, severity: 'info' }]);
    expect(watched.kinds).not.toContain('vrrp.resign_no_taker');
  });

  test('a priority of 1 is none', () => {
    expect(eventsOf(watch(adverts([1, 'A100'], [2, 'A1'])), 'vrrp.resign')).toEqual([]);
  });

  test('nobody takes over: raised after the longest skew and an interval, ended by the next master', () => {
    const frames = adverts([1, 'A100'], [2, 'A0']);
    // 2 + 0.996 + 1 s; checked every second.
    expect(of(watch(frames, 4), 'vrrp.resign_no_taker')).toMatchObject({ check: 'raised', subject: SUBJECT, severity: 'critical' });
    const late = watch([...frames, advert(6, backup)], 7);
    expect(of(late, 'vrrp.resign_no_taker')).toMatchObject({ check: 'clear', endedMicros: at(6) });
  });

  test('near miss: somebody does just in time, or it is not the master that resigns', () => {
    expect(watch(adverts([1, 'A100'], [2, 'A0'], [3.99, 'B90']), 4).kinds).not.toContain('vrrp.resign_no_taker');
    expect(watch(inOrder(adverts(...series('A100', 1, 6), [2.5, 'B0'])), 6).kinds).not.toContain('vrrp.resign_no_taker');
  });
});

describe('vrrp.flap', () => {
  /** Each preempts the one before. */
  const preempting = (changes: number, step: number): Frame[] =>
    Array.from({ length: changes + 1 }, (_, i) => advert(1 + i * step, { from: i % 2 === 0 ? LB1 : LB2, priority: 100 + i }));

  test.each([
    ['five changes in 300 s', 5, 75, true],
    ['four', 4, 1, false],
    ['five in more than 300 s', 5, 75.1, false],
  ])('%s', (_, changes, step, raised) => {
    // Nobody is master in between, but for a moment: what counts is how often it changes.
    const frames = preempting(changes, step);
    const watched = watch(frames);
    expect(eventsOf(watched, 'vrrp.master_change')).toHaveLength(changes + 1);
    expect(watched.kinds.includes('vrrp.flap')).toBe(raised);
  });
});

describe('vrrp.short_master', () => {
  test.each<[string, (readonly [number, string])[], boolean]>([
    [
      'preempted after 2.9 intervals',
      [
        [1, 'A100'],
        [2, 'A0'],
        [2.6, 'B90'],
        [3.6, 'B90'],
        [4.6, 'B90'],
        [5.5, 'A100'],
      ],
      true,
    ],
    [
      'preempted after 3 intervals',
      [
        [1, 'A100'],
        [2, 'A0'],
        [2.6, 'B90'],
        [3.6, 'B90'],
        [4.6, 'B90'],
        [5.6, 'A100'],
      ],
      false,
    ],
    [
      'heard only once',
      [
        [1, 'A100'],
        [2, 'A0'],
        [2.6, 'B90'],
      ],
      true,
    ],
    [
      'heard for three intervals and then lost',
      [
        [1, 'A100'],
        [2, 'A0'],
        [2.6, 'B90'],
        [3.6, 'B90'],
        [4.6, 'B90'],
        [5.6, 'B90'],
      ],
      false,
    ],
    [
      'resigned after one',
      [
        [1, 'A100'],
        [1.5, 'B110'],
        [2.5, 'B0'],
        [3.1, 'A100'],
      ],
      true,
    ],
    [
      'master when we began to look',
      [
        [1, 'B90'],
        [1.1, 'A100'],
      ],
      false,
    ],
  ])('%s', (_, all, raised) => {
    const short = watch(adverts(...all), 10).anomalies.filter(({ kind }) => kind === 'vrrp.short_master');
    expect(short.some(({ subject }) => subject.address === '10.0.0.12')).toBe(raised);
  });
});
