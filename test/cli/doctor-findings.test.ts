/** What the doctor makes of counts and clocks that no test can bring about on a real machine. */
import { expect, test } from 'vitest';
import { captureFindings } from '../../src/cli/doctor/capture.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { groupFindings } from '../../src/cli/doctor/groups.ts';
import type { Heard } from '../../src/cli/doctor/listen.ts';
import { syncFindings } from '../../src/cli/doctor/sync.ts';
import { newTally, type SyncFlow } from '../../src/cli/doctor/tally.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import { watch } from '../watched.ts';
import { arp, igmpQuery, igmpReport, sync } from '../wire-frames.ts';

const CAPTURE: CaptureStatus = {
  id: 'eth0',
  kind: 'pcap',
  interface: 'eth0',
  up: true,
  packets: 100,
  octets: 10_000,
  dropped: { kernel: 0, interface: 0, queue: 0 },
  restarts: {},
  lastPacket: null,
  since: null,
  blind: [],
  cannotSee: [],
};

function heard(changes: Partial<Heard> = {}): Heard {
  return {
    interfaces: ['eth0'],
    sync: [parseSyncChannel(DEFAULT_SYNC)],
    join: true,
    seconds: 10,
    capture: 'pcap',
    monitor: watch([arp(0)]).monitor,
    captures: [CAPTURE],
    tally: { ...newTally(), frames: new Map([['eth0', 100]]) },
    beforeSeconds: 4,
    groups: ['224.0.0.81'],
    heldBefore: new Set(),
    notJoined: new Map(),
    promiscuous: new Set(['eth0']),
    stepMicros: 0,
    ...changes,
  };
}

const told = (findings: readonly Finding[]): string[] => findings.map(({ severity, kind, text }) => `${severity} ${kind} ${text}`);

test('a capture that lost nothing, and a clock within half a second', () => {
  const tally = { ...newTally(), aheadMicros: 499_999 };
  expect(told(captureFindings(heard({ stepMicros: -499_999, tally })))).toEqual([
    'ok capture.whole eth0: 100 frames in 10 s, none lost',
    'ok clock.steady the clock went on evenly, and no frame was ahead of it',
  ]);
});

test('lost frames, by where', () => {
  const captures = [{ ...CAPTURE, dropped: { kernel: 5, interface: 0, queue: 2 } }];
  expect(told(captureFindings(heard({ captures })))[0]).toBe(
    'warning capture.lost eth0: 100 frames in 10 s, lost: 5 by the kernel, 2 by the queue',
  );
});

test('a clock that was set, and frames from the future', () => {
  const tally = { ...newTally(), aheadMicros: 700_000 };
  expect(told(captureFindings(heard({ stepMicros: -3_000_000, tally }))).slice(1)).toEqual([
    'warning clock.step the clock was set back by 3.0 s',
    'warning clock.frames_ahead frames are up to 0.7 s ahead of the clock',
  ]);
});

test('an interface that refuses to be promiscuous', () => {
  expect(told(captureFindings(heard({ promiscuous: new Set() })))).toContain(
    'info capture.not_promiscuous eth0 was not promiscuous while it was listened to',
  );
});

const { monitor: synced } = watch([sync(0)]);

function flowKinds(flow: Pick<SyncFlow, 'before' | 'after'>, changes: Partial<Heard> = {}): string[] {
  const tally = { ...newTally(), sync: [{ interface: 'eth0', group: '224.0.0.81', ...flow }] };
  const findings = syncFindings(heard({ monitor: synced, tally, ...changes }));
  return findings.filter(({ kind }) => kind !== 'sync.heard').map(({ severity, kind }) => `${severity} ${kind}`);
}

test('what the join changed tells of the switch', () => {
  expect(flowKinds({ before: 3, after: 4 })).toEqual(['ok sync.before_join']);
  expect(flowKinds({ before: 0, after: 4 })).toEqual(['info sync.only_after_join']);
  expect(flowKinds({ before: 3, after: 0 })).toEqual(['warning sync.only_before_join']);
});

test('it tells nothing where nothing was joined, or by another program before', () => {
  expect(flowKinds({ before: 0, after: 4 }, { heldBefore: new Set(['eth0 224.0.0.81']) })).toEqual([]);
  expect(flowKinds({ before: 3, after: 0 }, { notJoined: new Map([['eth0', ['224.0.0.81: no']]]) })).toEqual([]);
  expect(flowKinds({ before: 3, after: 0 }, { join: false })).toEqual([]);
});

test('a group that hosts have joined may be that of the daemons', () => {
  const { monitor } = watch([igmpReport(0, [['to_ex', '239.9.9.9']]), igmpReport(1, [['to_ex', '224.0.0.251']])]);
  const [silent] = syncFindings(heard({ monitor }));
  expect(silent.kind).toBe('sync.silent');
  expect(silent.advice.filter((step) => step.startsWith('hosts here'))).toEqual([
    'hosts here have joined 239.9.9.9: if one of these is the group, add it with --sync',
  ]);
});

test("a querier, with its own times or RFC 3376's", () => {
  const { monitor } = watch([igmpQuery(0)]);
  expect(told(groupFindings(heard({ monitor })))[0]).toMatch(
    /^ok group\.querier 10\.0\.0\.50 asks on eth0, IGMPv3, every 125 s; who does not answer is forgotten after 260 s$/,
  );
});
