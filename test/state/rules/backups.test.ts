/** Redundancy lost: only while a querier asks and answers are seen can absence be told (RFC 3376 sections 8.2 and 8.4: 125 s, 260 s). */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { watch } from '../../watched.ts';
import { type AdvertFields, advert, HOST, igmpQuery, igmpReport, join, LB1, LB2, leave, sync } from '../../wire-frames.ts';
import { expectReplays } from './replays.ts';

const VRRP = '224.0.0.18';
const SYNC = '224.0.0.81';
const QUERIES = [0.1, 125.1, 250.1];
const sorted = (frames: readonly Frame[]): Frame[] => [...frames].sort((a, b) => a.atMicros - b.atMicros);
const adverts = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  Array.from({ length: to - from + 1 }, (_, i) => advert(from + i, fields));
/** The master answers; so do others, to all queries or to those named. */
const asked = (queries: readonly number[], ...others: readonly ((seconds: number) => Frame)[]): Frame[] =>
  queries.flatMap((s) => [igmpQuery(s), join(s + 1, VRRP, { from: LB1 }), ...others.map((other) => other(s + 2))]);
const backup = (seconds: number): Frame =>
  igmpReport(
    seconds,
    [
      ['is_ex', VRRP],
      ['is_ex', SYNC],
    ],
    { from: LB2 },
  );

/** `fine`: never raised, and it can be told (before the first join it could not). */
function checkOf(frames: readonly Frame[], kind: string, own: readonly number[] = []): string {
  const found = watch(frames, null, null, own).monitor.anomalies.all.find((anomaly) => anomaly.kind === kind);
  return !found || (found.check === 'clear' && found.firstMicros === null) ? 'fine' : found.check;
}

describe('vrrp.no_backup', () => {
  const master = adverts(0, 260);
  const rows: [string, Frame[], string][] = [
    ['two intervals asked, the master alone answers', sorted([...master, ...asked(QUERIES)]), 'raised'],
    ['not yet two intervals', sorted([...master.slice(0, 249), ...asked(QUERIES.slice(0, 2))]), 'unknown'],
    ['another listens', sorted([...master, ...asked(QUERIES, backup)]), 'fine'],
    ['nobody asks', sorted([...master, join(1, VRRP, { from: LB1 })]), 'unknown'],
    ['nobody answers: the switch may keep it from us', sorted([...master, ...QUERIES.map((s) => igmpQuery(s))]), 'unknown'],
    [
      'the other left',
      sorted([...master, ...asked(QUERIES.slice(0, 2), backup), leave(200.3, VRRP), ...asked(QUERIES.slice(2))]),
      'raised',
    ],
    ['lvscope itself listens', sorted([...master, ...asked(QUERIES, (s) => join(s, VRRP, { from: HOST }))]), 'raised'],
  ];
  test.each(rows)('%s', (name, frames, expected) => {
    const own = name.startsWith('lvscope') ? [0x029900000032] : [];
    expect(checkOf(frames, 'vrrp.no_backup', own)).toBe(expected);
    if (expected === 'raised' && own.length === 0) expectReplays(frames, 'vrrp.no_backup');
  });

  test('lvscope runs on the backup, which gave way', () => {
    const frames = sorted([...adverts(0, 3, { from: LB2, priority: 90 }), ...adverts(3.2, 259.2), ...asked(QUERIES)]);
    expect(checkOf(frames, 'vrrp.no_backup', [0x02990000000c])).toBe('fine');
    expect(checkOf(frames, 'vrrp.no_backup')).toBe('raised');
  });

  test('it ends when somebody joins', () => {
    const frames = sorted([...master, ...asked(QUERIES), join(255.5, VRRP)]);
    expect(watch(frames).anomalies).toMatchObject([
      { kind: 'vrrp.no_backup', check: 'clear', endedMicros: join(255.5, VRRP).atMicros, count: 1 },
    ]);
  });

  test('a member that no longer answers is forgotten after 260 s', () => {
    const queries = [...QUERIES, 375.1, 500.1];
    const frames = sorted([...adverts(0, 510), ...asked(queries), backup(2.1)]);
    expect(
      checkOf(
        frames.filter(({ atMicros }) => atMicros < advert(262).atMicros),
        'vrrp.no_backup',
      ),
    ).toBe('fine');
    expect(checkOf(frames, 'vrrp.no_backup')).toBe('raised');
  });
});

describe('ipvs.no_backup', () => {
  const sending = [...adverts(0, 260), ...[10, 100, 200, 240].map((s) => sync(s))];
  const rows: [string, Frame[], string][] = [
    ['nobody listens', sorted([...sending, ...asked(QUERIES, (s) => join(s, VRRP))]), 'raised'],
    ['the sender alone does', sorted([...sending, ...asked(QUERIES, (s) => join(s, SYNC, { from: LB1 }))]), 'raised'],
    ['a backup does', sorted([...sending, ...asked(QUERIES, backup)]), 'fine'],
    ['nobody asks', sorted(sending), 'unknown'],
    [
      'not yet two intervals',
      sorted([...sending.filter(({ atMicros }) => atMicros < advert(249).atMicros), ...asked(QUERIES.slice(0, 2))]),
      'unknown',
    ],
    [
      'the one that sent before it gave way listens now',
      sorted([...adverts(0, 3, { from: LB2, priority: 90 }), sync(2.5, { from: LB2 }), ...adverts(3.2, 259.2), ...asked(QUERIES, backup)]),
      'fine',
    ],
    ['no sync at all', sorted([...adverts(0, 260), ...asked(QUERIES)]), 'fine'],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(checkOf(frames, 'ipvs.no_backup')).toBe(expected);
    if (expected === 'raised') expectReplays(frames, 'ipvs.no_backup');
  });

  test('it ends when somebody joins', () => {
    const frames = sorted([...sending, ...asked(QUERIES), join(255.5, SYNC)]);
    const found = watch(frames).anomalies.find(({ kind }) => kind === 'ipvs.no_backup');
    expect(found).toMatchObject({ check: 'clear', endedMicros: join(255.5, SYNC).atMicros });
  });
});
