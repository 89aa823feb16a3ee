/** How well lvscope itself sees: lost frames and clocks that jump. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import type { CaptureStatus } from '../../../src/contract/capture.ts';
import { createSniffWatch } from '../../../src/sniff-watch.ts';
import { createMonitor } from '../../../src/state/monitor.ts';
import { recordV1 } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { advert, arp, at, sync } from '../../wire-frames.ts';
import { expectReplays } from './replays.ts';

const steps = (frames: Parameters<typeof watch>[0]) => watch(frames).events.filter(({ kind }) => kind === 'sniff.clock_step');

describe('a capture whose time goes back', () => {
  test.each([
    ['by 2.1 s', [advert(0), advert(10), advert(7.9), advert(8.9)], 1],
    ['by 2.0 s, as frames out of order may', [advert(0), advert(10), advert(8), advert(9)], 0],
    ['by an hour, seen by sync', [sync(3600), sync(3601), sync(1)], 1],
    ['twice', [arp(100), arp(50), arp(51), arp(10)], 2],
    ['forward by an hour: silence and a step look the same', [advert(0), advert(3600)], 0],
  ])('%s', (_, frames, count) => {
    expect(steps(frames)).toHaveLength(count);
  });

  test('names both frames and shows it again from them', () => {
    const frames = [advert(0), advert(10), arp(11), advert(2)];
    expect(steps(frames)[0]).toMatchObject({ frames: [3, 4], text: 'frame 4 is 9.0 s older than frame 3, which came before it' });
    expectReplays(frames, 'sniff.clock_step');
  });
});

describe('a capture that keeps too little of its frames', () => {
  /** As `tcpdump -s` keeps it. */
  const kept = (frame: Frame, octets: number): Frame => ({ ...frame, bytes: frame.bytes.slice(0, octets) });
  const two = sync(0, { records: [recordV1(), recordV1({ clientPort: 2000 })] });
  const whole = two.bytes.length;

  test.each([
    ['a record of sync that is cut', [kept(two, whole - 1)], [`of frame 1, the capture kept ${whole - 1} of ${whole} octets`]],
    ['an advert that is cut', [advert(0), kept(advert(1), 40)], ['of frame 2, the capture kept 40 of 54 octets']],
    ['a whole one', [two], []],
    ['a whole datagram, of whose padding some is not kept', [{ ...two, originalLength: whole + 4 }], []],
  ])('%s', (_, frames, texts) => {
    const found = watch(frames).anomalies.filter(({ kind }) => kind === 'sniff.cut');
    expect(found.map(({ text }) => text)).toEqual(texts);
    if (texts.length > 0) expectReplays(frames, 'sniff.cut');
  });

  test('nothing of it is entered; it is over when nothing was cut for a minute', () => {
    const { monitor, anomalies } = watch([kept(two, whole - 1)], 62);
    expect([monitor.sessions.counters.records, [...monitor.counters.faults]]).toEqual([0, [['ipv4.cut', 1]]]);
    expect(anomalies.filter(({ kind }) => kind === 'sniff.cut')).toMatchObject([{ check: 'clear', count: 1 }]);
  });
});

const CAPTURE: CaptureStatus = {
  id: 'eth0',
  kind: 'pcap',
  interface: 'eth0',
  up: true,
  packets: 0,
  octets: 0,
  dropped: { kernel: 0, interface: 0, queue: null },
  restarts: {},
  lastPacket: null,
  since: null,
  blind: [],
  cannotSee: [],
};
const moment = (seconds: number, step = 0) => ({ wallMicros: at(seconds + step), steadyMicros: seconds * 1e6 });

function sniffed() {
  const monitor = createMonitor({ maxSessions: 10, trackChanges: false });
  const look = createSniffWatch(monitor);
  return { monitor, look, kinds: () => monitor.events.recent.map(({ kind }) => kind) };
}

describe('lost frames', () => {
  const lost = (kernel: number | null, queue: number | null = null, id = 'eth0') => ({
    ...CAPTURE,
    id,
    interface: id,
    dropped: { kernel, interface: 900, queue },
  });

  test('are told when the counter grows, each interface by itself, and end when it does not', () => {
    const { monitor, look, kinds } = sniffed();
    look([lost(0), lost(null, 0, 'eth1')], moment(0));
    expect(kinds()).toEqual([]);
    look([lost(7), lost(null, 2, 'eth1')], moment(1));
    look([lost(9), lost(null, 2, 'eth1')], moment(2));
    look([lost(9), lost(null, 2, 'eth1')], moment(3));
    expect(monitor.anomalies.all).toMatchObject([
      { kind: 'sniff.drops', subject: { interface: 'eth0' }, count: 2, lastMicros: at(2), check: 'raised' },
      { kind: 'sniff.drops', subject: { interface: 'eth1' }, count: 1, lastMicros: at(1), check: 'raised' },
    ]);
    expect(monitor.anomalies.all[0].text).toContain('2 more frames were lost on eth0: 9 by the kernel');
    monitor.anomalies.advance(at(62));
    expect(monitor.anomalies.all.map(({ check }) => check)).toEqual(['clear', 'clear']);
  });

  test('are not known of a recording, and a counter that begins anew is no loss', () => {
    const { look, kinds } = sniffed();
    look([lost(null)], moment(0));
    expect(kinds()).toEqual([]);
    look([lost(5)], moment(1));
    look([lost(1)], moment(2));
    expect(kinds()).toEqual(['sniff.drops']);
  });
});

describe('the clock of the machine', () => {
  test.each([
    ['set forward by 3 s', 3, 1],
    ['set back by 3 s', -3, 1],
    ['within 2 s', 1.9, 0],
  ])('%s', (_, step, count) => {
    const { look, kinds } = sniffed();
    for (const [seconds, shift] of [
      [0, 0],
      [1, 0],
      [2, step],
      [3, step],
    ])
      look([], moment(seconds, shift));
    expect(kinds()).toEqual(new Array(count).fill('sniff.clock_step'));
  });

  test('a tick that comes late is no step', () => {
    const { look, kinds } = sniffed();
    for (const seconds of [0, 1, 90]) look([], moment(seconds));
    expect(kinds()).toEqual([]);
  });
});

describe('silence while nobody listened', () => {
  const kindsAfter = (captures: readonly CaptureStatus[], from: ReturnType<typeof moment>, to: ReturnType<typeof moment>) => {
    const { monitor } = watch([advert(0), advert(1)]);
    const look = createSniffWatch(monitor);
    look([CAPTURE], from);
    look(captures, to);
    monitor.advance(to.wallMicros);
    const lost = () => monitor.events.recent.filter(({ kind }) => kind === 'vrrp.master_lost').length;
    const atOnce = lost();
    monitor.advance(to.wallMicros + 5e6);
    return [atOnce, lost()];
  };

  test.each([
    ['the interface was down', [{ ...CAPTURE, up: false }], moment(4), moment(5), [0, 1]],
    ['another interface was down', [CAPTURE, { ...CAPTURE, id: 'eth1', interface: 'eth1', up: false }], moment(4), moment(5), [1, 1]],
    ['this program stood still', [CAPTURE], moment(1), moment(9), [0, 1]],
    ['the machine slept, or its clock was set forward', [CAPTURE], moment(1), moment(1.1, 600), [0, 1]],
    ['all was well', [CAPTURE], moment(4.9), moment(5), [1, 1]],
  ])('no master is lost by it: %s', (_, captures, from, to, lost) => {
    expect(kindsAfter(captures, from, to)).toEqual(lost);
  });
});
