/** A load balancer: a real Linux kernel with IPVS, booted as a process (User-Mode Linux), in which the machine's own keepalived and ipvsadm run. */
import { fileURLToPath } from 'node:url';
import { LineShell } from './line-shell.ts';
import { LAB_FOLDER, macOf, NET4, NET6, type Segment } from './segment.ts';

const UML = 'linux.uml';
const INIT = fileURLToPath(new URL('guest-init.sh', import.meta.url));
const MOST_BOOT_MS = 60_000;
const LOG = '/run/keepalived.log';
const CONFIGURATION = '/run/keepalived.conf';
/** Of keepalived's three processes. */
const PIDS = ['/run/keepalived.pid', '/run/vrrp.pid', '/run/checkers.pid'];

export interface Look {
  readonly output: string;
  /** Epoch milliseconds: it was made between these. */
  readonly sentMs: number;
  readonly doneMs: number;
}

export class Director {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  readonly shell: LineShell;

  private constructor(name: string, number: number, shell: LineShell) {
    this.name = name;
    this.address = `${NET4}${number}`;
    this.mac = macOf(number);
    this.shell = shell;
  }

  /**
   * Up in two seconds on an idle core.
   * @param memory of its kernel and all that runs in it
   */
  static async boot(segment: Segment, name: string, number: number, memory = '160M'): Promise<Director> {
    await segment.addTap(name);
    const words = [
      ...[`umid=${name}`, `uml_dir=${LAB_FOLDER}`, `mem=${memory}`],
      ...['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', `init=${INIT}`],
      ...['quiet', 'con=null', 'con0=fd:0,fd:1', `vec0:transport=tap,ifname=${name},depth=128,mac=${macOf(number)}`],
      ...[`LAB_NAME=${name}`, `LAB_IP4=${NET4}${number}/24`, `LAB_IP6=${NET6}${number}/64`],
    ];
    // Its memory is a file there.
    const env = { ...process.env, HOME: LAB_FOLDER, TMPDIR: LAB_FOLDER };
    const guest = segment.spawn(null, UML, words, { stdio: ['pipe', 'pipe', 'ignore'], env });
    if (!guest.stdin || !guest.stdout) throw new Error('a guest without a console');
    const shell = new LineShell(name, guest.stdin, guest.stdout);
    await shell.said('GUEST-UP', MOST_BOOT_MS);
    return new Director(name, number, shell);
  }

  /** keepalived with this configuration; it must not be running yet. */
  async startKeepalived(configuration: string): Promise<void> {
    const [pid, vrrp, checkers] = PIDS;
    await this.#configure(configuration);
    await this.shell.run(
      `keepalived -n -f ${CONFIGURATION} -l -D -G --pid=${pid} --vrrp_pid=${vrrp} --checkers_pid=${checkers} >>${LOG} 2>&1 &`,
    );
  }

  /** Gives a running keepalived another configuration. */
  async reloadKeepalived(configuration: string): Promise<void> {
    await this.#configure(configuration);
    await this.shell.run(`kill -HUP $(cat ${PIDS[0]})`);
  }

  async #configure(configuration: string): Promise<void> {
    await this.shell.run(`echo ${Buffer.from(configuration).toString('base64')} | base64 -d >${CONFIGURATION}`);
  }

  /** In order: priority 0 is sent, the virtual addresses and the table of services go. */
  async stopKeepalived(): Promise<void> {
    await this.shell.run(`pid=$(cat ${PIDS[0]}); kill $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done`);
  }

  /** As in a crash: addresses, services and sync daemons stay as they are. */
  async killKeepalived(): Promise<void> {
    const [pid, ...children] = PIDS;
    // Stopped first: a parent starts its children again, and children whose parent goes resign in order.
    await this.shell.run(
      `kill -STOP $(cat ${pid}); kill -KILL $(cat ${children.join(' ')}); kill -KILL $(cat ${pid}); rm -f ${PIDS.join(' ')}`,
    );
  }

  /** Its cable is pulled, or plugged in again: as its kernel sees that, without a carrier. */
  async cable(state: 'up' | 'down'): Promise<void> {
    await this.shell.run(`ip link set eth0 ${state}`);
  }

  /** Without them it takes itself for the only one, while others hear it: that makes a split brain. */
  async hearAdverts(hears: boolean): Promise<void> {
    await this.shell.run(`iptables-legacy ${hears ? '-D' : '-I'} INPUT -p 112 -j DROP`);
  }

  /** Its IPVS as after a boot: no service, no session, no sync daemon, the kernel's own settings. */
  async renewIpvs(): Promise<void> {
    const modules = '-d /run/modules ip_vs_rr ip_vs_wrr ip_vs';
    await this.shell.run(`
      for role in master backup; do ipvsadm --stop-daemon $role 2>/dev/null; done; ipvsadm -C
      modprobe -r ${modules}
      modprobe -a ${modules}`);
  }

  /** A service without keepalived; both real servers are reached by direct routing, in turn. */
  async addService(proto: 'tcp' | 'udp', vip: string, port: number): Promise<void> {
    const [option, net] = [`-${proto[0]}`, vip.includes(':') ? NET6 : NET4];
    const at = (address: string) => (vip.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
    const servers = [21, 22].map((number) => `ipvsadm -a ${option} ${at(vip)} -r ${at(`${net}${number}`)} -g`);
    await this.shell.run([`ipvsadm -A ${option} ${at(vip)} -s rr`, ...servers].join('\n'));
  }

  /**
   * A sync daemon without keepalived, begun anew.
   * @param settings of `net.ipv4.vs`, as sysctl takes them
   * @param options of `ipvsadm --start-daemon`
   */
  async startSync(role: 'master' | 'backup', settings: string, options: string): Promise<void> {
    const set = settings && `sysctl -q -w ${settings} &&`;
    await this.shell.run(`ipvsadm --stop-daemon ${role}; ${set} ipvsadm --start-daemon ${role} --mcast-interface eth0 ${options}`);
  }

  /** What keepalived has said since the guest is up. */
  log(): Promise<string> {
    return this.shell.run(`cat ${LOG}`);
  }

  /** Whether an address is on its interface now. */
  async holds(address: string): Promise<boolean> {
    return (await this.shell.run('ip -o addr show dev eth0')).includes(` ${address}/`);
  }

  /** What a command says, `ipvsadm -Ln` for one, and between which moments it looked. */
  async look(command: string): Promise<Look> {
    const sentMs = Date.now();
    const output = await this.shell.run(command);
    return { output, sentMs, doneMs: Date.now() };
  }
}
