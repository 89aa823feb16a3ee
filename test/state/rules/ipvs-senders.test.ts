/** Several senders on one channel, and senders that are not master. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { watch } from '../../watched.ts';
import { type AdvertFields, advert, LB1, LB2 } from '../../wire-frames.ts';
import { inOrder, type SendFields, send, syncKinds, times } from './ipvs-frames.ts';
import { expectReplays } from './replays.ts';

const other = { virtual: '10.0.0.2' };
/** One after the other, every so often. */
const turns = (count: number, step: number, second: SendFields = {}, records = [{}]): Frame[] =>
  times(count, (i) => (i % 2 === 0 ? send(1 + i * step, [{}]) : send(1 + i * step, records, { from: LB2, ...second })));
const adverts = (from: number, to: number, fields: AdvertFields = {}): Frame[] =>
  times(to - from, (i) => advert(from + i, { addresses: ['10.0.0.1'], ...fields }));
const second: AdvertFields = { from: LB2, priority: 90 };

describe('two senders', () => {
  const rows: [string, Frame[], string[]][] = [
    ['take turns: five', turns(5, 2), ['ipvs.multi_master']],
    ['four', turns(4, 2), []],
    ['never more than 10 s apart', turns(5, 10), ['ipvs.multi_master']],
    ['10.1 s apart', turns(5, 10.1), []],
    ['with syncids of their own, as in active-active', turns(9, 2, { syncid: 52 }), []],
    ['to groups of their own', turns(9, 2, { group: '239.1.2.3' }), []],
    ['to ports of their own', turns(9, 2, { port: 8849 }), []],
    [
      'one takes over',
      inOrder(
        times(5, (i) => send(1 + i)),
        times(5, (i) => send(6 + i, [{}], { from: LB2 })),
      ),
      [],
    ],
    ['for addresses of their own', turns(5, 2, {}, [other]), ['ipvs.syncid_conflict']],
    ['with one address in common', turns(5, 2, {}, [other, {}]), ['ipvs.multi_master']],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    const channels = ['224.0.0.81:8848-8849', '239.1.2.3:8848'];
    expect(syncKinds(frames, null, channels)).toEqual(expected);
    for (const kind of expected) expectReplays(frames, kind);
  });

  /** 3 x Master_Down_Interval of interval 1 s, RFC 3768 section 6.1: 3 x (3 + 255/256) = 11.98 s after the change. */
  test('within a change of the master they may; after it they may not', () => {
    const change = inOrder(adverts(0, 5), [advert(4.5, { priority: 0, addresses: ['10.0.0.1'] })], adverts(5, 40, second));
    const during = times(5, (i) => send(5.2 + 2 * i, [{}], { from: i % 2 ? LB1 : LB2 }));
    const after = times(5, (i) => send(17.2 + i, [{}], { from: i % 2 ? LB1 : LB2 }));
    expect(syncKinds(inOrder(change, during))).not.toContain('ipvs.multi_master');
    expect(syncKinds(inOrder(change, after))).toContain('ipvs.multi_master');
  });
});

describe('ipvs.version_mix', () => {
  const v0: SendFields = { version: 0 };
  const rows: [string, Frame[], string[]][] = [
    ['two senders', [send(1), send(60, [{}], { from: LB2, ...v0 })], ['ipvs.version_mix']],
    ['two senders, 61 s apart', [send(1), send(62.1, [{}], { from: LB2, ...v0 })], []],
    ['two senders of one version', [send(1), send(60, [{}], { from: LB2 })], []],
    ['one sender that was set anew', [send(1), send(2, [{}], v0), send(3, [{}], v0)], []],
    ['one sender to and fro', [send(1), send(2, [{}], v0), send(3)], ['ipvs.version_mix']],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames)).toEqual(expected);
    for (const kind of expected) expectReplays(frames, kind);
  });
});

describe('ipvs.sender_not_master', () => {
  const KIND = 'ipvs.sender_not_master';
  const known = adverts(0, 3, second);
  const mastered = adverts(3, 30);
  const wrong = (from: number, to: number, fields: SendFields = {}): Frame[] =>
    times(to - from, (i) => send(from + i + 0.5, [{}], { from: LB2, ...fields }));
  /** Master_Down_Interval of interval 1 s: 3 + 255/256 s. */
  const rows: [string, Frame[], boolean][] = [
    ['the backup sends for the address of the master, 5 s long', inOrder(known, mastered, wrong(15, 20)), true],
    ['it stops after 3 s', inOrder(known, mastered, wrong(15, 19)), false],
    ['the master sends', inOrder(known, mastered, wrong(15, 25, { from: LB1 })), false],
    ['one that is no router, and the master on the same channel', inOrder(mastered, wrong(3, 4, { from: LB1 }), wrong(15, 20)), true],
    ['one of whom nobody knows who it is', inOrder(mastered, wrong(15, 25)), false],
    [
      'by its syncid, where no adverts name the address',
      inOrder(adverts(0, 3, { ...second, addresses: ['10.0.0.9'] }), adverts(3, 30, { addresses: ['10.0.0.9'] }), wrong(15, 20)),
      true,
    ],
    [
      'another syncid then',
      inOrder(
        adverts(0, 3, { ...second, addresses: ['10.0.0.9'] }),
        adverts(3, 30, { addresses: ['10.0.0.9'] }),
        wrong(15, 20, { syncid: 52 }),
      ),
      false,
    ],
    ['nobody is master', inOrder(known, wrong(15, 25)), false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames).includes(KIND)).toBe(expected);
    if (expected) expectReplays(frames, KIND);
  });

  test('without adverts it cannot be told', () => {
    const { monitor } = watch(wrong(1, 5));
    expect(monitor.anomalies.all.find(({ kind }) => kind === KIND)).toMatchObject({
      check: 'unknown',
      text: expect.stringMatching(/no adverts/),
    });
  });
});
