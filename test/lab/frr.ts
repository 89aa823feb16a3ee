/**
 * FRR's vrrpd on a director in keepalived's place, as docs.frrouting.org/en/stable-8.4/vrrp.html has it: the virtual address lies on a macvlan
 * interface with the virtual MAC address, which zebra takes up and down as vrrpd wins and loses. Both are started by hand; no service is.
 */
import type { Director } from './director.ts';
import { VIP4, VRID } from './keepalived-configuration.ts';

const FOLDER = '/run/frr';
const PID = `${FOLDER}/vrrpd.pid`;
const WORDS = `-d -P 0 --vty_socket ${FOLDER} -z ${FOLDER}/zserv --log file:${FOLDER}/log`;
/** RFC 9568 section 7.3. */
export const VIRTUAL_MAC = `00:00:5e:00:01:${VRID.toString(16)}`;

/** Of `show vrrp json`: a virtual router and its IPv4 side. */
interface Status {
  readonly version: number;
  readonly advertisementInterval: number;
  readonly acceptMode: boolean;
  readonly v4: { readonly status: 'Initialize' | 'Master' | 'Backup'; readonly vmac: string; readonly effectivePriority: number };
}

/** Makes the interface and starts zebra; vrrpd is not started. */
export async function prepareFrr({ shell }: Director): Promise<void> {
  await shell.run(`
    modprobe -d /run/modules macvlan
    ip link add link eth0 name vrrp4 address ${VIRTUAL_MAC} type macvlan mode bridge
    ip link set vrrp4 addrgenmode none
    ip addr add ${VIP4}/24 dev vrrp4
    ip link set vrrp4 up
    install -d -o frr -g frr ${FOLDER}
    /usr/lib/frr/zebra ${WORDS} -f /dev/null -i ${FOLDER}/zebra.pid`);
}

const virtualRouter = (lines: readonly string[]): string[] => [
  'interface eth0',
  ...lines.map((line) => line.replace('vrrp', `vrrp ${VRID}`)),
];

/** @param lines of the interface's configuration, without the VRID: `vrrp priority 200` */
export async function startVrrpd({ shell }: Director, lines: readonly string[]): Promise<void> {
  const configuration = virtualRouter(lines).join('\\n');
  await shell.run(`printf '${configuration}\\n' >${FOLDER}/vrrpd.conf; /usr/lib/frr/vrrpd ${WORDS} -f ${FOLDER}/vrrpd.conf -i ${PID}`);
}

/** Changes the configuration of a running vrrpd. */
export async function configureVrrpd({ shell }: Director, lines: readonly string[]): Promise<void> {
  const commands = ['configure terminal', ...virtualRouter(lines)].map((line) => `-c '${line}'`).join(' ');
  await shell.run(`vtysh --vty_socket ${FOLDER} ${commands}`);
}

/** In order, with priority 0, or as in a crash. */
export async function endVrrpd({ shell }: Director, signal: 'TERM' | 'KILL'): Promise<void> {
  await shell.run(`pid=$(cat ${PID}); kill -${signal} $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done`);
}

export async function vrrpdStatus({ shell }: Director): Promise<Status> {
  const [status] = JSON.parse(await shell.run(`vtysh --vty_socket ${FOLDER} -c 'show vrrp json'`)) as Status[];
  return status;
}
