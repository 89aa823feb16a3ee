/** What befalls lvscope's own port while it listens beside a real pair: it is told how long nothing was seen, and is back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { Event } from '../../src/contract/event.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { needs } from '../environment.ts';
import { differences, tableOf } from '../ipvsadm-table.ts';
import { eventually } from './eventually.ts';
import { VIP4 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, startPair, TCP_PORT } from './lab.ts';
import { progress } from './progress.ts';

const SOON_MS = 20_000;
/** Half a second on an idle machine; 2 s are promised, and the rest is for the machines that run tests. */
const MOST_BACK_MS = 5000;
const SESSIONS = 20;

describe.skipIf(needs(...LAB_NEEDS))("lvscope's own port beside a real pair", () => {
  const say = progress('own port');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say });
    await lab.port.startLvscope();
    await startPair(lab, { say });
    await lab.client.open(VIP4, TCP_PORT, { count: SESSIONS });
    await equalTables();
  });
  afterAll(() => lab?.close());

  const ip = (words: string): Promise<string> => lab.segment.onHost('mon', `ip ${words}`);

  async function equalTables(): Promise<void> {
    const equal = async () => {
      const kernel = tableOf(await lab.lb2.shell.run('ipvsadm -Lnc'));
      return kernel.size > 0 && differences(tableOf(await lab.port.table()), kernel).length === 0;
    };
    await eventually("the table is that of the backup's kernel", equal, SOON_MS);
  }

  const blindEvents = (): Promise<Event[]> => lab.port.list<Event>('events?kind=sniff.blind');
  const blindness = async (): Promise<Anomaly | undefined> => (await lab.port.list<Anomaly>('anomalies?kind=sniff.blind'))[0];
  const capture = async (): Promise<CaptureStatus> => (await lab.port.list<CaptureStatus>('capture'))[0];

  async function untilHeardSince(atMs: number): Promise<void> {
    const heard = async () =>
      (await lab.port.list<VirtualRouter>('vrrp')).some(({ routers }) =>
        routers.some(({ lastAdvert }) => Date.parse(lastAdvert ?? '') > atMs),
      );
    await eventually('an advert was heard since', heard, SOON_MS);
  }

  /** The port is lost, and had again after a while: what is told meanwhile and afterwards. */
  async function interrupted(lose: () => Promise<unknown>, reason: string, restore: () => Promise<unknown>): Promise<void> {
    const before = (await blindEvents()).length;
    const lostMs = Date.now();
    await lose();
    const told = await eventually('blindness is told', async () => (await blindness())?.check === 'raised' && blindness(), SOON_MS);
    expect(told).toMatchObject({ severity: 'warning', subject: { interface: 'eth0' }, text: `nothing is seen on eth0: ${reason}` });
    expect(await capture()).toMatchObject({ up: false, cannotSee: [`anything: ${reason}`] });
    await lab.client.open(VIP4, TCP_PORT, { count: 1 });
    await restore();
    const backMs = Date.now();

    const events = await eventually('the end is told', async () => (await blindEvents()).length > before && blindEvents(), SOON_MS);
    expect(events).toHaveLength(before + 1);
    const [event] = events.slice(-1);
    const { from, to } = event.details as { from: string; to: string };
    say(`${reason}: heard again ${Date.parse(to) - backMs} ms after it was back`);
    expect(event).toMatchObject({ severity: 'warning', reason, subject: { interface: 'eth0' }, gapMs: Date.parse(to) - Date.parse(from) });
    expect(Date.parse(from)).toBeGreaterThan(lostMs - 1000);
    expect(Date.parse(to) - backMs).toBeLessThan(MOST_BACK_MS);
    expect(await blindness()).toMatchObject({ check: 'clear', endedAt: to });
    await untilHeardSince(Date.parse(to));
    expect(await capture()).toMatchObject({ up: true, cannotSee: [] });
    // What was opened meanwhile is synced again after 50 packets (net.ipv4.vs.sync_threshold is 3 50).
    await lab.client.talk(60);
    await equalTables();
  }

  test('down and up, after longer than a master may be silent', async () => {
    await interrupted(
      () => ip('link set eth0 down'),
      'the link is down',
      async () => {
        await sleep(5000);
        await ip('link set eth0 up');
      },
    );
  });

  test('renamed, and named back', async () => {
    await interrupted(
      () => ip('link set eth0 name lan0'),
      'the interface was renamed to lan0',
      () => ip('link set lan0 name eth0'),
    );
  });

  test('removed, and another one of its name added', async () => {
    await interrupted(
      () => lab.port.removeInterface(),
      'the interface is gone',
      () => lab.port.addInterface(),
    );
    await eventually('the groups are joined again', async () => (await ip('maddress show dev eth0')).includes('224.0.0.81'), SOON_MS);
  });

  test('promiscuous switched off from outside: the kernel counts who wants it, so it stays', async () => {
    const before = (await blindEvents()).length;
    for (const state of ['off', 'on', 'off']) await ip(`link set eth0 promisc ${state}`);
    expect(await ip('-d link show eth0')).toContain('promiscuity 1 ');
    await untilHeardSince(Date.now());
    await equalTables();
    expect(await blindEvents()).toHaveLength(before);
  });

  test('lvscope stands still for longer than a master may be silent: nothing is missed, and no master is lost', async () => {
    const { packets } = await capture();
    const before = (await blindEvents()).length;
    const heldMs = Date.now();
    lab.port.holdLvscope(true);
    await sleep(8000);
    lab.port.holdLvscope(false);
    await untilHeardSince(Date.now());
    // Its master advertises every second.
    expect((await capture()).packets - packets).toBeGreaterThan(Math.floor((Date.now() - heldMs) / 1000) - 2);
    await equalTables();
    expect(await lab.port.list('events?kind=vrrp.master_lost')).toEqual([]);
    expect((await blindEvents()).map(({ reason }) => reason).slice(before)).toEqual([]);
  });
});
