/** What goes wrong with real load balancers, made with real ones: lvscope says what it is while it lasts, and that it is over. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import { needs } from '../environment.ts';
import { eventually } from './eventually.ts';
import { VIP4, VRID, virtualRouter } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, startPair, untilHolds } from './lab.ts';
import { advertsOf } from './port-capture.ts';
import { progress } from './progress.ts';
import { answerForVips, hushVips } from './real-server.ts';
import { LAB_FOLDER, macOf, NET4 } from './segment.ts';

const SOON_MS = 15_000;
/** tcpdump and lvscope stamp the same frame on either side of a veth. */
const STAMPS_APART_MS = 5;
const RS1_MAC = macOf(21);

describe.skipIf(needs(...LAB_NEEDS))('troubles of a real pair', () => {
  const say = progress('troubles');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say });
    await lab.port.startLvscope();
    await startPair(lab, { say });
  });
  afterAll(() => lab?.close());

  async function anomaly(kind: string, check: Anomaly['check']): Promise<Anomaly> {
    const ask = async () => (await lab.port.list<Anomaly>(`anomalies?kind=${kind}`)).find((one) => one.check === check);
    const found = await eventually(`${kind} is ${check}`, ask, SOON_MS);
    say(`${kind} is ${check}: ${found.text}`);
    return found;
  }

  test('split brain: the backup hears no adverts, then hears them again', async () => {
    expect(await lab.port.list('anomalies?kind=vrrp.two_masters&check=raised')).toEqual([]);
    await lab.lb2.hearAdverts(false);
    await untilHolds(lab.lb2);
    expect(await lab.lb1.holds(VIP4)).toBe(true);
    const raised = await anomaly('vrrp.two_masters', 'raised');
    expect(raised).toMatchObject({ severity: 'critical', endedAt: null, subject: { vrid: VRID, family: 'ipv4', interface: 'eth0' } });
    for (const { address } of [lab.lb1, lab.lb2]) expect(raised.text).toContain(address);
    const sent = () => advertsOf(lab.port.capture).filter(({ source }) => source === lab.lb2.address);
    // It is told after the second advert of the one that must give way, and began with the first.
    expect(Math.abs(Date.parse(raised.firstSeen ?? '') - sent()[0].atMs)).toBeLessThan(STAMPS_APART_MS);

    await lab.lb2.hearAdverts(true);
    const over = await anomaly('vrrp.two_masters', 'clear');
    expect(await lab.lb2.holds(VIP4)).toBe(false);
    expect(await lab.lb1.holds(VIP4)).toBe(true);
    expect(Math.abs(Date.parse(over.endedAt ?? '') - (sent().at(-1)?.atMs ?? 0))).toBeLessThan(STAMPS_APART_MS);
  });

  test('a real server that answers ARP for the virtual address', async () => {
    await lab.segment.mirror();
    const askWhoHasIt = () => lab.segment.onHost('cl', `ip neigh flush all; ping -c 1 -W 1 ${VIP4} >/dev/null`);
    await askWhoHasIt();
    expect(await lab.port.list('anomalies?kind=arp.vip_*&check=raised')).toEqual([]);
    await answerForVips(lab.segment, 'rs1');
    await askWhoHasIt();
    await hushVips(lab.segment, 'rs1');
    expect(await anomaly('arp.vip_wrong_mac', 'raised')).toMatchObject({ severity: 'critical', subject: { address: VIP4, mac: RS1_MAC } });
    expect(await anomaly('arp.vip_two_answers', 'raised')).toMatchObject({ severity: 'critical', subject: { address: VIP4 } });
  });

  test('another cluster on the same VRID', async () => {
    const [address, vip] = [`${NET4}13`, `${NET4}200`];
    await lab.segment.addHost('other', 13);
    writeFileSync(lab.segment.path('other.conf'), virtualRouter({ priority: 80, vips: [`${vip}/24`] }));
    lab.segment.spawn('other', 'keepalived', ['--vrrp', '-n', '-f', `${LAB_FOLDER}/other.conf`], { stdio: 'ignore' });
    const found = await anomaly('vrrp.vrid_conflict', 'raised');
    // Its lower priority does not keep it back: keepalived drops adverts in which its own address is not.
    const first = advertsOf(lab.port.capture).find(({ source }) => source === address);
    expect(Math.abs(Date.parse(found.firstSeen ?? '') - (first?.atMs ?? 0))).toBeLessThan(STAMPS_APART_MS);
    expect(found).toMatchObject({ severity: 'critical', subject: { vrid: VRID } });
    // Not of lb2, which was master, too, less than a minute ago.
    expect(await lab.lb1.holds(VIP4)).toBe(true);
    expect(found.text).toContain(`by ${lab.lb1.address} (${lab.lb1.mac}) for ${VIP4} and by ${address} (${macOf(13)}) for ${vip};`);
    const heardOfLb2Ms = advertsOf(lab.port.capture).findLast(({ source }) => source === lab.lb2.address)?.atMs ?? 0;
    expect(Date.parse(found.firstSeen ?? '') - heardOfLb2Ms).toBeLessThan(60_000);
  });
});
