/** Adverts and sync of a real pair go through a VLAN, and lvscope, in a guest of its own, listens at the VLAN interface there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { Daemon } from '../../src/contract/daemon.ts';
import type { Event } from '../../src/contract/event.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { needs } from '../environment.ts';
import { differences, tableOf } from '../ipvsadm-table.ts';
import { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { doctor, list, MEMORY, startLvscope, stopLvscope, table } from './guest-monitor.ts';
import { VIP4, VRID } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, startPair, TCP_PORT } from './lab.ts';
import { advertsOf, reportsIn, straysIn } from './port-capture.ts';
import { progress } from './progress.ts';
import { endRecording, type Recording, record } from './recording.ts';
import { addVlan, VLAN, VLAN_PORT, vlanAddressOf } from './vlan.ts';

const SOON_MS = 30_000;
const SESSIONS = 20;
const NAME = 'watch';

describe.skipIf(needs(...LAB_NEEDS))("lvscope's own port is a VLAN interface", () => {
  const say = progress('vlan');
  let lab: Lab;
  let guest: Director;
  /** What left the guest. */
  let emitted: Recording;

  beforeAll(async () => {
    lab = await openLab({ say });
    guest = await Director.boot(lab.segment, NAME, 60, MEMORY);
    await Promise.all([lab.lb1, lab.lb2, guest].map(addVlan));
    emitted = await record(lab.segment, NAME, 'emitted.pcap', '-Q', 'in');
    say('lvscope starts in a guest');
    await Promise.all([startLvscope(guest, VLAN_PORT), startPair(lab, { say }, VLAN_PORT)]);
    say('lvscope is ready');
    await lab.client.open(VIP4, TCP_PORT, { count: SESSIONS });
  });
  afterAll(() => lab?.close());

  const ip = (words: string): Promise<string> => guest.shell.run(`ip ${words}`);
  /** Of the guest's clock: epoch milliseconds. */
  const now = async (): Promise<number> => Number(await guest.shell.run('date +%s%3N'));
  const capture = async (): Promise<CaptureStatus> => (await list<CaptureStatus>(guest, 'capture'))[0];
  const routers = (): Promise<VirtualRouter[]> => list<VirtualRouter>(guest, 'vrrp');

  async function equalTables(): Promise<void> {
    const equal = async () => {
      const kernel = tableOf(await lab.lb2.shell.run('ipvsadm -Lnc'));
      return kernel.size >= SESSIONS && differences(tableOf(await table(guest)), kernel).length === 0;
    };
    await eventually("the table is that of the backup's kernel", equal, SOON_MS);
    say('the tables are equal');
  }

  const joined = async (): Promise<boolean> => {
    const groups = await ip(`maddress show dev ${VLAN_PORT}`);
    return ['224.0.0.18', '224.0.0.81'].every((group) => groups.includes(`inet  ${group}`));
  };

  test('the master and the sessions are those of the pair; on the wire all has a tag, in lvscope nothing has', async () => {
    await equalTables();
    const heard = await routers();
    const where = { interface: VLAN_PORT, vlan: null };
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ ...where, vrid: VRID, state: 'master', addresses: [VIP4] });
    expect(heard[0].master).toMatchObject({ address: vlanAddressOf(lab.lb1), mac: lab.lb1.mac, priority: 100 });
    const senders = (await list<Daemon>(guest, 'daemons')).filter(({ role }) => role === 'sender');
    expect(senders).toHaveLength(1);
    expect(senders[0]).toMatchObject({ ...where, address: vlanAddressOf(lab.lb1), mac: lab.lb1.mac });
    expect(advertsOf(lab.port.capture)).toEqual([]);
    expect(advertsOf(lab.port.capture, VLAN).map(({ source }) => source)).toContain(vlanAddressOf(lab.lb1));
  });

  test('the groups are joined in the VLAN, and not below it', async () => {
    expect(await joined()).toBe(true);
    expect(await ip('maddress show dev eth0')).not.toMatch(/inet {2}224\.0\.0\.(18|81)/);
    const reports = reportsIn([emitted.file]);
    expect(reports).not.toEqual([]);
    expect(reports.filter((line) => !line.includes(`vlan ${VLAN},`))).toEqual([]);
  });

  test('doctor names the VLAN, and hears the master without a tag', async () => {
    const said = await doctor(guest, VLAN_PORT);
    expect(said).toContain(`${VLAN_PORT} is VLAN ${VLAN} of eth0`);
    // Its sessions say nothing meanwhile, so there is no sync to hear.
    expect(said).toContain(`on ${VLAN_PORT}: master ${vlanAddressOf(lab.lb1)} (priority 100)`);
    expect(said).not.toContain('wire.tagged');
  });

  test('the interface below goes down and comes up, and the VLAN with it', async () => {
    const lost = await list(guest, 'events?kind=vrrp.master_lost');
    const lostMs = await now();
    await ip('link set eth0 down');
    const isTold = async () => !(await capture()).up && capture();
    const told = await eventually('blindness is told', isTold, SOON_MS);
    expect(told.cannotSee).toEqual(['anything: the link is down']);
    const reports = reportsIn([emitted.file]).length;
    await lab.client.open(VIP4, TCP_PORT, { count: 1 });
    // Longer than a master may be silent.
    await sleep(4000);
    const upMs = await now();
    await ip('link set eth0 up');

    const [event] = await eventually(
      'the end is told',
      async () => {
        const events = await list<Event>(guest, 'events?kind=sniff.blind');
        return events.length > 0 && events;
      },
      SOON_MS,
    );
    const { from, to } = event.details as { from: string; to: string };
    say(`heard again ${Date.parse(to) - upMs} ms after it was up`);
    expect(event).toMatchObject({ reason: 'the link is down', subject: { interface: VLAN_PORT } });
    expect(Date.parse(from)).toBeGreaterThan(lostMs - 1000);
    expect(Date.parse(from)).toBeLessThan(upMs);
    expect(Date.parse(to)).toBeGreaterThan(upMs);
    const isHeard = async () =>
      (await routers()).some(({ routers: senders }) => senders.some(({ lastAdvert }) => Date.parse(lastAdvert ?? '') > Date.parse(to)));
    await eventually('an advert was heard since', isHeard, SOON_MS);
    expect(await capture()).toMatchObject({ up: true, cannotSee: [] });
    expect(await joined()).toBe(true);
    await eventually('the joins are sent again', async () => reportsIn([emitted.file]).length > reports, SOON_MS);
    expect(await list(guest, 'events?kind=vrrp.master_lost')).toEqual(lost);
    // What was opened meanwhile is synced again after 50 packets (net.ipv4.vs.sync_threshold is 3 50).
    await lab.client.talk(60);
    await equalTables();
  });

  test('it is stopped in order, and the guest has sent joins and leaves, and nothing else', async () => {
    await stopLvscope(guest);
    await endRecording(emitted);
    expect(straysIn([emitted.file])).toEqual([]);
  });
});
