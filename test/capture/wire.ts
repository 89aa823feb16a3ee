/** Two network namespaces of our own with a cable between them: `mon0` is the monitor's port, `wire0` the other end. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Wire {
  readonly monitorMac: string;
  /** `ip` in the monitor's namespace. */
  ip(...args: string[]): string;
  /** `ip` at the other end. */
  farIp(...args: string[]): string;
  /** A program on the monitor's side; killed by `remove` if it still runs. */
  onMonitor(program: string, ...args: string[]): ChildProcess;
  /** One that ends soon, on the monitor's side: its output. */
  run(program: string, ...args: string[]): string;
  onFarEnd(program: string, ...args: string[]): ChildProcess;
  /** Sends a capture from the far end; kept when all is sent. */
  replay(path: string, ...options: string[]): Promise<void>;
  /** Plugs the cable in again after `mon0` was deleted. */
  connect(): void;
  remove(): void;
}

let wires = 0;

/** Needs root. Fails under CI, where it must not be skipped; elsewhere the tests are skipped by `describe.skipIf(!isRoot)`. */
export const isRoot = process.getuid?.() === 0 || process.env.CI === 'true';

export function createWire(): Wire {
  const id = `lvs${process.pid}n${wires++}`;
  const monitor = `${id}m`;
  const far = `${id}f`;
  const children: ChildProcess[] = [];
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const inside = (namespace: string, program: string, args: string[]) => {
    const child = spawn('ip', ['netns', 'exec', namespace, program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  };

  ip('netns', 'add', monitor);
  ip('netns', 'add', far);
  const wire: Wire = {
    get monitorMac() {
      return /link\/ether (\S+)/.exec(wire.ip('link', 'show', 'mon0'))?.[1] ?? '';
    },
    ip: (...args) => ip('-n', monitor, ...args),
    farIp: (...args) => ip('-n', far, ...args),
    onMonitor: (program, ...args) => inside(monitor, program, args),
    run: (program, ...args) => execFileSync('ip', ['netns', 'exec', monitor, program, ...args], { maxBuffer: 1 << 28 }).toString(),
    onFarEnd: (program, ...args) => inside(far, program, args),
    async replay(path, ...options) {
      await exited(inside(far, 'tcpreplay', ['-q', '-i', 'wire0', ...options, path]));
    },
    connect() {
      wire.ip('link', 'add', 'mon0', 'type', 'veth', 'peer', 'name', 'wire0', 'netns', far);
      // Without this the kernel itself sends duplicate address detection and router solicitations when a link comes up.
      wire.ip('link', 'set', 'mon0', 'addrgenmode', 'none');
      wire.farIp('link', 'set', 'wire0', 'addrgenmode', 'none');
      wire.ip('addr', 'add', '192.0.2.1/24', 'dev', 'mon0');
      wire.ip('link', 'set', 'mon0', 'up');
      wire.farIp('link', 'set', 'wire0', 'up');
    },
    remove() {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      ip('netns', 'del', monitor);
      ip('netns', 'del', far);
    },
  };
  wire.connect();
  return wire;
}

export function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('close', () => resolve());
  });
}

/** Waits until the condition holds; fails with its name. */
export async function until(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`timed out: ${what}`);
    await sleep(10);
  }
}
