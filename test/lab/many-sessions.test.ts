/**
 * Ten thousand sessions of real clients through a real pair, sync set in each way that the kernel knows: lvscope's table is that of
 * the backup's kernel. Sync daemons are started by ipvsadm, as keepalived starts them, so that the pair is another one in a second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../src/contract/daemon.ts';
import { needs } from '../environment.ts';
import type { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { VIP4, VIP6 } from './keepalived-configuration.ts';
import { LAB_NEEDS, type Lab, openLab } from './lab.ts';
import { fragmentsOf } from './port-capture.ts';
import { progress } from './progress.ts';
import { differencesAtRest, isQuick, lookOfKernel, lookOfLvscope, type TableLook } from './table-look.ts';

/** Of each protocol; the client may have 20 000 files open. */
const EACH = 5000;
const ENDED = 1000;
const MOST_REST_MS = 60_000;
const REFRESH_SECONDS = 4;
/** Ends that such a pause has put off are told apart from those of before, whatever the comparison forgives. */
const PAUSE_MS = 6000;
const GROUP4 = '224.0.0.81';
const GROUP6 = 'ff02::81';

interface Way {
  readonly way: string;
  /** Of `net.ipv4.vs`. */
  readonly settings: string;
  /** Of `ipvsadm --start-daemon`. */
  readonly options?: string;
  readonly tcpVip?: string;
  /** Every session that still lasts is told of once more. */
  readonly refreshed?: boolean;
  /** What lvscope says of the sender, to show that the pair was as it was meant to be. */
  readonly sender: Partial<Daemon>;
  /** Whether datagrams came in pieces. */
  readonly fragments?: boolean;
}

const WAYS: readonly Way[] = [
  { way: 'version 1', settings: 'sync_version=1', sender: { version: 1, ports: [8848], group: GROUP4 } },
  { way: 'version 0', settings: 'sync_version=0', sender: { version: 0, ports: [8848], group: GROUP4 } },
  { way: 'sync_ports 4', settings: 'sync_ports=4', sender: { version: 1, ports: [8848, 8851], group: GROUP4 } },
  { way: 'sync_maxlen 8000', settings: '', options: '--sync-maxlen 8000', sender: { ports: [8848], group: GROUP4 }, fragments: true },
  {
    way: 'sync over IPv6, of sessions over both',
    settings: '',
    options: `--mcast-group ${GROUP6}`,
    tcpVip: VIP6,
    sender: { ports: [8848], group: GROUP6 },
  },
  {
    way: `sync_refresh_period ${REFRESH_SECONDS}`,
    settings: `sync_refresh_period=${REFRESH_SECONDS} sync_threshold='3 0'`,
    refreshed: true,
    sender: { ports: [8848], group: GROUP4 },
  },
];

const syncidOf = (way: Way): number => 1 + WAYS.indexOf(way);
/** Of its own: a backup goes by the real server that it knows until a UDP session ends, and lvscope would of those before. */
const portOf = (way: Way): number => 8001 + WAYS.indexOf(way);

describe.skipIf(needs(...LAB_NEEDS))('ten thousand sessions through a real pair', () => {
  const say = progress('many-sessions');
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab({ say, ports: WAYS.map(portOf) });
    await lab.port.startLvscope('', ['--sync', `${GROUP4}:8848-8911`, '--sync', `[${GROUP6}]:8848-8911`]);
    await lab.lb1.shell.run(`ip addr add ${VIP4}/32 dev eth0; ip addr add ${VIP6}/128 dev eth0 nodad`);
  });
  afterEach(() => lab.client.reset(2 * EACH));
  afterAll(() => lab?.close());

  /** The kernels know nothing of the sessions before; lvscope, which goes on, has them under other sync ids and ports. */
  async function begin(way: Way): Promise<void> {
    const { settings, options = '', tcpVip = VIP4 } = way;
    await Promise.all([lab.lb1.renewIpvs(), lab.lb2.renewIpvs()]);
    for (const director of [lab.lb1, lab.lb2]) {
      await director.addService('tcp', tcpVip, portOf(way));
      await director.addService('udp', VIP4, portOf(way));
    }
    const all = settings.replace(/(?=\bsync_)/g, 'net.ipv4.vs.');
    await lab.lb2.startSync('backup', all, `--syncid ${syncidOf(way)} ${options}`);
    await lab.lb1.startSync('master', all, `--syncid ${syncidOf(way)} ${options}`);
  }

  const senderOf = async (way: Way) => (await lab.port.list<Daemon>('daemons')).find(({ syncid }) => syncid === syncidOf(way));

  test.each(WAYS)('$way', async (way) => {
    await begin(way);
    const before = await Promise.all([datagrams(lab.lb1, 'Out'), datagrams(lab.lb2, 'In')]);
    const fragmentsBefore = fragmentsOf(lab.port.capture);
    say(`${way.way}: the kernels and lvscope are ready`);

    const tcp = await lab.client.open(way.tcpVip ?? VIP4, portOf(way), { count: EACH });
    const udp = await lab.client.open(VIP4, portOf(way), { proto: 'udp', count: EACH });
    expect([tcp.failed, udp.failed]).toEqual([0, 0]);
    await lab.client.close(ENDED);
    let records = 2 * EACH + ENDED;
    if (way.refreshed) {
      await sleep(PAUSE_MS);
      await lab.client.talk(1);
      records += 2 * EACH - ENDED;
    }
    say(`${way.way}: ${2 * EACH} sessions are open`);

    /** Sync datagrams by the word of the master's kernel, of the backup's and of lvscope; null when something of them is on its way. */
    async function atRest(): Promise<Daemon | null> {
      const [sent, received] = [(await datagrams(lab.lb1, 'Out')) - before[0], (await datagrams(lab.lb2, 'In')) - before[1]];
      const heard = await senderOf(way);
      return sent === received && sent === heard?.datagrams && Number(heard.records) >= records ? heard : null;
    }
    /** Nothing was in flight from before the first look until after the second: no row needs an excuse. */
    async function looksAtRest(): Promise<{ ours: TableLook; kernel: TableLook; heard: Daemon } | null> {
      const heard = await atRest();
      if (heard === null) return null;
      const looks = { kernel: await lookOfKernel(lab.lb2), ours: await lookOfLvscope(lab.port, heard), heard };
      return isQuick(looks.kernel) && isQuick(looks.ours) && (await atRest())?.datagrams === heard.datagrams ? looks : null;
    }
    const { ours, kernel, heard } = await eventually('a moment at which nothing is in flight', looksAtRest, MOST_REST_MS);
    say(
      `${way.way}: ${heard.datagrams} datagrams, ${heard.records} records, ${kernel.rows.size} rows, read in ${(kernel.to - kernel.from).toFixed(2)} s`,
    );
    expect(kernel.rows.size).toBe(2 * EACH);
    expect([...kernel.rows.keys()].filter((row) => row.startsWith('TCP FIN_WAIT '))).toHaveLength(ENDED);
    expect(differencesAtRest(ours, kernel)).toEqual([]);
    expect(heard).toMatchObject(way.sender);
    expect(fragmentsOf(lab.port.capture) > fragmentsBefore).toBe(way.fragments ?? false);
    say(`${way.way}: equal`);
  });
});

/** UDP datagrams of a director's own, over IPv4 and IPv6, since it is up. */
async function datagrams({ shell }: Director, way: 'In' | 'Out'): Promise<number> {
  const text = await shell.run('grep "^Udp:" /proc/net/snmp; grep ^Udp6 /proc/net/snmp6');
  const [names, numbers] = text.split('\n', 2).map((line) => line.split(' '));
  return Number(numbers[names.indexOf(`${way}Datagrams`)]) + Number(new RegExp(`^Udp6${way}Datagrams\\s+(\\d+)`, 'm').exec(text)?.[1]);
}
