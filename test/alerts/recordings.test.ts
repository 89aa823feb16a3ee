/** Recordings of real pairs: who is told what, in which order. The times are those of the adverts that tshark shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMonitor } from '../../src/state/monitor.ts';
import { ROOT } from '../environment.ts';
import { playing } from './playing.ts';
import { envelopes, sink, until } from './sink.ts';

const rules = (url: string, match: string): string => `
receivers: [{name: hook, webhook: {url: '${url}'}}]
rules: [{name: vrrp, match: ${match}, receivers: [hook]}]`;

async function told(recording: string, match: string): Promise<string[]> {
  const to = await sink();
  const played = playing(rules(to.url, match));
  played.recording(recording);
  await until('all is delivered', () => played.alerts.receivers()[0].waiting === 0);
  return envelopes(to).map(({ type, data }) => `${type} ${data.kind} ${data.subject.address ?? ''} ${data.at.slice(17, 22)}`);
}

const FIRST_MASTER = 'alert.happened vrrp.master_change 10.99.0.11';

test('a failover and the way back are two changes of master, after the first sight of one', async () => {
  const all = await told('dr-v1-failover', '{kind: vrrp.master_change}');
  expect(all.map((line) => line.slice(0, -6))).toEqual([
    FIRST_MASTER,
    'alert.happened vrrp.master_change 10.99.0.12',
    'alert.happened vrrp.master_change 10.99.0.11',
  ]);
});

test('a change of master is told with its own time, however late its frames came', async () => {
  const [prompt, late] = [await sink(), await sink()];
  const match = '{kind: vrrp.master_change}';
  playing(rules(prompt.url, match)).recording('dr-v1-failover');
  const monitor = createMonitor({ maxSessions: 1000, trackChanges: false });
  playing(rules(late.url, match), { monitor, nowMicros: () => (monitor.clock.nowMicros ?? 0) + 500_000 }).recording('dr-v1-failover');
  await until('both know', () => prompt.hooks.length === 3 && late.hooks.length === 3);
  const times = (to: typeof late) => envelopes(to).map(({ timestamp, data }) => [timestamp, data.at, data.startsAt]);
  expect(times(late)).toEqual(times(prompt));
  for (const { timestamp, data } of envelopes(late)) expect([timestamp, data.at]).toEqual([data.startsAt, data.startsAt]);
});

test('severity is the least one: the first sight of a master is no news then', async () => {
  const all = await told('dr-v1-failover', '{kind: vrrp.*, severity: warning, vip: 10.99.0.100}');
  expect(all.map((line) => line.slice(0, -6))).toEqual([
    'alert.happened vrrp.master_change 10.99.0.12',
    'alert.happened vrrp.master_change 10.99.0.11',
  ]);
  expect(await told('dr-v1-failover', '{kind: vrrp.*, severity: warning, vip: 10.99.0.101}')).toEqual([]);
});

test('a split brain begins and ends', async () => {
  const all = await told('split-brain', '{severity: critical}');
  expect(all.map((line) => line.slice(0, -7))).toEqual(['alert.firing vrrp.two_masters', 'alert.resolved vrrp.two_masters']);
});

test('a notification says what it means and what to do, in the words of the docs', async () => {
  const to = await sink();
  playing(rules(to.url, '{kind: vrrp.two_masters}')).recording('split-brain');
  await until('both are told', () => to.hooks.length === 2);
  const [begin, end] = envelopes(to).map(({ data }) => data);
  const docs = readFileSync(join(ROOT, 'docs', 'anomalies.md'), 'utf8').replaceAll('\\', '');
  expect(docs).toContain(begin.advice);
  expect(docs).toContain(begin.meaning);
  expect(begin).toMatchObject({
    status: 'firing',
    severity: 'critical',
    subject: { vrid: 51, family: 'ipv4' },
    endsAt: null,
    rule: 'vrrp',
  });
  expect(end).toMatchObject({ status: 'resolved', fingerprint: begin.fingerprint, startsAt: begin.startsAt });
  // Both send from 15.48 s of the recording on; the second one falls silent 13.015062 s later.
  const seconds = (time: string | null): number => Number(time?.slice(17, 26));
  expect(seconds(end.endsAt) - seconds(begin.startsAt)).toBeCloseTo(13.015062, 6);
});

test('the same recording gives the same ids, whoever plays it', async () => {
  const [one, other] = [await sink(), await sink()];
  for (const to of [one, other]) playing(rules(to.url, '{kind: vrrp.*}')).recording('split-brain');
  await until('both know', () => one.hooks.length >= 5 && one.hooks.length === other.hooks.length);
  const ids = envelopes(one).map(({ data }) => data.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(envelopes(other).map(({ data }) => data.id)).toEqual(ids);
});

test('the first rule that matches decides', async () => {
  const [quiet, loud] = [await sink(), await sink()];
  const played = playing(`
receivers: [{name: quiet, webhook: {url: '${quiet.url}'}}, {name: loud, webhook: {url: '${loud.url}'}}]
rules:
  - {name: changes, match: {kind: vrrp.master_change}, receivers: [quiet]}
  - {name: brief, match: {severity: critical}, receivers: [loud], resolved: false}
  - {name: rest, match: {kind: vrrp.*}, receivers: [quiet, loud]}`);
  played.recording('split-brain');
  await until('all is delivered', () => played.alerts.receivers().every(({ waiting }) => waiting === 0));
  const kinds = (to: typeof quiet) => envelopes(to).map(({ data }) => `${data.rule} ${data.status} ${data.kind}`);
  expect(kinds(quiet).filter((line) => line.startsWith('changes'))).toHaveLength(1);
  expect(kinds(loud).filter((line) => line.startsWith('brief'))).toEqual(['brief firing vrrp.two_masters']);
  expect(kinds(loud)).not.toContain('rest firing vrrp.two_masters');
  expect(kinds(quiet)).toContain('rest happened vrrp.two_masters_resolved');
});
