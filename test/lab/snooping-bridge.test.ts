/**
 * A bridge that snoops and asks, a real pair on it whose sync goes to a group: without a join the port hears none of it, with the
 * join it does, and the doctor says why. The groups of 224.0.0.0/24 come anyway (RFC 4541 section 2.1.2).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import type { Daemon } from '../../src/contract/daemon.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { LVSCOPE, needs } from '../environment.ts';
import { differences, tableOf } from '../ipvsadm-table.ts';
import { eventually } from './eventually.ts';
import { VIP4 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab, startPair, TCP_PORT } from './lab.ts';
import { progress } from './progress.ts';

/** Outside 224.0.0.0/24, where a bridge that snoops withholds what nobody joined. */
const GROUP = '239.1.1.1';
const SYNC = ['--sync', `${GROUP}:8848`];
const SOON_MS = 20_000;
/** Hundredths of a second: it asks every two seconds, and withholds from one second after the first question on. */
const PACE = 'mcast_query_interval 200 mcast_query_response_interval 100 mcast_startup_query_interval 100';

describe.skipIf(needs(...LAB_NEEDS))('a bridge that snoops and asks', () => {
  const say = progress('snooping');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say });
    await lab.segment.shell.run(`ip link set br0 type bridge mcast_snooping 1 ${PACE}; ip link set br0 type bridge mcast_querier 1`);
    await startPair(lab, { say });
    for (const [director, role] of [
      [lab.lb1, 'master'],
      [lab.lb2, 'backup'],
    ] as const)
      await director.shell.run(
        `ipvsadm --stop-daemon ${role}; ipvsadm --start-daemon ${role} --mcast-interface eth0 --syncid 51 --mcast-group ${GROUP}`,
      );
    await lab.client.open(VIP4, TCP_PORT, { count: 10 });
    const isLearnt = async () => tableOf(await lab.lb2.shell.run('ipvsadm -Lnc')).size > 0;
    await eventually('the backup, which has joined, learns the sessions', isLearnt, SOON_MS);
  });
  afterAll(() => lab?.close());

  const senders = async (): Promise<Daemon[]> => (await lab.port.list<Daemon>('daemons')).filter(({ role }) => role === 'sender');
  const sync = async (): Promise<number> => (await senders()).reduce((sum, { datagrams }) => sum + (datagrams ?? 0), 0);

  async function doctor(...words: string[]): Promise<Finding[]> {
    const run = `${process.execPath} ${LVSCOPE} doctor -i eth0 --json --data /run/lab/doctor ${[...SYNC, ...words].join(' ')}`;
    const told = JSON.parse((await lab.segment.answerOf('mon', run)).output) as { findings: Finding[] };
    return told.findings;
  }

  test('with --no-join no sync comes while VRRP does, and the doctor names the cause', async () => {
    await lab.port.startLvscope('', [...SYNC, '--no-join']);
    const isHeard = async () => (await lab.port.list<VirtualRouter>('vrrp')).some(({ state }) => state === 'master');
    await eventually('VRRP, to 224.0.0.18, is heard without a join', isHeard, SOON_MS);
    await lab.client.talk(60);
    const found = await doctor('--no-join', '--seconds', '4');
    expect(await sync()).toBe(0);
    expect(await lab.segment.onHost('mon', 'ip maddress show dev eth0')).not.toContain(GROUP);
    expect(found.find(({ kind }) => kind === 'sync.silent')?.advice[0]).toMatch(/leave --no-join out/);
    expect(found.find(({ kind }) => kind === 'group.querier')?.text).toMatch(/asks on eth0, IGMPv\d/);
    expect(await lab.port.stopLvscope()).toBe(0);
  });

  test('joined, it is heard, and the table is that of the backup', async () => {
    await lab.port.startLvscope('', SYNC);
    const hears = async () => {
      await lab.client.talk(60);
      return (await sync()) > 0;
    };
    await eventually('sync is heard', hears, SOON_MS);
    const isEqual = async () => {
      const kernel = tableOf(await lab.lb2.shell.run('ipvsadm -Lnc'));
      return kernel.size > 0 && differences(tableOf(await lab.port.table()), kernel).length === 0;
    };
    await eventually("the table is that of the backup's kernel", isEqual, SOON_MS);
    expect(await lab.port.stopLvscope()).toBe(0);
  });

  test('the doctor says that the join makes the difference', async () => {
    // After a leave the bridge asks for other members first.
    const isForgotten = async () => !(await lab.segment.shell.run('bridge mdb show')).includes(`port mon grp ${GROUP}`);
    await eventually('the bridge delivers no more to the port', isForgotten, SOON_MS);
    await lab.client.churn(VIP4, TCP_PORT, 20, 1);
    const found = await doctor('--seconds', '10');
    await lab.client.calm();
    const heard = found.filter(({ kind }) => /^sync\..*_join$/.test(kind)).map(({ kind, text }) => `${kind} ${text}`);
    expect(heard).toEqual([expect.stringMatching(/^sync\.only_after_join 239\.1\.1\.1 on eth0: 0 datagrams in .*, [1-9]\d* in/)]);
  });
});
