/** The frames that a finding names, replayed alone, show it again: same kind, same subject. */
import { expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { watch } from '../../watched.ts';
import { type AdvertFields, advert, HOST, join, LB1, LB2, leave } from '../../wire-frames.ts';

const backup: AdvertFields = { from: LB2, priority: 90 };
const GROUP = '224.0.0.18';
const every = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  Array.from({ length: Math.floor(to - from) + 1 }, (_, i) => advert(from + i, fields));
const inside = (seconds: number, fields: AdvertFields): Frame => advert(seconds, { vrid: 52, addresses: ['10.0.0.101'], ...fields });

/** Twice to and fro together, then only one of the two. */
const parting: Frame[] = [0, 20, 40, 60, 80].flatMap((begin, i) => {
  const [one, other] = [i, i < 3 ? i : 2].map((n): AdvertFields => (n % 2 === 0 ? { from: LB1, priority: 100 } : backup));
  const life = Array.from({ length: 20 }, (_, s) => [advert(begin + s, one), inside(begin + s + 0.2, other)]).flat();
  const changes = i < 4;
  return [
    ...life,
    ...(changes ? [advert(begin + 19.5, { ...one, priority: 0 })] : []),
    ...(i < 2 ? [inside(begin + 19.6, { ...other, priority: 0 })] : []),
  ];
});

test.each<[string, Frame[], number]>([
  ['vrrp.two_masters', [...every(1, 30), ...every(20.5, 25, backup)], 30],
  ['vrrp.master_lost', every(1, 30), 36],
  ['vrrp.resign', [...every(1, 30), advert(30.5, { priority: 0 }), advert(31, backup)], 31],
  ['vrrp.resign_no_taker', [...every(1, 30), advert(30.5, { priority: 0 })], 33],
  ['vrrp.flap', [0, 1, 2, 3, 4, 5].map((i) => advert(1 + 20 * i, { from: i % 2 === 0 ? LB1 : LB2, priority: 100 + i })), 101],
  ['vrrp.short_master', [...every(1, 30, backup), advert(30.5), advert(30.8, { priority: 0 }), advert(31.5, backup)], 32],
  ['vrrp.late_advert', [...every(1, 30), advert(32.5)], 33],
  ['vrrp.slow_takeover', [advert(1, backup), ...every(1.5, 30), ...every(36, 40, backup)], 40],
  ['vrrp.fast_takeover', [...every(1, 30), ...every(31.5, 38, backup)], 38],
  ['vrrp.dup_owner', [...every(1, 30, { priority: 255 }), advert(30.5, { from: LB2, priority: 255 })], 31],
  ['vrrp.equal_priority', [...every(1, 30), advert(30.5, { from: LB2 })], 31],
  ['vrrp.priority_change', [...every(1, 30), advert(31, { priority: 80 })], 31],
  [
    'vrrp.inferred_nopreempt',
    [advert(1), advert(2, { priority: 0 }), leave(2.01, GROUP, { from: LB1 }), join(35.5, GROUP, { from: LB1 }), ...every(2.6, 60, backup)],
    60,
  ],
  ['vrrp.preempt_not_done', [join(0.5, GROUP, { from: LB1 }), advert(1), join(40, GROUP, { from: LB1 }), ...every(4.65, 60, backup)], 60],
  ['vrrp.rogue', [...every(1, 700), advert(700.5, { from: HOST, priority: 200 })], 701],
  ['vrrp.vrid_conflict', [...every(1, 30), advert(30.5, { from: HOST, addresses: ['10.0.0.200'] })], 31],
  ['vrrp.vip_overlap', [...every(1, 30), advert(30.5, { from: LB2, vrid: 52 })], 31],
  ['vrrp.group_split', parting, 110],
])('%s', (kind, frames, until) => {
  const all = [...frames].sort((a, b) => a.atMicros - b.atMicros);
  const [event] = watch(all, until).events.filter((one) => one.kind === kind);
  expect(event?.frames.length, 'raised at all').toBeGreaterThan(0);
  // Silence is shown by whatever comes after it, so time goes on here to the same end.
  const again = watch(
    event.frames.map((number) => all[number - 1]),
    until,
  );
  expect(again.events.filter((one) => one.kind === kind).map(({ subject }) => subject)).toContainEqual(event.subject);
});
