/** Two masters that come and go, in hand-made adverts: damping, repeats, silences, what outlives a restart. */
import { describe, expect, test } from 'vitest';
import { advert, at, LB2 } from '../wire-frames.ts';
import { type Playing, playing } from './playing.ts';
import { envelopes, type Sink, sink, until } from './sink.ts';

const LB1 = { priority: 100 };
/** With a password of its own lb2 drops lb1's adverts and goes on beside it. */
const RIVAL = { from: LB2, priority: 150, password: 'other' };

/** lb1 says so every second, lb2 beside it in the seconds `from`. The monitor is sure that it has stopped 12 s after its last advert. */
function splits(played: Playing, seconds: number, from: readonly number[]): void {
  for (let second = 0; second < seconds; second++) {
    played.frame(advert(second, LB1));
    if (from.includes(second)) played.frame(advert(second + 0.5, RIVAL));
  }
}

const rules = (to: Sink, rule = '', rest = ''): string => `
receivers: [{name: hook, webhook: {url: '${to.url}'}}]
rules: [{name: split, match: {kind: vrrp.two_masters}, receivers: [hook]${rule}}]
${rest}`;

async function told(to: Sink, played: Playing): Promise<string[]> {
  await until('all is delivered', () => played.alerts.receivers()[0].waiting === 0);
  played.flush();
  return envelopes(to).map(({ data }) => `${data.status} ${Math.round((Date.parse(data.at) - at(0) / 1000) / 1000)}`);
}

test('each split brain is told, and its end', async () => {
  const to = await sink();
  const played = playing(rules(to));
  splits(played, 60, [10, 40]);
  expect(await told(to, played)).toEqual(['firing 11', 'resolved 22', 'firing 41', 'resolved 52']);
});

test('one that comes and goes is told once as flapping, and again when it is calm', async () => {
  const to = await sink();
  const played = playing(rules(to, ', flap: {changes: 4, withinSeconds: 60, quietSeconds: 30}'));
  splits(played, 150, [10, 30, 50, 70, 90]);
  // The fourth change is the end of the second one, the tenth and last the end of the fifth.
  expect(await told(to, played)).toEqual(['firing 11', 'resolved 22', 'firing 31', 'flapping 42', 'resolved 132']);
  expect(played.alerts.numbers().suppressed.flapping).toBe(6);
});

test('an end that nobody wants to know of is not told, and the next beginning is', async () => {
  const to = await sink();
  const played = playing(rules(to, ', resolved: false'));
  splits(played, 60, [10, 40]);
  expect(await told(to, played)).toEqual(['firing 11', 'firing 41']);
});

test('what burns is repeated', async () => {
  const to = await sink();
  const played = playing(rules(to, ', repeatEvery: 10s'));
  const burning = Array.from({ length: 25 }, (_, second) => 10 + second);
  splits(played, 60, burning);
  expect(await told(to, played)).toEqual(['firing 12', 'firing 22', 'firing 32', 'firing 42', 'resolved 46']);
  expect(new Set(envelopes(to).map(({ data }) => data.id)).size).toBe(5);
});

const MINUTE = 60;
const time = (seconds: number): string => new Date(at(seconds) / 1000).toISOString();
const burningFor = (from: number, seconds: number): number[] => Array.from({ length: seconds }, (_, second) => from + second);

describe('silences', () => {
  const silence = (from: number, to: number, match = '{vrid: 51}'): string =>
    `silences: [{match: ${match}, from: '${time(from)}', to: '${time(to)}', comment: update}]`;

  test('what begins and ends meanwhile is counted and never told', async () => {
    const to = await sink();
    const played = playing(rules(to, '', silence(5, 50)));
    splits(played, 60, [10, 30]);
    expect(await told(to, played)).toEqual([]);
    expect(played.alerts.numbers()).toMatchObject({ active: 0, suppressed: { silence: 2, flapping: 0 } });
  });

  test('what still burns when it ends is told then, with its own beginning', async () => {
    const to = await sink();
    const played = playing(rules(to, '', silence(5, 30)));
    splits(played, 60, burningFor(10, 30));
    expect(await told(to, played)).toEqual(['firing 30', 'resolved 51']);
    expect(envelopes(to)[0].data.startsAt).toBe(time(10.5).replace('Z', '000Z'));
  });

  test('an end is told after the silence when the beginning was told before it', async () => {
    const to = await sink();
    const played = playing(rules(to, '', silence(12, 30)));
    splits(played, 60, [10]);
    expect(await told(to, played)).toEqual(['firing 11', 'resolved 30']);
  });

  test('of something else do nothing', async () => {
    const to = await sink();
    const played = playing(rules(to, '', silence(5, 35, '{vrid: 52}')));
    splits(played, 30, [10]);
    expect(await told(to, played)).toEqual(['firing 11', 'resolved 22']);
  });

  test('are set and ended while the monitor runs', async () => {
    const to = await sink();
    const played = playing(rules(to));
    splits(played, 5, []);
    const span = { fromMicros: at(0), toMicros: at(10 * MINUTE), comment: 'by hand' };
    const set = played.alerts.silence({ match: { kind: ['vrrp.*'] }, ...span });
    splits(played, 20, burningFor(10, 10));
    expect(played.alerts.alerts()).toMatchObject([{ state: 'firing', told: 'nothing', suppressedBy: set?.id }]);
    expect(played.alerts.endSilence(set?.id ?? '')).toBe(true);
    played.frame(advert(20.1, LB1));
    played.frame(advert(20.9, RIVAL));
    played.frame(advert(21.1, LB1));
    expect(await told(to, played)).toEqual(['firing 20']);
  });
});

test('a maintenance window of every week holds by the time of the recording', async () => {
  // START is 2026-11-21 00:00 UTC, a Saturday.
  const window = (to: string): string => `maintenance: [{name: night, days: [sat], from: '00:00', to: '${to}', timeZone: UTC}]`;
  const hook = await sink();
  const played = playing(rules(hook, '', window('00:01')));
  splits(played, 100, burningFor(30, 50));
  expect(await told(hook, played)).toEqual(['firing 60', 'resolved 91']);
});

describe('over a restart', () => {
  test('what burns is not told anew, and its end is', async () => {
    const to = await sink();
    const first = playing(rules(to));
    splits(first, 20, burningFor(10, 10));
    expect(await told(to, first)).toEqual(['firing 12']);
    // The same monitor, as read back from the store; its alerts have only what was kept.
    const second = playing(rules(to), { monitor: first.monitor, kept: [...first.kept.values()] });
    for (let s = 20; s < 40; s++) second.frame(advert(s, LB1));
    expect(await told(to, second)).toEqual(['firing 12', 'resolved 31']);
    expect(envelopes(to)[1].data.fingerprint).toBe(envelopes(to)[0].data.fingerprint);
  });

  test('what ended unseen is told as ended', async () => {
    const to = await sink();
    const first = playing(rules(to));
    splits(first, 20, burningFor(10, 10));
    await told(to, first);
    const second = playing(rules(to), { kept: [...first.kept.values()] });
    await until('the end is told', () => to.hooks.length === 2);
    expect(envelopes(to)[1].data).toMatchObject({ status: 'resolved', fingerprint: envelopes(to)[0].data.fingerprint });
    expect(second.alerts.numbers().active).toBe(0);
  });
});
