import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/contract/event.ts';
import type { Bar } from '../../../web/vrrp/lanes.ts';
import { marksOf } from '../../../web/vrrp/marks.ts';
import { eventOfBar, isAbout } from '../../../web/vrrp/router-events.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const range = { fromMillis: NOON, toMillis: NOON + 100_000 };

function event(id: string, second: number, changes: Partial<Event> = {}): Event {
  return {
    id,
    at: new Date(NOON + 1000 * second).toISOString(),
    kind: 'vrrp.master_change',
    severity: 'info',
    text: id,
    subject: { vrid: 51, family: 'ipv4', interface: 'eth0' },
    from: null,
    to: null,
    reason: null,
    gapMs: null,
    details: {},
    frames: [],
    ...changes,
  };
}

describe('marks', () => {
  test('those that would cover each other are one, which shows the worst of them', () => {
    const marks = marksOf([event('late', 50), event('bad', 10.5, { severity: 'critical' }), event('first', 10)], range, 1000);
    expect(marks.map(({ left, event: { id }, ids }) => ({ left, id, ids }))).toEqual([
      { left: 0.1, id: 'bad', ids: ['first', 'bad'] },
      { left: 0.5, id: 'late', ids: ['late'] },
    ]);
  });

  test('the wider the range is drawn, the more of them stand apart', () => {
    expect(marksOf([event('a', 10), event('b', 10.5)], range, 10_000)).toHaveLength(2);
  });

  test('what is outside the range is not drawn', () => {
    expect(marksOf([event('before', -1), event('after', 101)], range, 1000)).toEqual([]);
  });
});

describe('whose event it is', () => {
  const router = { vrid: 51, family: 'ipv4', interface: 'eth0', vlan: null } as const;

  test('the same number on another VLAN, interface or family is another virtual router', () => {
    expect(isAbout(event('a', 1), router)).toBe(true);
    expect(isAbout(event('a', 1), { ...router, vlan: 5 })).toBe(false);
    expect(isAbout(event('a', 1), { ...router, interface: 'eth1' })).toBe(false);
    expect(isAbout(event('a', 1), { ...router, family: 'ipv6' })).toBe(false);
  });

  const bar: Bar = { kind: 'master', fromMillis: NOON + 20_000, toMillis: NOON + 30_000, lasts: false };

  test('a bar tells of the nearest change that names its router', () => {
    const events = [
      event('other', 20, { to: '10.0.0.9' }),
      event('odd', 20, { kind: 'vrrp.ttl', to: '10.0.0.1' }),
      event('mine', 21, { to: '10.0.0.1' }),
      event('later', 90, { from: '10.0.0.1' }),
    ];
    expect(eventOfBar(events, bar, '10.0.0.1')?.id).toBe('mine');
    expect(eventOfBar(events, bar, null)?.id).toBe('other');
    expect(eventOfBar(events, bar, '10.0.0.7')).toBeNull();
  });
});
