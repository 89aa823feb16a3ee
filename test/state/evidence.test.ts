/** Which frames are kept for an event, and for how long. */
import { describe, expect, test } from 'vitest';
import type { Dissection, Frame } from '../../dissectors/dissect.ts';
import type { Layer } from '../../dissectors/registry.ts';
import type { MonitorEvent } from '../../src/state/events.ts';
import { Evidence } from '../../src/state/evidence.ts';
import { FrameRing } from '../../src/state/frame-ring.ts';
import { watch } from '../watched.ts';
import { advert, arp, at, LB1, LB2 } from '../wire-frames.ts';

const frame = (seconds: number, length: number, fill = 0): Frame => ({
  bytes: new Uint8Array(length).fill(fill),
  linkType: 1,
  atMicros: at(seconds),
  originalLength: length,
});

describe('the ring of frames', () => {
  test('gives what it was given, in its own copy', () => {
    const ring = new FrameRing(4, 100);
    const given = frame(1, 10, 7);
    ring.add({ ...given, originalLength: 60 }, 5, 'eth0', null);
    given.bytes.fill(0);
    const bytes = new Uint8Array(10).fill(7);
    expect(ring.find(5)).toEqual({ number: 5, atMicros: at(1), linkType: 1, originalLength: 60, bytes, interface: 'eth0' });
    expect(ring.find(4)).toBeNull();
    expect(ring.find(6)).toBeNull();
  });

  test('bounded in frames: the oldest goes', () => {
    const ring = new FrameRing(3, 1000);
    for (let number = 1; number <= 4; number++) ring.add(frame(number, 10), number * 10, null, null);
    expect([10, 20, 30, 40].map((number) => ring.find(number) !== null)).toEqual([false, true, true, true]);
  });

  test('bounded in octets: what is overwritten is gone, what is not is whole', () => {
    const ring = new FrameRing(100, 100);
    // 40 + 40, then 40 that do not fit before the end: they overwrite the first.
    for (let number = 1; number <= 3; number++) ring.add(frame(number, 40, number), number, null, null);
    expect(ring.find(1)).toBeNull();
    expect(ring.find(2)?.bytes).toEqual(new Uint8Array(40).fill(2));
    expect(ring.find(3)?.bytes).toEqual(new Uint8Array(40).fill(3));
    ring.add(frame(4, 100, 4), 4, null, null);
    expect([1, 2, 3, 4].map((number) => ring.find(number)?.bytes[99] ?? null)).toEqual([null, null, null, 4]);
    expect(ring.add(frame(5, 101), 5, null, null)).toBeNull();
    expect(ring.find(4)).not.toBeNull();
  });

  test('however frames and sizes fall, the newest are whole and nothing else is given', () => {
    const ring = new FrameRing(7, 97);
    for (let number = 1; number <= 500; number++) {
      const length = (number * 31) % 53;
      ring.add(frame(number, length, number % 251), number, null, null);
      expect(ring.find(number)?.bytes).toEqual(new Uint8Array(length).fill(number % 251));
      for (let older = Math.max(1, number - 9); older < number; older++) {
        const found = ring.find(older);
        if (found) expect(found.bytes).toEqual(new Uint8Array((older * 31) % 53).fill(older % 251));
        if (found) expect(number - older).toBeLessThan(7);
      }
    }
  });

  test('fragments are found with each other, and by the moment', () => {
    const ring = new FrameRing(8, 1000);
    ['a', 'b', 'a', null, 'a'].forEach((datagram, i) => {
      ring.add(frame(i, 8), i + 1, null, datagram);
    });
    expect(ring.fragments(5)).toEqual([1, 3, 5]);
    expect(ring.fragments(4)).toEqual([4]);
    expect(ring.at(at(2))).toBe(3);
    expect(ring.at(at(9))).toBeNull();
  });
});

const dissection = (layers: readonly Layer[], rest: Partial<Dissection> = {}): Dissection => ({
  layers,
  fault: null,
  notes: [],
  secrets: [],
  ...rest,
});
const ARP = dissection([{ protocol: 'arp' } as Layer]);
const IPVS = dissection([{ protocol: 'ipvs' } as Layer]);
const event = (id: string, seconds: number, frames: readonly number[]): MonitorEvent => ({
  id,
  atMicros: at(seconds),
  kind: 'vrrp.master_lost',
  severity: 'info',
  text: '',
  subject: {},
  from: null,
  to: null,
  reason: null,
  gapMs: null,
  details: {},
  frames,
});
const numbers = (evidence: Evidence, id: string): number[] => evidence.recent(id).map(({ number }) => number);

describe('what is kept for an event', () => {
  test('the frames it cites, as long as they are remembered, in order', () => {
    const evidence = new Evidence();
    for (let n = 1; n <= 3; n++) evidence.offer(frame(n, 60), ARP, n, 'eth0');
    evidence.keep(event('e', 3, [3, 1, 99]));
    expect(numbers(evidence, 'e')).toEqual([1, 3]);
    expect(evidence.takeFresh()).toMatchObject([{ eventId: 'e', frames: [{ number: 1 }, { number: 3 }] }]);
    expect(evidence.takeFresh()).toEqual([]);
  });

  test('sync cannot push out the frames of other protocols', () => {
    const evidence = new Evidence();
    evidence.offer(frame(0, 60), ARP, 1, null);
    for (let n = 2; n <= 10_000; n++) evidence.offer(frame(1, 1400), IPVS, n, null);
    evidence.keep(event('e', 1, [1, 2, 10_000]));
    expect(numbers(evidence, 'e')).toEqual([1, 10_000]);
  });

  test('a silence is shown by the next frame of its interface', () => {
    const evidence = new Evidence();
    evidence.offer(frame(0, 60), ARP, 1, 'eth0');
    evidence.silence(at(4));
    evidence.keep(event('e', 3.5, [1]));
    expect(numbers(evidence, 'e')).toEqual([1]);
    evidence.offer(frame(4.5, 60), ARP, 2, 'eth1');
    evidence.offer(frame(3.9, 60), ARP, 3, 'eth0');
    expect(numbers(evidence, 'e')).toEqual([1]);
    evidence.offer(frame(4.6, 60), ARP, 4, 'eth0');
    evidence.offer(frame(4.7, 60), ARP, 5, 'eth0');
    expect(numbers(evidence, 'e')).toEqual([1, 4]);
    expect(evidence.takeFresh().map(({ frames }) => frames.map((f) => f.number))).toEqual([[1], [4]]);
  });

  test('what may be part of a secret is not kept at all', () => {
    const evidence = new Evidence();
    evidence.offer(frame(0, 60), dissection([{ protocol: 'vrrp' } as Layer], { secrets: null }), 1, null);
    evidence.keep(event('e', 0, [1]));
    expect(numbers(evidence, 'e')).toEqual([]);
  });

  test.each(['ipv4', 'ipv6'] as const)('a datagram put together from %s fragments brings all of them', (protocol) => {
    const evidence = new Evidence();
    const part = (id: number, more: boolean, ...behind: Layer[]) => {
      const fragment = { offset: more ? 0 : 1480, more, id };
      return dissection([{ protocol, source: 1, destination: 2, id, fragment } as unknown as Layer, ...behind]);
    };
    evidence.offer(frame(1, 1500), part(7, true), 1, null);
    evidence.offer(frame(1, 1500), part(8, true), 2, null);
    evidence.offer(frame(1, 500), part(7, false, { protocol: 'ipvs' } as Layer), 3, null);
    evidence.keep(event('e', 1, [3]));
    expect(numbers(evidence, 'e')).toEqual([1, 3]);
  });

  test('memory holds the frames of the newest events only', () => {
    const evidence = new Evidence();
    evidence.offer(frame(0, 60), ARP, 1, null);
    for (let n = 0; n <= 600; n++) evidence.keep(event(`e${n}`, 0, [1]));
    expect(numbers(evidence, 'e0')).toEqual([]);
    expect(numbers(evidence, 'e600')).toEqual([1]);
  });
});

test('a master that falls silent at the end of the capture: its adverts and the frame that shows the time', () => {
  const adverts = [0, 1, 2, 3].map((s) => advert(s, { from: LB1 }));
  const { monitor, events } = watch([...adverts, arp(9, { from: LB2 })]);
  const lost = events.find(({ kind }) => kind === 'vrrp.master_lost');
  expect(lost?.frames).not.toContain(5);
  expect(numbers(monitor.evidence, lost?.id ?? '').at(-1)).toBe(5);
});
