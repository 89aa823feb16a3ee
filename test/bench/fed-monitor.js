/** A real monitor process that reads connection sync from a pipe, as from `tcpdump -U -w - | lvscope run --read -`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { captureHeader, syncDatagrams } from './sync-file.js';

const LVSCOPE = fileURLToPath(new URL('../../bin/lvscope.js', import.meta.url));
const RECORDS = 40;
const SERVERS = 1000;
/** Long enough for none to run out meanwhile. */
const TIMEOUT = 6000;
const LOAD_DATAGRAMS = 500;

/** Prime to the number of sessions, so that each has its turn. */
const STEP = 611_953;
/** Sessions below this number lie in the first rows of the table. */
export const HOT_SESSIONS = 1000;
/** Prime: each comes again long after it went. */
const COMERS = 99_991;
/** IP_VS_TCP_S_FIN_WAIT. */
const FIN_WAIT = 4;

/** A session heard of again, half a percent of them in the first rows. */
const confirmed = (n, loaded) => ({ n: n % (n % 200 === 0 ? HOT_SESSIONS : loaded), timeout: TIMEOUT - (n % 3) });

/** One of ten in another state than it may have been, one of a hundred new and gone in half a minute, the others confirmed. */
export function busy(n, loaded) {
  if (n % 100 === 7) return { n: loaded + (n % COMERS), timeout: 30 };
  return { ...confirmed(n, loaded), ...(n % 10 === 3 && { state: n % 3 === 0 ? FIN_WAIT : 1 }) };
}

export class FedMonitor {
  /** Of the process. */
  pid;
  url;
  #child;
  #data;
  #datagrams = 0;
  #loaded = 0;
  #flow = null;
  /** While the pipe is full: when it is not any more. */
  #drained = null;

  /** @param {{ profile?: string, data?: string }} options folder for a CPU profile of the monitor; folder of its data, gone with `stop` */
  static async start({ profile, data = mkdtempSync(join(tmpdir(), 'lvscope-bench-')) } = {}) {
    const monitor = new FedMonitor();
    monitor.#data = data;
    const node = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
    const args = ['run', '--user', 'root', '--read', '-', '--data', monitor.#data, '--listen', '127.0.0.1:0'];
    const child = spawn(process.execPath, [...node, LVSCOPE, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let told = '';
    child.stderr.on('data', (data) => {
      told = `${told}${data}`.slice(-4000);
    });
    child.on('exit', (code) => {
      if (code) process.stderr.write(told);
    });
    child.stdin.on('error', () => {});
    child.stdin.write(captureHeader());
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    monitor.#child = child;
    monitor.pid = child.pid;
    monitor.url = /http\S+\//.exec(line)[0].replace(/\/$/, '');
    return monitor;
  }

  /** Sends datagrams of 40 records, now. */
  async send(count, record) {
    const number = this.#datagrams;
    this.#datagrams += count;
    const packets = syncDatagrams({ number, count, atMicros: Date.now() * 1000, record: (i) => ({ servers: SERVERS, ...record(i) }) });
    if (this.#child.stdin.write(packets)) return;
    this.#drained ??= once(this.#child.stdin, 'drain').then(() => {
      this.#drained = null;
    });
    await this.#drained;
  }

  /** As many sessions as that, in all. */
  async load(sessions) {
    while (this.#loaded < sessions) {
      const from = this.#loaded;
      const count = Math.min(LOAD_DATAGRAMS, Math.ceil((sessions - from) / RECORDS));
      await this.send(count, (i) => ({ n: from + i, timeout: TIMEOUT }));
      this.#loaded += count * RECORDS;
    }
    while ((await this.connections()) < sessions) await sleep(100);
  }

  async connections() {
    return (await (await fetch(`${this.url}/api/v1/status`)).json()).sessions.live;
  }

  /** Records a second of late, as the monitor counts them. */
  async recordsPerSecond() {
    const { items } = await (await fetch(`${this.url}/api/v1/daemons?role=sender`)).json();
    return items.reduce((sum, daemon) => sum + daemon.recordsPerSecond, 0);
  }

  /**
   * Sends so many records a second from now on.
   * @param {(n: number, loaded: number) => { n: number, timeout: number, state?: number }} record of the n-th turn through the sessions loaded
   */
  flow(recordsPerSecond, record = confirmed) {
    clearInterval(this.#flow);
    if (recordsPerSecond === 0) return;
    let owed = 0;
    let before = performance.now();
    let n = 0;
    this.#flow = setInterval(() => {
      const now = performance.now();
      owed += ((now - before) / 1000) * (recordsPerSecond / RECORDS);
      before = now;
      const count = Math.floor(owed);
      owed -= count;
      if (count === 0) return;
      void this.send(count, () => {
        n += STEP;
        return record(n, this.#loaded);
      });
    }, 5);
  }

  /** Octets of memory that the process holds. */
  memory() {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024;
  }

  async stop() {
    this.flow(0);
    const gone = once(this.#child, 'exit');
    this.#child.stdin.destroy();
    this.#child.kill('SIGTERM');
    await gone;
    rmSync(this.#data, { recursive: true, force: true });
  }
}
