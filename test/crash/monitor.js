/** `lvscope run` on a port of this network namespace, to be killed and started again on the same data folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const PORT = 19_852;
const URL_OF_IT = `http://127.0.0.1:${PORT}`;
/** Of /proc; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MOST_LOG = 20_000;

/** Children of a process, by what /proc says. */
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function runs(pid) {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits for a fact. */
export async function until(what, isSo, mostMs = 30_000) {
  const began = performance.now();
  for (;;) {
    const found = await isSo();
    if (found) return found;
    if (performance.now() - began > mostMs) throw new Error(`it never came: ${what}`);
    await sleep(20);
  }
}

export class CrashingMonitor {
  log = '';
  #child;
  #data;
  #port;

  constructor(port, data) {
    this.#port = port;
    this.#data = data;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Seconds of processor time that it has taken, all its threads. */
  get cpuSeconds() {
    const [user, system] = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number);
    return (user + system) / TICKS_PER_SECOND;
  }

  /** Processes that capture; the supervisor has one at most. */
  get probes() {
    return childrenOf(this.pid);
  }

  spawn() {
    const preload = ['--require', file('./end-threads.cjs')];
    const words = ['run', '--user', 'root', '-i', this.#port, '--data', this.#data, '--listen', `127.0.0.1:${PORT}`];
    this.#child = spawn(process.execPath, [...preload, file('../../bin/lvscope.js'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (text) => {
        this.log = `${this.log}${text}`.slice(-MOST_LOG);
      });
  }

  /** @returns milliseconds until it serves; that is told on standard output when all that was stored is back */
  async start() {
    const began = performance.now();
    this.spawn();
    const child = this.#child;
    const lines = createInterface(child.stdout);
    await new Promise((resolve, reject) => {
      lines.on('line', (line) => line.startsWith('lvscope: http') && resolve(undefined));
      child.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal}: ${this.log}`)));
    });
    return performance.now() - began;
  }

  /** Its end is waited for; what its probes do is theirs. */
  async kill(signal = 'SIGKILL') {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async ask(path) {
    const answer = await fetch(`${URL_OF_IT}/api/v1/${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  status() {
    return this.ask('status');
  }

  async events(query = '') {
    return (await this.ask(`events?limit=1000${query}`)).items;
  }

  /** The sessions of `load.js`, by client, with what changes when one is heard of. `at`: as it was then */
  async sessions(at = null) {
    const query = `client=11.0.0.0/8&fields=client,firstSeen,lastSync,syncCount${at === null ? '' : `&at=${at}`}`;
    const answer = await fetch(`${URL_OF_IT}/api/v1/connections?${query}`, { headers: { accept: 'application/x-ndjson' } });
    if (!answer.ok) throw new Error(`connections: ${answer.status} ${await answer.text()}`);
    const lines = (await answer.text()).split('\n').filter(Boolean);
    return new Map(lines.map((line) => JSON.parse(line)).map((row) => [`${row.client.address} ${row.client.port}`, row]));
  }
}
