/** Virtual routers that belong together: version 2 with 1 s, so the longest Master_Down_Interval is 3.996 s (RFC 3768 section 6.1). */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { type Watched, watch, watchRecording } from '../../watched.ts';
import { type AdvertFields, advert, at, LB1, LB2 } from '../../wire-frames.ts';

const split = ({ anomalies }: Watched) => anomalies.filter(({ kind }) => kind === 'vrrp.group_split');

/** Another segment, where the same two routers have other addresses and MACs. */
const INSIDE = {
  A: { address: '10.1.0.11', mac: '02:99:00:00:01:0b' },
  B: { address: '10.1.0.12', mac: '02:99:00:00:01:0c' },
};
const OUTSIDE: typeof INSIDE = { A: LB1, B: LB2 };

/**
 * Adverts every second of whoever is master; each letter is a master for `step` seconds, and a change is a resignation taken
 * up after half a second, at the next letter.
 */
function life(masters: string, who: typeof INSIDE, fields: AdvertFields, offset: number, step: number): Frame[] {
  const frames: Frame[] = [];
  for (let i = 0; i < masters.length; i++) {
    const from = masters[i] === 'A' ? who.A : who.B;
    for (let s = 0; s < step; s++) frames.push(advert(offset + i * step + s, { ...fields, from, priority: from === who.A ? 100 : 90 }));
    const changes = i + 1 < masters.length && masters[i + 1] !== masters[i];
    if (changes) frames.push(advert(offset + (i + 1) * step - 0.5, { ...fields, from, priority: 0 }));
  }
  return frames;
}

function together(outside: string, inside: string, offset = 0.2, step = 20): Frame[] {
  const two = life(inside, INSIDE, { vrid: 52, vlan: 7, addresses: ['10.1.0.100'] }, offset, step);
  return [...life(outside, OUTSIDE, {}, 0, step), ...two].sort((a, b) => a.atMicros - b.atMicros);
}

describe('vrrp.group_split after joint moves, on two segments', () => {
  test('one moves, the other stays: raised three Master_Down_Intervals later', () => {
    const watched = watch(together('ABABB', 'ABAAA'), 90);
    expect(split(watched)).toMatchObject([{ check: 'raised', subject: { vrid: 51, family: 'ipv4', interface: 'eth0' } }]);
    // Moved at 60 s; 3 * 3.996 = 11.99 s later, at a whole second.
    expect(split(watched)[0].firstMicros).toBe(at(72));
    for (const part of ['VRID 51', '10.0.0.12', 'VRID 52', '10.1.0.11', 'moved together 2 times'])
      expect(split(watched)[0].text).toContain(part);
  });

  test.each<[string, string, string, number]>([
    ['always together', 'ABABAB', 'ABABAB', 140],
    ['moved together only once', 'ABAA', 'ABBB', 100],
    ['parted for less than three Master_Down_Intervals', 'ABAB', 'ABAA', 71.9],
    ['it has no master', 'ABABBB', 'ABA', 140],
  ])('near miss: %s', (_, outside, inside, until) => {
    const frames = together(outside, inside).filter(({ atMicros }) => atMicros < at(until));
    expect(split(watch(frames, until))).toEqual([]);
  });

  // The letters are 8 s long, two Master_Down_Intervals.
  test.each([
    ['the other follows late', 'ABABBBB', 'ABAABBB'],
    ['the one is back soon', 'ABABAAA', 'ABAAAAA'],
  ])('near miss: %s', (_, outside, inside) => {
    expect(split(watch(together(outside, inside, 0.2, 8), 56))).toEqual([]);
  });

  test('near miss: they never moved at the same time', () => {
    expect(split(watch(together('ABABB', 'ABABB', 5), 120))).toEqual([]);
  });

  test.each([
    ['the one comes back', 'ABABBA', 'ABAAAA'],
    ['the other follows', 'ABABBB', 'ABAAAB'],
  ])('ends when %s', (_, outside, inside) => {
    expect(split(watch(together(outside, inside), 120))).toMatchObject([{ check: 'clear' }]);
  });
});

describe('vrrp.group_split of one router’s VRIDs', () => {
  /** VRID 51 is given up and goes to lb2 after so many seconds, VRID 52 stays; adverts each third second. */
  function parting(seconds: number, fields: AdvertFields, resigns = true): Frame[] {
    const both: Frame[] = [];
    for (let s = 0; s < seconds + 15; s += 3) {
      both.push(advert(s + 0.1, { vrid: 52, addresses: ['10.0.0.101'], ...fields }));
      if (s <= seconds) both.push(advert(s, {}));
      if (s === seconds && resigns) both.push(advert(s + 0.2, { priority: 0 }));
      if (s >= seconds) both.push(advert(s + 0.5, { from: LB2, priority: resigns ? 90 : 110 }));
    }
    return both;
  }

  test.each([
    ['the same master for 600 s', 603, {}, true],
    ['for less', 594, {}, false],
    ['never the same one', 603, { from: LB2 }, false],
    ['the same one by its MAC, on another VLAN', 603, { from: { address: '10.1.0.11', mac: LB1.mac }, vlan: 7 }, true],
    ['another one on another VLAN', 603, { from: { address: '10.0.0.11', mac: '02:99:00:00:01:0b' }, vlan: 7 }, false],
  ])('%s', (_, seconds, fields, raised) => {
    expect(split(watch(parting(seconds, fields), seconds + 15)).length > 0).toBe(raised);
  });

  test('near miss: the other one of two that share the work takes its own back', () => {
    expect(split(watch(parting(603, {}, false), 618))).toEqual([]);
  });
});

test.each(['vrrp-zoo', 'dr-v1-failover', 'ipv6-v1', 'active-active', 'tunnel-udp-vlan', 'misconfigured'])('%s: none', (name) => {
  expect(split(watchRecording(join(FIXTURES, 'captures', `${name}.pcap`)))).toEqual([]);
});
