import { expect, test } from 'vitest';
import { clockText, countText, durationText, endpointText, expireText, rateText, secondsUntil } from '../../../web/parts/text.ts';

// ipvsadm -Lnc of a real director: shared/captures/lab, nat-v0 and ipv6-v1.
test.each([
  [{ address: '10.99.0.100', port: 80 }, '10.99.0.100:80'],
  [{ address: 'fd00:99::100', port: 80 }, '[fd00:99::100]:80'],
  [{ address: '::', port: 0 }, '[::]:0'],
])('endpoint %j is %s', (endpoint, text) => expect(endpointText(endpoint)).toBe(text));

// ipvsadm prints "%02d:%02d" of whole minutes and seconds; hours do not exist there.
test.each([
  [0, '00:00'],
  [59, '00:59'],
  [60, '01:00'],
  [899, '14:59'],
  [3600, '60:00'],
  [360_000, '6000:00'],
])('%i seconds left are %s', (seconds, text) => expect(expireText(seconds)).toBe(text));

test.each([
  [10_000, 9_000, 1],
  [10_000, 9_001, 0],
  [10_000, 10_000, 0],
  [10_000, 99_000, 0],
])('until %i it is from %i whole seconds: %i', (millis, now, seconds) => expect(secondsUntil(millis, now)).toBe(seconds));

test.each([
  [0.9, '0s'],
  [59.9, '59s'],
  [60, '1m00s'],
  [185, '3m05s'],
  [3599, '59m59s'],
  [7800, '2h10m'],
  [86_400, '1d00h'],
  [356_400, '4d03h'],
  [-5, '0s'],
])('%d seconds last %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1 000'],
  [1_234_567, '1 234 567'],
])('%i is counted %s', (count, text) => expect(countText(count).replaceAll('\u202f', ' ')).toBe(text));

test.each([
  [0, '0'],
  [-1, '0'],
  [0.001, '<0.1'],
  [0.1, '0.1'],
  [9.94, '9.9'],
  [9.95, '10'],
  [1234.4, '1 234'],
])('a rate of %d is %s', (rate, text) => expect(rateText(rate).replaceAll('\u202f', ' ')).toBe(text));

// The recordings' own second: date -u -d @1795234186 gives 2026-11-21 04:09:46; in Kathmandu it is 5:45 later.
test.each([
  [1_795_234_186_000, 1_795_234_190_000, 'UTC', '04:09:46'],
  [1_795_234_186_000, 1_795_234_190_000, 'Asia/Kathmandu', '09:54:46'],
  [1_795_234_186_000, 1_795_320_586_000, 'UTC', '2026-11-21 04:09:46'],
])('%i seen at %i in %s is %s', (millis, now, zone, text) => expect(clockText(millis, now, zone)).toBe(text));
