import { describe, expect, test } from 'vitest';
import { lengthText } from '../../../web/parts/text.ts';
import { cut, fractionAt, isHeld, panned, queryOf, rangeOf, type TimeRange, ticksOf, tickText, zoomed } from '../../../web/vrrp/range.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const MINUTE = 60_000;
const hour: TimeRange = { fromMillis: NOON - 60 * MINUTE, toMillis: NOON };

describe('the range that an address asks for', () => {
  test('without more said, the last five minutes', () => {
    expect(rangeOf({}, NOON, 0)).toEqual({ fromMillis: NOON - 5 * MINUTE, toMillis: NOON });
  });

  test('an hour, and it ends now', () => {
    expect(rangeOf({ span: '1h' }, NOON, 0)).toEqual(hour);
  });

  test('of 40 seconds that are known a minute is shown', () => {
    expect(rangeOf({ span: '6h' }, NOON, NOON - 40_000)).toEqual({ fromMillis: NOON - MINUTE, toMillis: NOON });
  });

  test('what was zoomed to stands as time goes on, and is what is written to the address', () => {
    const query = queryOf(hour);
    expect(query).toEqual({ from: '2026-11-21T11:00:00.000Z', to: '2026-11-21T12:00:00.000Z' });
    expect(rangeOf({ ...query, span: '5m' }, NOON + 30 * MINUTE, NOON)).toEqual(hour);
  });

  test.each([{}, { from: '2026-11-21T11:00:00Z' }, { from: 'x', to: 'y' }, { from: '2026-11-21T12:00:00Z', to: '2026-11-21T11:00:00Z' }])(
    '%j holds nothing',
    (query) => expect(isHeld(query)).toBe(false),
  );
});

describe('zoom and pan', () => {
  test('what is under the pointer stays there', () => {
    const closer = zoomed(hour, 0.5, 0.25);
    expect(closer).toEqual({ fromMillis: NOON - 52.5 * MINUTE, toMillis: NOON - 22.5 * MINUTE });
    expect(fractionAt(closer, NOON - 45 * MINUTE)).toBe(0.25);
  });

  test('never less than a second, never more than a day', () => {
    const least = zoomed(hour, 1e-9, 0.5);
    expect(least.toMillis - least.fromMillis).toBe(1000);
    const most = zoomed(hour, 1e9, 0.5);
    expect(most.toMillis - most.fromMillis).toBe(24 * 60 * MINUTE);
  });

  test('a part drawn from right to left is the same part', () => {
    const part = { fromMillis: NOON - 45 * MINUTE, toMillis: NOON - 30 * MINUTE };
    expect(cut(hour, 0.25, 0.5)).toEqual(part);
    expect(cut(hour, 0.5, 0.25)).toEqual(part);
  });

  test('back as far as one likes, ahead until the future fills half', () => {
    expect(panned(hour, -2, NOON)).toEqual({ fromMillis: NOON - 180 * MINUTE, toMillis: NOON - 120 * MINUTE });
    expect(panned(hour, 9, NOON)).toEqual({ fromMillis: NOON - 30 * MINUTE, toMillis: NOON + 30 * MINUTE });
  });
});

describe('the axis', () => {
  test('an hour with room for eight labels has one each ten minutes', () => {
    const { stepMillis, times } = ticksOf(hour, 8);
    expect(stepMillis).toBe(10 * MINUTE);
    expect(times.map((time) => tickText(time, stepMillis, 'UTC'))).toEqual(['11:00', '11:10', '11:20', '11:30', '11:40', '11:50', '12:00']);
  });

  test('labels are as exact as their distance', () => {
    expect(tickText(NOON + 1234, 2000, 'UTC')).toBe('12:00:01');
    expect(tickText(NOON + 1234, 200, 'UTC')).toBe('12:00:01.2');
    expect(tickText(NOON + 1234, 0, 'UTC')).toBe('12:00:01.234');
  });

  test.each([
    [649, '649 ms'],
    [3648, '3.65 s'],
    [185_000, '3m05s'],
  ])('%d ms are %s', (millis, text) => expect(lengthText(millis)).toBe(text));
});
