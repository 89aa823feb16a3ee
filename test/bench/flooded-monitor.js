/**
 * A real monitor on a cable of its own: two network namespaces, at the far end whoever floods, at the near end the program, and
 * beside it somebody who asks it all the time.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const LVSCOPE = path('../../bin/lvscope.js');
const ASKER = path('flood-asker.js');
const FRAMES = path('flood-frames.js');
const PORT = 19853;
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
let made = 0;

export class FloodedMonitor {
  /** Answers so far: `{ path, ms }` each. */
  times = [];
  #near = `lvsf${process.pid}n${made}`;
  #far = `lvsf${process.pid}f${made++}`;
  #data = mkdtempSync(join(tmpdir(), 'lvscope-flood-'));
  #children = [];
  #waiting = [];
  #program;
  #asker;
  #log = '';

  /** @param {string[]} options of `lvscope run` */
  static async start(...options) {
    const monitor = new FloodedMonitor();
    monitor.#connect();
    await monitor.#run(options);
    return monitor;
  }

  #connect() {
    ip('netns', 'add', this.#near);
    ip('netns', 'add', this.#far);
    ip('-n', this.#near, 'link', 'set', 'lo', 'up');
    ip('-n', this.#near, 'link', 'add', 'mon0', 'type', 'veth', 'peer', 'name', 'wire0', 'netns', this.#far);
    ip('-n', this.#near, 'link', 'set', 'mon0', 'addrgenmode', 'none', 'up');
    ip('-n', this.#far, 'link', 'set', 'wire0', 'addrgenmode', 'none', 'up');
  }

  #spawn(namespace, program, ...args) {
    const child = spawn('ip', ['netns', 'exec', namespace, program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {});
    this.#children.push(child);
    return child;
  }

  async #run(options) {
    const listen = ['--data', this.#data, '--listen', `127.0.0.1:${PORT}`];
    const node = process.env.PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.PROFILE}`] : [];
    this.#program = this.#spawn(
      this.#near,
      process.execPath,
      ...node,
      LVSCOPE,
      'run',
      '--user',
      'root',
      '-i',
      'mon0',
      ...listen,
      ...options,
    );
    this.#program.stderr.on('data', (data) => {
      this.#log = `${this.#log}${data}`.slice(-20_000);
    });
    const [line] = await Promise.race([once(this.#program.stdout, 'data'), once(this.#program, 'exit')]);
    if (typeof line === 'number') throw new Error(this.#log);
    this.#asker = this.#spawn(this.#near, process.execPath, ASKER, `http://127.0.0.1:${PORT}`);
    createInterface({ input: this.#asker.stdout }).on('line', (told) => this.#hear(JSON.parse(told)));
  }

  #hear({ times, path: of, body }) {
    if (times) this.times.push(...times);
    else
      this.#waiting
        .splice(
          this.#waiting.findIndex((one) => one.path === of),
          1,
        )[0]
        .resolve(body);
  }

  /** The answer to a path of the API. */
  ask(of) {
    return new Promise((resolve) => {
      this.#waiting.push({ path: of, resolve });
      this.#asker.stdin.write(`${of}\n`);
    });
  }

  /**
   * Sends forged frames as fast as it goes, for so long; returns how many were sent, and how long it took.
   * @param {string} kind of flood-frames.js @param {number} seconds @param {string[]} options of tcpreplay
   */
  async flood(kind, seconds, ...options) {
    const wanted = options.length > 0 ? options : ['--topspeed'];
    const line = `${process.execPath} ${FRAMES} ${kind} 0 ${seconds} | exec tcpreplay -q ${wanted.join(' ')} -i wire0 -`;
    return this.#sent(this.#spawn(this.#far, 'sh', '-c', line));
  }

  /** Sends a capture from the far end. */
  replay(file, ...options) {
    return this.#sent(this.#spawn(this.#far, 'tcpreplay', '-q', '-i', 'wire0', ...options, file));
  }

  async #sent(child) {
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += data;
      });
    await once(child, 'close');
    const [, packets, octets, seconds] = /Actual: (\d+) packets \((\d+) bytes\) sent in ([\d.]+)/.exec(said) ?? [];
    if (!packets) throw new Error(said);
    return { packets: Number(packets), octets: Number(octets), seconds: Number(seconds) };
  }

  /** Octets of memory that the main process holds. */
  memory() {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#program.pid}/status`, 'utf8'))[1]) * 1024;
  }

  /** Open files of the main process. */
  handles() {
    return readdirSync(`/proc/${this.#program.pid}/fd`).length;
  }

  /** What the program said of late. */
  log() {
    return this.#log;
  }

  async stop() {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill(child === this.#program ? 'SIGTERM' : 'SIGKILL');
      await once(child, 'close');
    }
    ip('netns', 'del', this.#near);
    ip('netns', 'del', this.#far);
    rmSync(this.#data, { recursive: true, force: true });
  }
}
