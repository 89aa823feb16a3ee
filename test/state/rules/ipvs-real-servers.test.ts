/** Real servers of a service, and virtual addresses that nobody has. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import type { RecordFields } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { advert, at, gratuitousArp, LB1 } from '../../wire-frames.ts';
import { inOrder, send, syncKinds, times } from './ipvs-frames.ts';
import { expectReplays } from './replays.ts';

const server = (i: number): RecordFields => ({ destination: `10.0.1.${i}` });
/** A new session each so many seconds, to the real servers in turn. */
function spread(from: number, to: number, step: number, servers: readonly number[], fields: RecordFields = {}): Frame[] {
  return times(Math.floor((to - from) / step), (i) => {
    const clientPort = Math.round((from + i * step) * 10) % 65_000;
    return send(from + i * step, [{ clientPort, ...server(servers[i % servers.length]), ...fields }]);
  });
}
const raises = (kind: string, frames: readonly Frame[], until: number | null = null): boolean => syncKinds(frames, until).includes(kind);

describe('ipvs.rs_new', () => {
  test.each<[string, Frame[], boolean]>([
    ['a third after 5 minutes and 40 sessions', [...spread(1, 305, 5, [1, 2]), send(306, [server(3)])], true],
    ['after less than 5 minutes', [...spread(1, 295, 5, [1, 2]), send(299, [server(3)])], false],
    ['with fewer than 20 sessions each', [...spread(1, 305, 8, [1, 2]), send(306, [server(3)])], false],
    ['one that is known', [...spread(1, 305, 5, [1, 2]), send(306, [server(2)])], false],
    ['the first of another service', [...spread(1, 305, 5, [1, 2]), send(306, [{ ...server(3), virtualPort: 80 }])], false],
  ])('%s', (_, frames, expected) => {
    const kinds = watch(frames).events.map(({ kind }) => kind);
    expect(kinds.includes('ipvs.rs_new')).toBe(expected);
  });
});

describe('ipvs.rs_gone', () => {
  const KIND = 'ipvs.rs_gone';
  const healthy = spread(1, 101, 1, [1, 2]);
  test.each<[string, Frame[], boolean]>([
    // Half of what came was its own: 28 to its peer make 14 its due.
    ['30 to its peer, over a minute', [...healthy, ...spread(101, 204, 3, [1])], true],
    ['24 to its peer', [...healthy, ...spread(101, 175, 3, [1])], false],
    ['many, within less than a minute', [...healthy, ...spread(101, 150, 0.5, [1])], false],
    ['both get some', [...healthy, ...spread(101, 204, 3, [1, 2])], false],
    [
      'its share was small before',
      [...spread(1, 201, 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]), ...spread(201, 350, 1, [1])],
      false,
    ],
    ['its own were less than 10', [...spread(1, 17, 1, [1, 2]), ...spread(17, 200, 2, [1])], false],
  ])('%s', (_, frames, expected) => {
    expect(raises(KIND, frames)).toBe(expected);
  });

  test('it is back', () => {
    const { anomalies } = watch([...healthy, ...spread(101, 204, 3, [1]), ...spread(205, 260, 1, [1, 2])]);
    expect(anomalies.find(({ kind }) => kind === KIND)).toMatchObject({
      check: 'clear',
      subject: { address: 'TCP 10.0.0.1:443 -> 10.0.1.2:443' },
    });
  });

  test('where clients persist, sessions tell nothing of what is chosen', () => {
    const template = { flags: 0x1003, state: 0, timeout: 300 };
    const persistent = [...spread(1, 101, 1, [1, 2], { ...template, clientPort: 0 }).slice(0, 2), ...spread(1, 101, 1, [1, 2])];
    expect(raises(KIND, inOrder(persistent, spread(101, 204, 3, [1])))).toBe(false);
  });
});

describe('ipvs.skew', () => {
  const KIND = 'ipvs.skew';
  /** Windows of 300 s end at whole multiples of 300 s since 1970, as START is. */
  const window = (i: number, servers: readonly number[], count = 250): Frame[] => spread(1 + i * 300, 1 + i * 300 + count, 1, servers);
  const even = [0, 1, 2, 3].flatMap((i) => window(i, [1, 2]));
  const end = send(1502, [server(1)]);
  test.each<[string, Frame[], boolean]>([
    // Six standard deviations of a half in 250: 6 x sqrt(0.25 / 250) = 19 %.
    ['a half, then 70 %', [...even, ...window(4, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2]), end], true],
    ['a half, then 65 %', [...even, ...window(4, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]), end], false],
    ['too few to tell', [...even, ...window(4, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2], 199), end], false],
    ['after two windows only', [...window(2, [1, 2]), ...window(3, [1, 2]), ...window(4, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2]), end], false],
    ['a third real server takes its share', [...even, ...window(4, [1, 2, 3]), end], false],
  ])('%s', (_, frames, expected) => {
    expect(raises(KIND, frames)).toBe(expected);
  });
});

describe('ipvs.fwd_mix', () => {
  const KIND = 'ipvs.fwd_mix';
  const by = (forward: number, clientPort: number, fields: RecordFields = {}): RecordFields => ({
    flags: 0x80 | forward,
    clientPort,
    ...fields,
  });
  const rows: [string, Frame[], boolean][] = [
    ['direct routing and masquerading', [send(1, [by(3, 1)]), send(2, [by(0, 2)])], true],
    ['tunnel and direct routing', [send(1, [by(2, 1)]), send(2, [by(3, 2)])], true],
    ['one method', [send(1, [by(3, 1)]), send(2, [by(3, 2)])], false],
    ['the director itself is the real server', [send(1, [by(3, 1)]), send(2, [by(1, 2)])], false],
    ['bypass', [send(1, [by(3, 1)]), send(2, [by(4, 2)])], false],
    ['another real server', [send(1, [by(3, 1)]), send(2, [by(0, 2, server(9))])], false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(raises(KIND, frames)).toBe(expected);
    if (expected) expectReplays(frames, KIND);
  });
});

describe('ipvs.vip_unowned', () => {
  const KIND = 'ipvs.vip_unowned';
  const adverts = (addresses: readonly string[]): Frame[] => times(400, (i) => advert(i, { addresses }));
  const elsewhere = adverts(['10.0.0.99']);
  const session = (seconds: number): Frame => send(seconds, [{}]);
  const rows: [string, Frame[], boolean][] = [
    ['no advert names it, nobody claims it', inOrder(elsewhere, [session(1), session(300)]), true],
    ['an advert names it', inOrder(adverts(['10.0.0.99', '10.0.0.1']), [session(1)]), false],
    ['somebody announced it', inOrder(elsewhere, [session(1), gratuitousArp(200, LB1.mac, '10.0.0.1')]), false],
    ['known for less than 5 minutes', inOrder(elsewhere, [session(130)]), false],
    ['its sessions are over', inOrder(elsewhere, [send(1, [{ timeout: 200 }])]), false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(raises(KIND, frames, 400)).toBe(expected);
  });

  test('no adverts at all: nobody can tell', () => {
    const { monitor } = watch([send(1), ...times(40, (i) => gratuitousArp(10 * i + 2, LB1.mac))], 400);
    expect(monitor.anomalies.all.find(({ kind }) => kind === KIND)).toMatchObject({ check: 'unknown' });
  });

  test('it ends when somebody announces it', () => {
    const { anomalies } = watch(inOrder(elsewhere, [session(1), gratuitousArp(370, LB1.mac, '10.0.0.1')]), 430);
    expect(anomalies.find(({ kind }) => kind === KIND)).toMatchObject({ check: 'clear', endedMicros: at(420) });
  });
});
