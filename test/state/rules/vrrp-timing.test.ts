/** Late adverts and takeovers, held against RFC 3768 section 6.1 (version 2) and RFC 5798 section 6.1 (version 3) by hand. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { type Watched, watch } from '../../watched.ts';
import { type AdvertFields, advert, at, igmpQuery, join, LB1, LB2 } from '../../wire-frames.ts';

const of = ({ anomalies }: Watched, kind: string) => anomalies.find((anomaly) => anomaly.kind === kind);
const all = (watched: Watched, kind: string) => watched.events.filter((event) => event.kind === kind);
const backup: AdvertFields = { from: LB2, priority: 90 };

describe('vrrp.late_advert', () => {
  test.each([
    ['1.5 intervals', {}, 1.5, null],
    ['a little more', {}, 1.501, 1],
    ['2 intervals', {}, 2, 1],
    ['more than 2', {}, 2.01, 2],
    ['3 intervals', {}, 3, 2],
    ['more than 3', {}, 3.01, 3],
    ['all but the longest Master_Down_Interval', {}, 3.99, 3],
    ['longer: it was lost, not late', {}, 4, null],
    ['version 3, 0.3 s: 1.5 intervals', { version: 3, interval: 30 }, 0.45, null],
    ['version 3, 0.3 s: more', { version: 3, interval: 30 }, 0.46, 1],
    ['interval 3 s: not yet', { interval: 300 }, 4.5, null],
  ] as const)('%s', (_, fields, gap, level) => {
    const watched = watch([advert(1, fields), advert(1 + gap, fields)]);
    const events = all(watched, 'vrrp.late_advert');
    expect(events.map(({ details }) => details.level)).toEqual(level === null ? [] : [level]);
    if (level === null) return;
    expect(events[0]).toMatchObject({ frames: [1, 2], subject: { vrid: 51, family: 'ipv4', interface: 'eth0', address: '10.0.0.11' } });
    expect(events[0].text).toContain(`level ${level} of 3`);
  });

  test('in the interval announced before: a change from 3 s to 1 s is none', () => {
    expect(watch([advert(1, { interval: 300 }), advert(4), advert(5)]).kinds).not.toContain('vrrp.late_advert');
  });

  test.each<[string, Frame[]]>([
    ['one that fell silent at a failover', [advert(1), advert(4.65, backup), advert(4.9), advert(5.9)]],
    ['one that resigned and came back', [advert(1), advert(1.5, { priority: 0 }), advert(2.1, backup), advert(4.9), advert(5.9)]],
    ['an advert of another in between put it off', [advert(1), advert(1.9, backup), advert(2.9)]],
    ['a backup that was heard once', [advert(1), advert(1.5, backup), advert(2), advert(3), advert(3.9, backup), advert(4)]],
  ])('near miss: %s', (_, frames) => {
    expect(watch(frames).kinds).not.toContain('vrrp.late_advert');
  });

  test('near miss: two masters hold up each other', () => {
    const frames = [1, 2, 3, 5.5].map((s) => advert(s)).concat([1.5, 2.5, 3.5, 4.5].map((s) => advert(s, backup)));
    expect(watch(frames.sort((a, b) => a.atMicros - b.atMicros)).kinds).toEqual(['vrrp.two_masters']);
  });
});

describe('takeovers', () => {
  /** lb2 was heard before, so it is known to have waited; lb1 preempted it and was heard last at 10 s. */
  const takeover = (gap: number, fields: AdvertFields = {}): Frame[] => [
    advert(1, { ...backup, ...fields }),
    ...[1.5, 2.5, 10].map((seconds) => advert(seconds, fields)),
    advert(10 + gap, { ...backup, ...fields }),
  ];
  const v3: AdvertFields = { version: 3, interval: 100 };

  // Skew of priority 90: (256 - 90) / 256 s = 0.648 s. Latest: 3 + 0.648 + 1 = 4.648 s. In version 3 with 1 s it is the same.
  test.each([
    ['just in time', 4.64, {}, false],
    ['too late', 4.66, {}, true],
    ['just in time, version 3', 4.64, v3, false],
    ['too late, version 3', 4.66, v3, true],
    // Interval 3 s: 3 * 3 + 0.648 + 3 = 12.648 s: the skew of version 2 does not follow the interval.
    ['just in time, 3 s', 12.64, { interval: 300 }, false],
    ['too late, 3 s', 12.66, { interval: 300 }, true],
    // Version 3, 2 s: skew 166 * 2 / 256 = 1.297 s; 6 + 1.297 + 2 = 9.297 s.
    ['just in time, version 3, 2 s', 9.29, { version: 3, interval: 200 }, false],
    ['too late, version 3, 2 s', 9.3, { version: 3, interval: 200 }, true],
  ] as const)('vrrp.slow_takeover after silence: %s', (_, gap, fields, raised) => {
    const watched = watch(takeover(gap, fields));
    expect(all(watched, 'vrrp.master_change').at(-1)?.reason).toBe('no_response');
    expect(watched.kinds.includes('vrrp.slow_takeover')).toBe(raised);
  });

  test.each([
    // Skew 0.648 s and an interval.
    ['just in time', 1.64, false],
    ['too late', 1.66, true],
  ])('vrrp.slow_takeover after a resignation: %s', (_, gap, raised) => {
    const frames = [advert(1, backup), ...[1.5, 2.5].map((s) => advert(s)), advert(3, { priority: 0 }), advert(3 + gap, backup)];
    const watched = watch(frames);
    expect(all(watched, 'vrrp.master_change').at(-1)?.reason).toBe('resigned');
    expect(watched.kinds.includes('vrrp.slow_takeover')).toBe(raised);
    expect(watched.kinds).not.toContain('vrrp.fast_takeover');
  });

  test('a router never heard before may have been started only then: unknown', () => {
    const { monitor, kinds } = watch([advert(1), advert(9, backup)]);
    expect(kinds).not.toContain('vrrp.slow_takeover');
    expect(monitor.anomalies.all.find(({ kind }) => kind === 'vrrp.slow_takeover')).toMatchObject({ check: 'unknown', count: 0 });
  });

  test('unless it listened to the adverts all the time', () => {
    const frames = [igmpQuery(0.1), join(0.5, '224.0.0.18'), advert(1), advert(9, backup)];
    expect(of(watch(frames), 'vrrp.slow_takeover')).toMatchObject({ check: 'raised', firstMicros: at(9) });
    const later = [igmpQuery(0.1), advert(1), join(1.5, '224.0.0.18'), advert(9, backup)];
    expect(watch(later).kinds).not.toContain('vrrp.slow_takeover');
  });

  test('near miss: the same router again', () => {
    expect(watch([advert(1), advert(2), advert(20), advert(21)]).kinds).not.toContain('vrrp.slow_takeover');
  });

  test.each([
    ['after 1.9 intervals', 1.9, true],
    ['after 2 intervals', 2, false],
    ['after 2.9 intervals', 2.9, false],
  ])('vrrp.fast_takeover %s', (_, gap, raised) => {
    const frames = [advert(1, { from: LB1 }), ...[0, 1, 2, 3].map((i) => advert(1 + gap + i, backup))];
    expect(watch(frames, 6).kinds.includes('vrrp.fast_takeover')).toBe(raised);
  });
});
