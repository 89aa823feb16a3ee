/**
 * A network segment of its own: a bridge, and hosts and directors on it. All of it, processes, namespaces, interfaces and files, lives in one
 * process's namespaces, none of which has a name outside. That process reads its lines from us: when we end, however we end, it
 * reads the end of its input and goes, and the kernel takes everything down with it.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Answer, LINE_LOOP, LineShell } from './line-shell.ts';

export const NET4 = '10.99.0.';
export const NET6 = 'fd99::';
const MOST_START_MS = 10_000;

/** @param number last part of the addresses, 1 to 255 */
export const macOf = (number: number): string => `02:99:00:00:00:${number.toString(16).padStart(2, '0')}`;

/** Files of the lab lie in a file system of its own: seen by its processes here, by others under `Segment.path`. */
export const LAB_FOLDER = '/run/lab';

/** Snooping off: every port hears every multicast, as on a mirror port. No learning delay: the bridge has no loops. */
const SWITCH = `
exec 2>&1
set -e
mount -t tmpfs lab /run
mkdir ${LAB_FOLDER}
sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add br0 type bridge mcast_snooping 0 forward_delay 0
ip link set br0 up
echo SWITCH-UP
set +e`;

export class Segment {
  readonly #keeper: ChildProcess;
  /** Lines run here see the bridge and its ports, which are named for what hangs on them. */
  readonly shell: LineShell;
  readonly #pid: number;

  private constructor(keeper: ChildProcess, shell: LineShell) {
    this.#keeper = keeper;
    this.shell = shell;
    this.#pid = onlyChildOf(keeper);
  }

  static async open(): Promise<Segment> {
    const namespaces = ['--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];
    const script = `${SWITCH}\n${LINE_LOOP}`;
    // In a session of its own: Ctrl-C is for us, who end in order.
    const keeper = spawn('unshare', [...namespaces, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    const shell = new LineShell('the switch', keeper.stdin, keeper.stdout);
    await shell.said('SWITCH-UP', MOST_START_MS);
    return new Segment(keeper, shell);
  }

  /** A file of the lab, as processes outside it reach it. */
  path(name: string): string {
    return `/proc/${this.#pid}/root${LAB_FOLDER}/${name}`;
  }

  /** A namespace with `eth0` on the bridge, at .number and ::number; no address of its own making, so that it says little unasked. */
  async addHost(name: string, number: number): Promise<void> {
    await this.shell.run(`
      ip netns add ${name}
      ip -n ${name} link set lo up`);
    await this.lay(name);
    await this.wake(name, number);
  }

  /** A cable between the bridge and the `eth0` of a host, which is down. */
  async lay(name: string): Promise<void> {
    await this.shell.run(`
      ip link add ${name} type veth peer name eth0 netns ${name}
      ip link set ${name} master br0 up`);
  }

  /** `eth0` of a host has its addresses and comes up. */
  async wake(name: string, number: number): Promise<void> {
    const inside = `ip -n ${name}`;
    await this.shell.run(`
      ${inside} link set eth0 addrgenmode none
      ${inside} link set eth0 address ${macOf(number)} up
      ${inside} addr add ${NET4}${number}/24 dev eth0
      ${inside} -6 addr add ${NET6}${number}/64 dev eth0 nodad
      ip netns exec ${name} ethtool -K eth0 tx off >/dev/null`);
  }

  /** A port for a guest: the other end is what the guest reads and writes. */
  async addTap(name: string): Promise<void> {
    await this.shell.run(`ip tuntap add dev ${name} mode tap; ip link set ${name} master br0 up`);
  }

  /**
   * The switch's end of a cable, while who hangs on the other end keeps its carrier. The port leaves the bridge, since after `down` and
   * `up` of a tap interface its guest did not fail back within 30 s (seen; the reason was not looked for).
   */
  async plug(name: string, state: 'up' | 'down'): Promise<void> {
    await this.shell.run(`ip link set ${name} ${state === 'up' ? 'master br0' : 'nomaster'}`);
  }

  /** From now on the switch remembers no address, so that every port hears all frames, as a mirror port does. */
  async mirror(): Promise<void> {
    await this.shell.run('ip link set br0 type bridge ageing_time 0');
  }

  /** What the commands print in the namespace of a host, and how that went. */
  answerOf(name: string, commands: string): Promise<Answer> {
    return this.shell.answer(inside(name, commands));
  }

  /**
   * What the commands print in the namespace of a host.
   * @throws Error when they fail
   */
  onHost(name: string, commands: string): Promise<string> {
    return this.shell.run(inside(name, commands));
  }

  /**
   * A program on a host, or beside the switch (null); it ends with the segment. `signalTo` reaches it.
   * @param program absolute, or on the PATH
   */
  spawn(host: string | null, program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    // Not by nsenter alone: a host has a /sys of its own, where its interfaces are found.
    const there = host === null ? [] : ['ip', 'netns', 'exec', host];
    const enter = ['--target', `${this.#pid}`, '--mount', '--pid', '--net', '--', ...there, program, ...args];
    return spawn('nsenter', enter, { detached: true, ...options });
  }

  /** Resolves when nothing is left of it: the first process of a namespace is gone only when all others are. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null || this.#keeper.signalCode !== null) return;
    const gone = once(this.#keeper, 'exit');
    process.kill(this.#pid, 'SIGKILL');
    await gone;
  }
}

/** As one command of the switch's shell. */
const inside = (host: string, commands: string): string => `ip netns exec ${host} sh -c '${commands.replaceAll("'", "'\\''")}'`;

/** The process that another one, `unshare` or `nsenter`, waits for. */
function onlyChildOf({ pid }: ChildProcess): number {
  const [child] = childrenOf(pid);
  if (child === undefined) throw new Error(`process ${pid} has no child`);
  return child;
}

const childrenOf = (pid: number | undefined): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Signals a program that `Segment.spawn` has started: what it gave is only the process that waits for it. */
export function signalTo(program: ChildProcess, signal: NodeJS.Signals): void {
  process.kill(onlyChildOf(program), signal);
}

/**
 * Stops it and its children, or lets them go on. The process that waits for it stops by itself when it sees it stopped: so it is woken
 * last, when it does not see that any more.
 */
export function hold(program: ChildProcess, isHeld: boolean): void {
  const pid = onlyChildOf(program);
  if (isHeld) for (const each of [pid, ...childrenOf(pid)]) process.kill(each, 'SIGSTOP');
  else for (const each of [...childrenOf(pid), pid, program.pid ?? pid]) process.kill(each, 'SIGCONT');
}
