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
import type { Connection } from '../../src/contract/connection.ts';
import type { Failover } from '../../src/contract/failover.ts';
import { needs } from '../environment.ts';
import type { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { VIP4, VRID } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, pairConfiguration, startPair, TCP_PORT, untilHolds, untilSync } from './lab.ts';
import { advertsOf, announcementsOf } from './port-capture.ts';
import { progress } from './progress.ts';

const SESSIONS = 25;
/** More than the 50 packets of sync_period, so that every session is synced again. */
const PACKETS = 60;
/** The kernel's delay, ours, and some for a busy machine. */
const MOST_DELAY_MS = 8000;
const MOST_ELECTION_MS = 30_000;
type Word = 'MASTER' | 'BACKUP';
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
    (await director.shell.run('ipvsadm -Lnc')).split('\n').filter((line) => / ESTABLISHED /.test(line)).length;

  /** When keepalived became that, in epoch milliseconds. Its log has whole seconds, of the guest's clock, which is the machine's. */
  async function enteredMs(director: Director, word: Word): Promise<number[]> {
    const lines = (await director.log()).split('\n').filter((line) => line.includes(`Entering ${word} STATE`));
    return lines.map((line) => Date.parse(`${line.slice(0, 'Sat Nov 21 16:00:00 2026'.length)} UTC`));
  }

  /** By tcpdump: when the new master came, how long there was none. */
  async function expectTimes({ at, reason, gapMs, announcements }: Failover, from: Director, to: Director): Promise<void> {
    const atMs = Date.parse(at);
    const sinceThen = (moment: number) => moment > atMs - STAMPS_APART_MS;
    const adverts = advertsOf(lab.port.capture);
    const first = adverts.findIndex((advert) => advert.source === to.address && sinceThen(advert.atMs));
    const last = adverts.slice(0, first).findLast(({ source }) => source === from.address);
    expectNear(atMs, adverts[first].atMs, STAMPS_APART_MS);
    if (reason === 'preempted') expect(gapMs).toBeNull();
    else {
      expect(last?.priority === 0).toBe(reason === 'resigned');
      expectNear(gapMs, adverts[first].atMs - (last?.atMs ?? 0), STAMPS_APART_MS);
    }
    expect(announcements.map(({ address }) => address)).toEqual([VIP4]);
  }

  function expectAnnounced({ at, announcements }: Failover, to: Director): void {
    const announced = announcementsOf(lab.port.capture).find(({ mac, atMs }) => mac === to.mac && atMs > Date.parse(at) - STAMPS_APART_MS);
    expect(announced?.address).toBe(VIP4);
    expectNear(announcements[0].delayMs, Math.max(0, (announced?.atMs ?? 0) - Date.parse(at)), STAMPS_APART_MS);
  }

  /** Prometheus and the webhook's receiver learn the same. */
  async function expectTold({ at, reason, gapMs, to }: Failover, counted: number): Promise<void> {
    const metrics = await lab.port.metrics();
    expect(await transitions(reason)).toBe(counted + 1);
    expect(metrics).toMatch(new RegExp(`^lvscope_vrrp_master_info{.*address="${to}"} 1`, 'm'));
    expect(Number(/^lvscope_failover_gap_seconds{.*} (\S+)/m.exec(metrics)?.[1])).toBeCloseTo((gapMs ?? 0) / 1000, 3);
    const notification = await eventually('the webhook', async () => notified.find((one) => one.startsAt === at), MOST_DELAY_MS);
    expect(notification).toMatchObject({ status: 'happened', kind: 'vrrp.master_change' });
    expect(notification.summary).toContain(to);
  }

  /**
   * @param deed what is done to the pair, so that `winner` takes over for this reason
   * @param word of keepalived, by which the change is known: the winner's, or the loser's where the winner never gave up
   */
  async function failOver(
    winner: 'lb1' | 'lb2',
    reason: Failover['reason'],
    deed: () => Promise<unknown>,
    word: Word = 'MASTER',
  ): Promise<void> {
    const [to, from] = winner === 'lb1' ? [lab.lb1, lab.lb2] : [lab.lb2, lab.lb1];
    const speaker = word === 'MASTER' ? to : from;
    const earlier = (await failovers()).length;
    const counted = await transitions(reason);
    const entered = (await enteredMs(speaker, word)).length;
    expect(await established(to)).toBe(SESSIONS);

    await deed();
    // One that was killed as master has kept the address, and sync daemons, until it is started again.
    await eventually(`${to.name} takes over`, async () => (await enteredMs(speaker, word)).length > entered, MOST_ELECTION_MS);
    await untilHolds(to);
    await untilSync(to, 'master');
    const { answered } = await lab.client.talk(PACKETS);
    expect(answered, 'sessions that go on').toBe(SESSIONS);
    const settled = async () => (await failovers()).slice(earlier).find(({ sessions }) => sessions.pending === 0);
    const report = await eventually('the new master has synced all sessions', settled, MOST_DELAY_MS);
    say(`${reason}: ${report.conclusion}`);
    expect(report).toMatchObject({ vrid: VRID, family: 'ipv4', interface: 'eth0', from: from.address, to: to.address, reason });
    expect(report.sessions).toEqual({ before: SESSIONS, seenAgain: SESSIONS, moved: 0, lost: 0, pending: 0 });
    expect(report.syncSenderChanged).toBe(true);
    expect(await failovers()).toHaveLength(earlier + 1);
    expectNear((await enteredMs(speaker, word)).at(-1) ?? null, Date.parse(report.at), 2000);
    await expectTimes(report, from, to);
    // One that never gave up announces again only where it has heard the other's advert before that one has heard its own.
    if (word === 'MASTER') expectAnnounced(report, to);
    await expectTold(report, counted);
  }

  const start = (director: Director, priority: number) => director.startKeepalived(pairConfiguration(priority));

  test('keepalived is stopped in order, and comes back', async () => {
    await failOver('lb2', 'resigned', () => lab.lb1.stopKeepalived());
    // The new master says of each session that it had learnt it by sync, as its kernel does.
    const learnt = (await lab.lb2.shell.run('cat /proc/net/ip_vs_conn_sync')).match(/^TCP .* SYNC /gm);
    const origins = (await lab.port.list<Connection>('connections')).map(({ origin }) => origin);
    expect([learnt?.length, origins]).toEqual([SESSIONS, Array(SESSIONS).fill('synced')]);
    await failOver('lb1', 'preempted', () => start(lab.lb1, 100));
  });

  test('keepalived is killed, and comes back', async () => {
    await failOver('lb2', 'no_response', () => lab.lb1.killKeepalived());
    await failOver('lb1', 'preempted', () => start(lab.lb1, 100));
  });

  test('the cable is pulled at the master, and plugged in again', async () => {
    await failOver('lb2', 'no_response', () => lab.lb1.cable('down'));
    await failOver('lb1', 'preempted', () => lab.lb1.cable('up'));
  });

  test('the cable is pulled at the switch, which the master does not notice, and plugged in again', async () => {
    await failOver('lb2', 'no_response', () => lab.segment.plug('lb1', 'down'));
    expect(await lab.lb1.holds(VIP4)).toBe(true);
    await failOver('lb1', 'preempted', () => lab.segment.plug('lb1', 'up'), 'BACKUP');
  });

  test('the priority changes, and changes back', async () => {
    await failOver('lb2', 'preempted', () => lab.lb2.reloadKeepalived(pairConfiguration(110)));
    await failOver('lb1', 'preempted', () => lab.lb2.reloadKeepalived(pairConfiguration(90)));
  });
});

function expectNear(found: number | null, expected: number, within: number): void {
  expect(Math.abs((found ?? Number.NaN) - expected), `${found} is ${expected}`).toBeLessThan(within);
}
