/**
 * `at=TIME`: a running monitor answers about other moments from the frames that it kept. The oracle is what `ipvsadm` printed on
 * a real backup director at that moment; for everything else, `lvscope replay --until`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Problem } from '../src/contract/problem.ts';
import { serviceHistoriesOf } from '../src/contract/service-history.ts';
import type { Status } from '../src/contract/status.ts';
import type { VirtualRouter } from '../src/contract/vrrp.ts';
import { vrrpHistoriesOf } from '../src/contract/vrrp-history.ts';
import { type RunningMonitor, startMonitor } from './cli/running-monitor.ts';
import { FIXTURES, LVSCOPE } from './environment.ts';
import { looks, recorded } from './http/recorded.ts';
import { differences, tableOf } from './ipvsadm-table.ts';

const captureOf = (name: string): string => join(FIXTURES, 'captures', `${name}.pcap`);

let monitor: RunningMonitor | undefined;

afterEach(async () => {
  await monitor?.stop();
  monitor = undefined;
});

/** Starts the monitor on a recording; returns where it is asked, once it has read it to its end. */
async function monitorOf(name: string, ...options: string[]): Promise<string> {
  monitor = await startMonitor(captureOf(name), '127.0.0.1:0', ...options);
  return monitor.url;
}

const dataFolder = (): string => monitor?.data ?? '';

const statusOf = async (url: string): Promise<Status> => (await (await fetch(`${url}api/v1/status`)).json()) as Status;

function replayed(name: string, at: string, ...view: string[]): string {
  return execFileSync(process.execPath, [LVSCOPE, 'replay', captureOf(name), '--until', at, '--show', ...view], {
    maxBuffer: 1 << 26,
  }).toString();
}

test.each(['nat-v0', 'short-timeouts-and-expiry', 'ipv6-v1'])('%s: the connection table of each look', async (name) => {
  const url = await monitorOf(name);
  const last = Date.parse((await statusOf(url)).asOf ?? '') / 1000;
  // Backwards and forwards: the thread goes on from where it stands, or begins anew.
  const all = looks(name, 'ipvsadm -Lnc').filter((look) => look.t <= last);
  expect(all.length).toBeGreaterThan(0);
  for (const look of [...all.toReversed(), ...all]) {
    const response = await fetch(`${url}api/v1/connections?at=${look.t}`, { headers: { accept: 'text/plain' } });
    expect(response.status).toBe(200);
    expect(differences(tableOf(await response.text()), tableOf(look.output)), `at ${look.t}`).toEqual([]);
  }
});

test('every noun, as a replay up to then has it', async () => {
  const url = await monitorOf('split-brain');
  const minute = '2026-11-21T04:07:';
  for (const second of ['34.5', '25']) {
    const at = `${minute}${second}Z`;
    for (const noun of ['vrrp', 'services', 'daemons', 'neighbors', 'groups', 'events', 'failovers']) {
      const response = await fetch(`${url}api/v1/${noun}?at=${at}&limit=1000`);
      const { items } = (await response.json()) as { items: unknown[] };
      expect(items, `${noun} at ${at}`).toEqual(JSON.parse(replayed('split-brain', at, noun, '--json')));
    }
  }
  const state = async (second: string) => {
    const response = await fetch(`${url}api/v1/vrrp?family=ipv4&at=${minute}${second}Z`);
    return ((await response.json()) as { items: VirtualRouter[] }).items.map((router) => router.state);
  };
  // The recording's marks: adverts are dropped from 04:07:30.23, lb2 holds the address from 33.86, adverts pass again from 45.90.
  expect(await state('30')).toEqual(['master']);
  expect(await state('40')).toEqual(['two_masters']);
  expect(await state('53')).toEqual(['master']);
});

test('what happened over time, as it was known then', async () => {
  const url = await monitorOf('split-brain');
  const at = '2026-11-21T04:07:41Z';
  const ask = async (noun: string) => ((await (await fetch(`${url}api/v1/${noun}?at=${at}`)).json()) as { items: unknown[] }).items;
  const nowMicros = Date.parse(at) * 1000;
  const monitor = await recorded('split-brain', nowMicros);
  expect(await ask('vrrp-history')).toEqual(vrrpHistoriesOf(monitor, nowMicros));
  expect(await ask('service-history')).toEqual(serviceHistoriesOf(monitor, nowMicros));
});

test('what cannot be answered is refused by name', async () => {
  const url = await monitorOf('nat-v0');
  const problem = async (path: string): Promise<Problem> => (await (await fetch(url + path)).json()) as Problem;
  expect(await problem('api/v1/vrrp?at=yesterday')).toMatchObject({ code: 'bad_parameter', parameter: 'at', status: 400 });
  expect(await problem('api/v1/vrrp?at=1000')).toMatchObject({ code: 'not_kept', status: 404 });
  expect(await problem('api/v1/vrrp?at=9999999999')).toMatchObject({ code: 'not_kept', status: 404 });
  const { history } = await statusOf(url);
  expect(await problem(`api/v1/vrrp?at=${history?.to}&colour=red`)).toMatchObject({ code: 'bad_parameter', parameter: 'colour' });
  expect(await problem(`api/v1/capture?at=${history?.to}`)).toMatchObject({ code: 'bad_parameter', parameter: 'at' });
});

test('more questions at once than there may be are refused, those that wait are answered', async () => {
  const url = await monitorOf('nat-v0');
  const { history } = await statusOf(url);
  const answers = await Promise.all(Array.from({ length: 80 }, () => fetch(`${url}api/v1/vrrp?at=${history?.to}`)));
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(80);
  expect(refused.length).toBeGreaterThan(30);
  expect(await refused[0].json()).toMatchObject({ code: 'busy' });
});

test('what has not changed is not sent again', async () => {
  const url = await monitorOf('nat-v0');
  const { history } = await statusOf(url);
  const path = `${url}api/v1/vrrp?at=${history?.to}`;
  const etag = (await fetch(path)).headers.get('etag') ?? '';
  expect(etag).toMatch(/^(W\/)?"/);
  expect((await fetch(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await fetch(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

test('--no-history keeps nothing', async () => {
  const url = await monitorOf('nat-v0', '--no-history');
  expect((await statusOf(url)).history).toBeNull();
  expect(await (await fetch(`${url}api/v1/vrrp?at=1795234186`)).json()).toMatchObject({ code: 'not_kept' });
  expect(readdirSync(dataFolder())).not.toContain('history');
});

test('the files are captures that hold every frame the state was made from', async () => {
  await monitorOf('vrrp-zoo');
  const folder = join(dataFolder(), 'history');
  const [file] = readdirSync(folder).map((entry) => join(folder, entry));
  expect(statSync(file).mode & 0o007).toBe(0);
  const status = ['--show', 'status', '--json'];
  const [kept, recorded] = [file, captureOf('vrrp-zoo')].map(
    (path) => JSON.parse(execFileSync(process.execPath, [LVSCOPE, 'replay', path, ...status]).toString()) as Status,
  );
  expect(kept).toEqual({ ...recorded, frames: kept.frames, octets: kept.octets });
  expect(kept.frames).toBeGreaterThan(0);
});

test('who leaves is not waited for: moments that nobody wants any more leave room for those that are wanted', async () => {
  const url = await monitorOf('split-brain');
  const at = (second: number) => `${url}api/v1/connections?at=2026-11-21T04:07:${20 + (second % 30)}Z`;
  // Twice as many as may wait.
  for (let round = 0; round < 4; round++) {
    const left = new AbortController();
    const asked = Array.from({ length: 16 }, (_, i) => fetch(at(16 * round + i), { signal: left.signal }).catch(() => null));
    await new Promise((resolve) => setTimeout(resolve, 100));
    left.abort();
    await Promise.all(asked);
  }
  await expect.poll(async () => (await fetch(at(20))).status, { timeout: 5000 }).toBe(200);
  const listed = (await (await fetch(at(20))).json()) as { items: { id: string }[] };
  const replayedIds = (JSON.parse(replayed('split-brain', '2026-11-21T04:07:40Z', 'connections', '--json')) as { id: string }[]).map(
    ({ id }) => id,
  );
  expect(listed.items.map(({ id }) => id)).toEqual(replayedIds);
});
