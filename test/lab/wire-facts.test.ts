/** Facts 1 and 2 of docs/wire-facts.md measured with live kernels: another kernel than that of the page may answer otherwise. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { Daemon } from '../../src/contract/daemon.ts';
import { needs } from '../environment.ts';
import { differences, tableOf } from '../ipvsadm-table.ts';
import type { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { VIP4 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, UDP_PORT } from './lab.ts';
import { progress } from './progress.ts';

const SYNCID = 5;
const SOON_MS = 10_000;
/** The kernel keeps a sync message back for up to 3.1 s. */
const SETTLED_MS = 4000;
const rows = (text: string): number => text.trim().split('\n').length - 2;

describe.skipIf(needs(...LAB_NEEDS))('facts of the wire', () => {
  const say = progress('wire-facts');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say });
    await lab.port.startLvscope();
    for (const director of [lab.lb1, lab.lb2]) await director.addService('udp', VIP4, UDP_PORT);
    await lab.lb1.shell.run(`ip addr add ${VIP4}/32 dev eth0`);
  });
  afterAll(() => lab?.close());

  /** Sync daemons, begun anew, with kernel settings and options of their own. */
  async function sync(settings: string, options: string): Promise<void> {
    const all = `--syncid ${SYNCID} ${options}`;
    await lab.lb2.startSync('backup', settings, all);
    await lab.lb1.startSync('master', settings, all);
  }

  async function daemon(): Promise<Daemon | undefined> {
    return (await lab.port.list<Daemon>('daemons')).find(({ syncid }) => syncid === SYNCID);
  }

  test('each sync socket counts its datagrams one by one, whatever else the host sends', async () => {
    await sync("net.ipv4.vs.sync_ports=2 net.ipv4.vs.sync_threshold='0 1'", '--sync-maxlen 100');
    const pings = lab.lb1.shell.run('ping -i 0.02 -c 100 10.99.0.21');
    await lab.client.open(VIP4, UDP_PORT, { proto: 'udp', count: 300, packets: 2 });
    await pings;
    const sent = async () => Number((await lab.lb1.shell.run("grep '^Udp: [0-9]' /proc/net/snmp")).split(' ')[4]);
    const all = await eventually(
      'all is heard',
      async () => ((await daemon())?.datagrams === (await sent()) ? daemon() : undefined),
      SOON_MS,
    );
    say(`${all.datagrams} datagrams, ${all.lostDatagrams} missing`);
    expect(all.datagrams).toBeGreaterThan(250);
    // Null: were the steps not 1, lvscope could not tell.
    expect(all.lostDatagrams).toBe(0);
  });

  test.each([1, 0])('version %i: of a message with more than 255 records the backup lacks 256, and so does lvscope', async (version) => {
    await sync(`net.ipv4.vs.sync_version=${version} net.ipv4.vs.sync_ports=1 net.ipv4.vs.sync_threshold='3 50'`, '--sync-maxlen 65507');
    const wraps = async () => (await lab.port.list<Anomaly>('anomalies?kind=ipvs.count_wrap')).reduce((sum, { count }) => sum + count, 0);
    const kernel = (director: Director) => director.shell.run('ipvsadm -Lnc');
    const lacking = async () => rows(await kernel(lab.lb1)) - rows(await kernel(lab.lb2));
    const before = { wraps: await wraps(), lacking: await lacking() };
    await lab.client.open(VIP4, UDP_PORT, { proto: 'udp', count: 1000, packets: 3 });
    await sleep(SETTLED_MS);
    const lacks = (await lacking()) - before.lacking;
    say(`version ${version}: the backup lacks ${lacks} sessions`);
    expect(lacks).toBeGreaterThanOrEqual(256);
    expect(await wraps()).toBeGreaterThan(before.wraps);
    expect(differences(tableOf(await lab.port.table()), tableOf(await kernel(lab.lb2)))).toEqual([]);
  });
});
