/** The list of anomalies: what it holds in which order, and what it says of rules that a capture cannot check. */
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../dissectors/dissect.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { AnomalySchema, anomaliesOf, blindnessOf } from '../../src/contract/anomaly.ts';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import { statusOf } from '../../src/contract/status.ts';
import { createPipeline } from '../../src/pipeline.ts';
import type { Expected } from '../../src/state/expected.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import type { Rule, Sight } from '../../src/state/rule.ts';
import { RULES } from '../../src/state/rules/all.ts';
import { CAPTURE } from '../http/serving.ts';
import { watch } from '../watched.ts';
import { advert, at, HOST, LB1, LB2, sync } from '../wire-frames.ts';

const newMonitor = (expected: Expected | null = null): Monitor => createMonitor({ maxSessions: 100, trackChanges: false, expected });

/** Three rules of three severities. */
const [critical, warning, info] = (['critical', 'warning', 'info'] as const).map((severity) => {
  const rule = RULES.find((one) => one.severity === severity && one.form === undefined);
  if (!rule) throw new Error(`no rule is ${severity}`);
  return rule;
});

const find = (monitor: Monitor, rule: Rule, seconds: number, vrid: number) =>
  monitor.anomalies.raise(rule, { atMicros: at(seconds), subject: { vrid }, text: `found at ${seconds}`, frames: [1] });

/** `check kind vrid`. */
const brief = (monitor: Monitor): string[] =>
  anomaliesOf(monitor, [CAPTURE])
    .filter(({ subject }) => subject.vrid !== undefined)
    .map(({ check, kind, subject }) => `${check} ${kind} ${subject.vrid}`);

describe('the order', () => {
  test('is: raised, the gravest first, of equals the oldest; ended, the latest first; not to be told', () => {
    const monitor = newMonitor();
    const { anomalies } = monitor;
    anomalies.unknown(critical, { vrid: 1 }, 'because');
    find(monitor, info, 1, 2);
    find(monitor, warning, 2, 3);
    find(monitor, warning, 3, 4);
    find(monitor, critical, 4, 5);
    find(monitor, critical, 5, 6);
    anomalies.clear(critical, { vrid: 6 }, at(6));
    find(monitor, info, 5, 7);
    anomalies.clear(info, { vrid: 7 }, at(7));
    expect(brief(monitor)).toEqual([
      `raised ${critical.kind} 5`,
      `raised ${warning.kind} 3`,
      `raised ${warning.kind} 4`,
      `raised ${info.kind} 2`,
      `clear ${info.kind} 7`,
      `clear ${critical.kind} 6`,
      `unknown ${critical.kind} 1`,
    ]);
    expect(statusOf(monitor, at(8)).anomalies).toEqual({ critical: 1, warning: 2, info: 1 });
  });

  test('has no place for what was never found and can be told', () => {
    const monitor = newMonitor();
    monitor.anomalies.unknown(warning, { vrid: 1 }, 'because');
    monitor.anomalies.known(warning, { vrid: 1 });
    expect(brief(monitor)).toEqual([]);
  });
});

test('an anomaly has its times, its count, and the words of its rule', () => {
  const monitor = newMonitor();
  find(monitor, warning, 1, 51);
  find(monitor, warning, 2.5, 51);
  const [anomaly] = anomaliesOf(monitor, []);
  expect(anomaly).toEqual({
    id: `${warning.kind}-1`,
    kind: warning.kind,
    severity: 'warning',
    firstSeen: '2026-11-21T00:00:01.000000Z',
    lastSeen: '2026-11-21T00:00:02.500000Z',
    endedAt: null,
    count: 2,
    subject: { vrid: 51 },
    text: 'found at 2.5',
    meaning: warning.meaning,
    advice: warning.advice,
    check: 'raised',
    eventId: null,
  });
});

test('the event that told of it can be asked for', () => {
  const { monitor } = watch([advert(0), advert(1), advert(2, { from: HOST, ttl: 64 })]);
  const anomaly = anomaliesOf(monitor, []).find(({ kind }) => kind === 'vrrp.ttl');
  expect(anomaly?.subject.address).toBe(HOST.address);
  expect(monitor.events.recent.find(({ id }) => id === anomaly?.eventId)?.kind).toBe('vrrp.ttl');
});

/** What a way of capturing gives: an Ethernet frame, the same without its link layer (LINKTYPE_RAW, 101), or payload only. */
const HEADERS_SEEN = true;
function captured(frame: Frame | null, headersSeen: boolean, expected: Expected | null = null): Monitor {
  const monitor = newMonitor(expected);
  const enter = createPipeline({ monitor, syncChannels: [parseSyncChannel(DEFAULT_SYNC)], headersSeen });
  if (frame) enter({ ...frame, number: 1, interface: 'eth0' });
  return monitor;
}
const raw = (frame: Frame): Frame => ({ ...frame, bytes: frame.bytes.slice(14), linkType: 101, originalLength: frame.bytes.length - 14 });

const NOTHING_EXPECTED: Expected = { routers: [], trusted: [] };
const UDP: CaptureStatus = { ...CAPTURE, kind: 'udp' };
const FILE: CaptureStatus = { ...CAPTURE, kind: 'file' };

/** [what is captured, the monitor, where it comes from, what it lacks]; the other sights it has. */
const CAPTURES: [string, Monitor, CaptureStatus[], Sight[]][] = [
  ['a live port', captured(advert(0), HEADERS_SEEN, NOTHING_EXPECTED), [CAPTURE], []],
  ['a live port, nothing expected', captured(advert(0), HEADERS_SEEN), [CAPTURE], ['expected']],
  ['a recording', captured(advert(0), HEADERS_SEEN, NOTHING_EXPECTED), [FILE], ['live']],
  ['a replay', captured(advert(0), HEADERS_SEEN, NOTHING_EXPECTED), [], ['live']],
  ['plain sockets', captured(raw(sync(0)), !HEADERS_SEEN, NOTHING_EXPECTED), [UDP], ['network', 'link']],
  ['frames without a link layer', captured(raw(advert(0)), HEADERS_SEEN, NOTHING_EXPECTED), [CAPTURE], ['link']],
  ['nothing yet', captured(null, HEADERS_SEEN, NOTHING_EXPECTED), [CAPTURE], ['network', 'link']],
];

describe('a rule that cannot be checked here is unknown, with the reason', () => {
  test.each(CAPTURES)('%s', (_, monitor, captures, lacks) => {
    const rows = anomaliesOf(monitor, captures).filter(({ id, kind }) => id === kind);
    const expected = RULES.filter(({ needs }) => needs.some((need) => lacks.includes(need)));
    expect(rows.map(({ kind }) => kind)).toEqual(expected.map(({ kind }) => kind));
    for (const row of rows) {
      expect(row).toMatchObject({ check: 'unknown', subject: {}, count: 0, firstSeen: null, lastSeen: null, endedAt: null, eventId: null });
      expect(row.text).toMatch(/\w+ \w+/);
      expect(row.meaning).not.toBe('');
    }
  });

  test('and the reason says which sight it is that is lacking', () => {
    const of = (need: Sight, [, monitor, captures]: (typeof CAPTURES)[number]) =>
      blindnessOf({ ...warning, needs: ['sync', need] }, monitor, captures);
    expect(of('expected', CAPTURES[1])).toMatch(/lvscope expect/);
    expect(of('live', CAPTURES[3])).toMatch(/live capture/);
    expect(of('network', CAPTURES[4])).toMatch(/no IP headers/);
    expect(of('link', CAPTURES[5])).toMatch(/link-layer/);
    expect(of('network', CAPTURES[6])).toMatch(/no frame/);
    for (const need of ['sync', 'network', 'link', 'expected', 'live'] as const) expect(of(need, CAPTURES[0])).toBeNull();
  });
});

test('a healthy pair: nothing is raised, and of its backup, whom nobody asks, nothing can be told', () => {
  const frames = Array.from({ length: 120 }, (_, i) => advert(i));
  const { monitor } = watch([...frames, sync(120, { from: LB1 })]);
  const rows = anomaliesOf(monitor, [CAPTURE]).filter(({ id, kind }) => id !== kind);
  expect(rows.filter(({ check }) => check !== 'unknown')).toEqual([]);
  expect(rows.map(({ kind }) => kind)).toContain('vrrp.no_backup');
  for (const row of rows) expect(row).toMatchObject({ count: 0, firstSeen: null });
});

test('every kind of row has the shape that is written down', () => {
  const monitor = newMonitor();
  const subject = { vrid: 1, family: 'ipv6', interface: 'eth0', vlan: 7, address: LB2.v6, mac: LB2.mac, daemon: '0' } as const;
  monitor.anomalies.raise(warning, { atMicros: at(1), subject, text: 'found', frames: [] });
  monitor.anomalies.unknown(critical, subject, 'because');
  const rows = anomaliesOf(monitor, []);
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) expect([row.kind, ...Value.Errors(AnomalySchema, row)]).toEqual([row.kind]);
});
