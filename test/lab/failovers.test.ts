/**
 * A real pair fails over in every way there is, under sessions that are held. When and how long is told by tcpdump at the same port,
 * who by keepalived's own log, what became of the sessions by the client that holds them and by the kernel that takes them over.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Notification } from '../../src/contract/alert.ts';
import type { Failover } from '../../src/contract/failover.ts';
import { needs } from '../environment.ts';
import type { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { VIP4 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, pairConfiguration, startPair, TCP_PORT, untilHolds, untilSync } from './lab.ts';
import { advertsOf, announcementsOf } from './port-capture.ts';
import { progress } from './progress.ts';

const SESSIONS = 25;
/** More than the 50 packets of sync_period, so that every session is synced again. */
const PACKETS = 60;
/** The kernel's delay, ours, and some for a busy machine. */
const MOST_DELAY_MS = 8000;
/** tcpdump and lvscope stamp the same frame on either side of a veth. */
const STAMPS_APART_MS = 5;

describe.skipIf(needs(...LAB_NEEDS))('failovers of a real pair', () => {
  const say = progress('failovers');
  let lab: Lab;
  let hook: Server;
  const notified: Notification[] = [];

  beforeAll(async () => {
    lab = await openLab({ say });
    hook = createServer(async (request, response) => {
      notified.push((JSON.parse(await text(request)) as { data: Notification }).data);
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const { port } = hook.address() as AddressInfo;
    await lab.port.reach(port);
    await lab.port.startLvscope(`
alerts:
  receivers: [{name: hook, webhook: {url: 'http://127.0.0.1:${port}/hook'}}]
  rules: [{name: masters, match: {kind: vrrp.master_change}, receivers: [hook], flap: {changes: 50, withinSeconds: 60, quietSeconds: 60}}]
`);
    await startPair(lab, { say });
    await lab.client.open(VIP4, TCP_PORT, { count: SESSIONS });
    await eventually('the sessions are known', async () => (await lab.port.list('connections')).length === SESSIONS, MOST_DELAY_MS);
  });
  afterAll(async () => {
    hook?.close();
    await lab?.close();
  });

  const failovers = (): Promise<Failover[]> => lab.port.list('failovers?limit=1000');
  const transitions = async (reason: string): Promise<number> =>
    Number(new RegExp(`^lvscope_vrrp_transitions_total{.*reason="${reason}"} (\\d+)`, 'm').exec(await lab.port.metrics())?.[1] ?? 0);

  /** Sessions that a director's kernel would go on with. */
  const established = async (director: Director): Promise<number> =>
    (await director.look('ipvsadm -Lnc')).output.split('\n').filter((line) => / ESTABLISHED /.test(line)).length;

  /** keepalived's log has whole seconds, of the guest's clock, which is the machine's. */
  async function enteredMasterMs(director: Director): Promise<number> {
    const last = (await director.log()).split('\n').findLast((line) => line.includes('Entering MASTER STATE'));
    return Date.parse(`${last?.slice(0, 'Sat Nov 21 16:00:00 2026'.length)} UTC`);
  }

  /** What is done to the pair, who takes over, and why, as lvscope should say. */
  async function failOver(winner: 'lb1' | 'lb2', reason: Failover['reason'], deed: () => Promise<unknown>): Promise<void> {
    const [to, from] = winner === 'lb1' ? [lab.lb1, lab.lb2] : [lab.lb2, lab.lb1];
    const earlier = (await failovers()).length;
    const counted = await transitions(reason);
    const taken = await established(to);
    expect(taken).toBe(SESSIONS);

    await deed();
    await untilHolds(to);
    const report = async () => (await failovers())[earlier];
    const { at } = await eventually('the report', report, MOST_DELAY_MS);
    await untilSync(to, 'master');

    const adverts = advertsOf(lab.port.capture);
    const first = adverts.findIndex(({ source, atMs }) => source === to.address && atMs > Date.parse(at) - STAMPS_APART_MS);
    const last = adverts.slice(0, first).findLast(({ source }) => source === from.address);
    expect(Math.abs(Date.parse(at) - adverts[first].atMs)).toBeLessThan(STAMPS_APART_MS);
    expect(Math.abs((await enteredMasterMs(to)) - Date.parse(at))).toBeLessThan(2000);

    const { answered } = await lab.client.talk(PACKETS);
    expect(answered, 'sessions that go on').toBe(SESSIONS);
    const seenAgain = async () => ((await report()).sessions.pending === 0 ? report() : null);
    const told = await eventually('all sessions are synced by the new master', seenAgain, MOST_DELAY_MS);
    say(`${reason}: ${told.conclusion}`);
    expect(told).toMatchObject({ vrid: 51, family: 'ipv4', interface: 'eth0', from: from.address, to: to.address, reason });
    expect(told.sessions).toEqual({ before: taken, seenAgain: taken, moved: 0, lost: 0, pending: 0 });
    expect(told.syncSenderChanged).toBe(true);

    if (reason === 'preempted') expect(told.gapMs).toBeNull();
    else {
      expect(last?.priority).toBe(reason === 'resigned' ? 0 : from === lab.lb1 ? 100 : 90);
      expect(Math.abs((told.gapMs ?? -1) - (adverts[first].atMs - (last?.atMs ?? 0)))).toBeLessThan(STAMPS_APART_MS);
    }
    const announced = announcementsOf(lab.port.capture).find(({ mac, atMs }) => mac === to.mac && atMs > Date.parse(at) - STAMPS_APART_MS);
    expect(announced?.address).toBe(VIP4);
    const [{ address, delayMs }] = told.announcements;
    expect(address).toBe(VIP4);
    expect(Math.abs((delayMs ?? -1) - Math.max(0, (announced?.atMs ?? 0) - Date.parse(at)))).toBeLessThan(STAMPS_APART_MS);

    expect(await transitions(reason)).toBe(counted + 1);
    expect(await lab.port.metrics()).toMatch(new RegExp(`^lvscope_vrrp_master_info{.*address="${to.address}"} 1`, 'm'));
    const gap = /^lvscope_failover_gap_seconds{.*} (\S+)/m.exec(await lab.port.metrics())?.[1];
    expect(Number(gap)).toBeCloseTo((told.gapMs ?? 0) / 1000, 3);
    const notification = await eventually('the webhook', async () => notified.find((one) => one.startsAt === at), MOST_DELAY_MS);
    expect(notification).toMatchObject({ status: 'happened', kind: 'vrrp.master_change' });
    expect(notification.summary).toContain(to.address);
  }

  const start = (director: Director, priority: number) => director.startKeepalived(pairConfiguration(priority));

  test('keepalived is stopped in order, and comes back', async () => {
    await failOver('lb2', 'resigned', () => lab.lb1.stopKeepalived('TERM'));
    await failOver('lb1', 'preempted', () => start(lab.lb1, 100));
  });

  test('keepalived is killed, and comes back', async () => {
    await failOver('lb2', 'no_response', () => lab.lb1.stopKeepalived('KILL'));
    await failOver('lb1', 'preempted', () => start(lab.lb1, 100));
  });

  test('the cable is pulled, and plugged in again', async () => {
    await failOver('lb2', 'no_response', () => lab.lb1.cable('down'));
    await failOver('lb1', 'preempted', () => lab.lb1.cable('up'));
  });

  test('the priority changes, and changes back', async () => {
    await failOver('lb2', 'preempted', () => lab.lb2.reloadKeepalived(pairConfiguration(110)));
    await failOver('lb1', 'preempted', () => lab.lb2.reloadKeepalived(pairConfiguration(90)));
  });
});
