/**
 * A pair of load balancers and what belongs to it, all on one segment:
 *
 *   cl .2   lb1 .11   lb2 .12   rs1 .21   rs2 .22   mon .50      10.99.0.0/24, fd99::/64
 *                                                               virtual: 10.99.0.100, fd99::100
 *
 * Nothing of a lab has a name outside of it, so several can be up at once with the same addresses.
 */
import type { Need } from '../environment.ts';
import { Client } from './client.ts';
import { Director } from './director.ts';
import { eventually } from './eventually.ts';
import { globals, service, VIP4, VIP6, virtualRouter } from './keepalived-configuration.ts';
import { MonitorPort } from './monitor-port.ts';
import { addRealServer } from './real-server.ts';
import { Segment } from './segment.ts';

/** For `needs(...)` of suites with a lab. */
export const LAB_NEEDS: readonly Need[] = ['namespaces', 'uml', 'keepalived', 'ipvsadm', 'tcpdump', 'pcap'];
const MOST_ELECTION_MS = 30_000;
export const TCP_PORT = 80;
export const UDP_PORT = 53;

/** What the pair's keepalived is told, but for the priority. Adverts and sync are sent at the port, clients are served at `eth0`. */
export const pairConfiguration = (priority: number, port = 'eth0'): string =>
  [
    globals(port),
    virtualRouter({ priority, port, vips: [`${VIP4}/24 dev eth0`] }),
    service(VIP4, TCP_PORT),
    service(VIP4, UDP_PORT, 'UDP'),
  ].join('\n');

export interface Lab {
  readonly segment: Segment;
  readonly lb1: Director;
  readonly lb2: Director;
  readonly client: Client;
  readonly port: MonitorPort;
  /** Proves on the way that lvscope was passive: see `MonitorPort.close`. */
  close(): Promise<void>;
}

export interface LabWords {
  readonly say?: (text: string) => void;
  /** Of the loopback interface outside, where lvscope is reached; any that is free when it is 0 or taken. */
  readonly pagePort?: number;
  /** At which the real servers echo, TCP and UDP at each. */
  readonly ports?: readonly number[];
}

/** Both directors are booted and idle, lvscope is not started. */
export async function openLab({ say = () => {}, pagePort = 0, ports = [TCP_PORT, UDP_PORT] }: LabWords = {}): Promise<Lab> {
  const segment = await Segment.open();
  try {
    say('two kernels boot');
    const boot = Promise.all([Director.boot(segment, 'lb1', 11), Director.boot(segment, 'lb2', 12)]);
    const server = { vips: [VIP4, VIP6], ports };
    const hosts = Promise.all([
      Client.start(segment, 'cl', 2),
      MonitorPort.add(segment, 'mon', 50, pagePort),
      addRealServer(segment, { name: 'rs1', number: 21, ...server }),
      addRealServer(segment, { name: 'rs2', number: 22, ...server }),
    ]);
    const [[lb1, lb2], [client, port]] = await Promise.all([boot, hosts]);
    const close = async () => {
      await port.close().finally(() => segment.close());
    };
    return { segment, lb1, lb2, client, port, close };
  } catch (error) {
    await segment.close();
    throw error;
  }
}

/** Waits until a director has taken the address. */
export async function untilHolds(director: Director, vip = VIP4): Promise<void> {
  await eventually(`${director.name} holds ${vip}`, () => director.holds(vip), MOST_ELECTION_MS);
}

/** keepalived on both, lb1 master by its priority, sync daemons running. */
export async function startPair({ lb1, lb2 }: Lab, { say = () => {} }: LabWords = {}, port = 'eth0'): Promise<void> {
  say('keepalived starts on lb1');
  await lb1.startKeepalived(pairConfiguration(100, port));
  await untilHolds(lb1);
  say('lb1 is master, keepalived starts on lb2');
  await lb2.startKeepalived(pairConfiguration(90, port));
  await untilSync(lb1, 'master');
  await untilSync(lb2, 'backup');
}

/** Waits until the sync daemon of a director has this role. */
export async function untilSync(director: Director, role: 'master' | 'backup'): Promise<void> {
  const inRole = async () => (await director.shell.run('ipvsadm -l --daemon')).includes(`${role} sync daemon`);
  await eventually(`${director.name} has a ${role} sync daemon`, inRole, MOST_ELECTION_MS);
}
