/**
 * FRR's vrrpd (lb2) and keepalived (lb1) are one virtual router. Who is master and why is told by the two programs themselves, when and how
 * long by tcpdump at the same port, and whose checksum is of which dialect by tcpdump, too.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { Failover } from '../../src/contract/failover.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { needs } from '../environment.ts';
import { eventually } from './eventually.ts';
import { configureVrrpd, endVrrpd, prepareFrr, startVrrpd, VIRTUAL_MAC, vrrpdStatus } from './frr.ts';
import { VIP4, virtualRouter } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, untilHolds } from './lab.ts';
import { advertsOf, badChecksumsIn } from './port-capture.ts';
import { progress } from './progress.ts';

const MOST_ELECTION_MS = 30_000;
/** tcpdump and lvscope stamp the same frame on either side of a veth. */
const STAMPS_APART_MS = 5;
const FRR = ['vrrp version 3', 'vrrp priority 200', `vrrp ip ${VIP4}`, 'vrrp advertisement-interval 1000'];
const keepalived = (version: 2 | 3): string => virtualRouter({ priority: 100, version });

describe.skipIf(needs(...LAB_NEEDS, 'frr'))("FRR's vrrpd and keepalived", () => {
  const say = progress('frr');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say });
    await Promise.all([lab.port.startLvscope(), prepareFrr(lab.lb2)]);
    await startVrrpd(lab.lb2, FRR);
    await untilFrrIs('Master');
    await lab.lb1.startKeepalived(keepalived(3));
  });
  afterAll(() => lab?.close());

  const untilFrrIs = (status: string) =>
    eventually(`FRR is ${status}`, async () => (await vrrpdStatus(lab.lb2)).v4.status === status, MOST_ELECTION_MS);

  /** lvscope's word, once it has this master. */
  function untilMaster(address: string): Promise<VirtualRouter> {
    const ask = async () => (await lab.port.list<VirtualRouter>('vrrp')).find(({ master }) => master?.address === address);
    return eventually(`${address} is master`, ask, MOST_ELECTION_MS);
  }

  async function anomaly(kind: string, check: Anomaly['check']): Promise<Anomaly> {
    const ask = async () => (await lab.port.list<Anomaly>(`anomalies?kind=${kind}&check=${check}`))[0];
    const found = await eventually(`${kind} is ${check}`, ask, MOST_ELECTION_MS);
    say(`${kind} is ${check}: ${found.text}`);
    return found;
  }

  /** @param taken waits until the new master is master by its own word */
  async function failOver(to: 'lb1' | 'lb2', reason: Failover['reason'], deed: () => Promise<void>, taken: () => Promise<unknown>) {
    const [winner, loser] = to === 'lb1' ? [lab.lb1, lab.lb2] : [lab.lb2, lab.lb1];
    const earlier = (await lab.port.list('failovers')).length;
    await deed();
    await taken();
    const ask = async () => (await lab.port.list<Failover>('failovers'))[earlier];
    const report = await eventually('the failover is told', ask, MOST_ELECTION_MS);
    say(`${reason}: ${report.conclusion}`);
    expect(report).toMatchObject({ from: loser.address, to: winner.address, reason });
    const adverts = advertsOf(lab.port.capture);
    const atMs = Date.parse(report.at);
    const first = adverts.findIndex(({ source, atMs: sentMs }) => source === winner.address && sentMs > atMs - STAMPS_APART_MS);
    const last = adverts.slice(0, first).findLast(({ source }) => source === loser.address);
    expect(Math.abs(adverts[first].atMs - atMs)).toBeLessThan(STAMPS_APART_MS);
    expect(last?.priority === 0).toBe(reason === 'resigned');
    if (reason === 'preempted') expect(report.gapMs).toBeNull();
    else expect(Math.abs((report.gapMs ?? 0) - (adverts[first].atMs - (last?.atMs ?? 0)))).toBeLessThan(STAMPS_APART_MS);
  }

  test('version 3: the higher priority is master, from the virtual MAC address, and the other one waits', async () => {
    const { version, state, master } = await untilMaster(lab.lb2.address);
    expect({ version, state }).toEqual({ version: 3, state: 'master' });
    expect(master).toMatchObject({ mac: VIRTUAL_MAC, priority: 200 });
    const roles = async () => (await untilMaster(lab.lb2.address)).routers.map(({ address, role }) => `${address} ${role}`);
    await eventually('keepalived listens', async () => (await roles()).length > 1, MOST_ELECTION_MS);
    expect(await roles()).toEqual([`${lab.lb2.address} master`, `${lab.lb1.address} silent_backup`]);
    expect(await lab.lb1.log()).not.toContain('Entering MASTER STATE');
  });

  test('version 3: vrrpd is killed, keepalived takes over, vrrpd comes back; their source addresses differ in kind', async () => {
    await failOver(
      'lb1',
      'no_response',
      () => endVrrpd(lab.lb2, 'KILL'),
      () => untilHolds(lab.lb1),
    );
    await failOver(
      'lb2',
      'preempted',
      () => startVrrpd(lab.lb2, FRR),
      () => untilFrrIs('Master'),
    );
    const { text } = await anomaly('vrrp.src_mac', 'raised');
    const frr = `${lab.lb2.address} (${VIRTUAL_MAC}) sends from the virtual MAC address`;
    expect(text).toContain(`${frr}, ${lab.lb1.address} (${lab.lb1.mac}) from its own`);
    // By their defaults they agree in all else.
    const kinds = (await lab.port.list<Anomaly>('anomalies?kind=vrrp.*&check=raised')).map(({ kind }) => kind);
    expect(kinds.filter((kind) => !['vrrp.src_mac', 'vrrp.short_master', 'vrrp.flap'].includes(kind))).toEqual([]);
    // Of this FRR and this keepalived, both sum up the pseudo-header, as tcpdump does.
    const { routers } = await untilMaster(lab.lb2.address);
    expect(routers.map(({ checksum }) => checksum)).toEqual(['v3_pseudo_header', 'v3_pseudo_header']);
    expect(badChecksumsIn(lab.port.capture)).toBe(0);
  });

  test('version 3: another interval, which a backup adopts, so that there is still one master', async () => {
    await configureVrrpd(lab.lb2, ['vrrp advertisement-interval 2000']);
    const { text } = await anomaly('vrrp.interval_mismatch', 'raised');
    for (const said of [`(${lab.lb1.mac}) sends every 1 s`, `(${VIRTUAL_MAC}) sends every 2 s`]) expect(text).toContain(said);
    expect((await vrrpdStatus(lab.lb2)).advertisementInterval).toBe(2000);
    expect(await lab.lb1.holds(VIP4)).toBe(false);
    expect((await untilMaster(lab.lb2.address)).state).toBe('master');
    await configureVrrpd(lab.lb2, ['vrrp advertisement-interval 1000']);
    await anomaly('vrrp.interval_mismatch', 'clear');
  });

  test('version 2: one at a time, so that the versions differ, then both; vrrpd is stopped in order', async () => {
    await lab.lb1.reloadKeepalived(keepalived(2));
    const { text } = await anomaly('vrrp.version_mismatch', 'raised');
    for (const said of [`(${lab.lb1.mac}) sends version 2`, `(${VIRTUAL_MAC}) sends version 3`]) expect(text).toContain(said);
    await configureVrrpd(lab.lb2, ['vrrp version 2']);
    await anomaly('vrrp.version_mismatch', 'clear');
    await untilFrrIs('Master');
    expect((await untilMaster(lab.lb2.address)).version).toBe(2);
    await failOver(
      'lb1',
      'resigned',
      () => endVrrpd(lab.lb2, 'TERM'),
      () => untilHolds(lab.lb1),
    );
  });
});
