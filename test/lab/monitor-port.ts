/** The port of the segment at which lvscope listens, as an operator would run it there; asked from outside over the loopback interface. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { straysIn } from './port-capture.ts';
import { endRecording, type Recording, record } from './recording.ts';
import { hold, LAB_FOLDER, macOf, type Segment, signalTo } from './segment.ts';

const LVSCOPE = fileURLToPath(new URL('../../bin/lvscope.js', import.meta.url));
const RELAY = fileURLToPath(new URL('relay-process.js', import.meta.url));
const LISTEN_PORT = 9852;
const CAPTURE = 'port.pcap';
const MOST_NAMED = 5;
const MOST_START_MS = 20_000;
const MOST_ANSWER_MS = 10_000;

export class MonitorPort {
  readonly mac: string;
  /** Where lvscope is reached from outside: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Everything that came to the port and left it, as tcpdump saw it; grows while the lab is up. */
  readonly capture: string;
  readonly #segment: Segment;
  readonly #name: string;
  readonly #number: number;
  readonly #relay: ChildProcess;
  /** Of `emitted`, one after the other. */
  readonly #recordings: Recording[];
  readonly #listening: Server[] = [];
  #lvscope: ChildProcess | null = null;
  #log = '';

  private constructor(segment: Segment, name: string, number: number, relay: ChildProcess, emitted: Recording, page: Server) {
    this.#segment = segment;
    this.#name = name;
    this.#relay = relay;
    this.#recordings = [emitted];
    this.#number = number;
    this.mac = macOf(number);
    this.url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    this.capture = segment.path(CAPTURE);
  }

  /** What left the port alone, from whatever address: tcpdump's end of the cable knows which way a frame goes. One file for each cable. */
  get emitted(): string[] {
    return this.#recordings.map(({ file }) => file);
  }

  /** @param pagePort of the loopback interface outside; any that is free when it is 0 or taken */
  static async add(segment: Segment, name: string, number: number, pagePort: number): Promise<MonitorPort> {
    await segment.addHost(name, number);
    const recordings = Promise.all([record(segment, name, CAPTURE), recordEmitted(segment, name, 0)]);
    const relay = segment.spawn(name, process.execPath, [RELAY], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [page] = await Promise.all([listening(pagePort).catch(() => listening(0)), once(relay, 'message')]);
    const [, emitted] = await recordings;
    const port = new MonitorPort(segment, name, number, relay, emitted, page);
    // Both would accept otherwise.
    relay.send({ verb: 'serve', port: LISTEN_PORT }, page, () => page.close());
    return port;
  }

  /** A port of the loopback interface outside, where a webhook is awaited, is reached by lvscope under the same number. */
  async reach(port: number): Promise<void> {
    this.#relay.send({ verb: 'listen', port });
    const [, inside] = (await once(this.#relay, 'message')) as [unknown, Server];
    inside.on('connection', (socket) => pipeline(socket, connect(port, '127.0.0.1'), socket, () => {}));
    this.#listening.push(inside);
  }

  /** @param configuration text of the file for `--config` */
  async startLvscope(configuration = '', options: readonly string[] = []): Promise<void> {
    const file = 'lvscope.yaml';
    writeFileSync(this.#segment.path(file), configuration);
    const words = ['-i', 'eth0', '--listen', `127.0.0.1:${LISTEN_PORT}`, '--data', `${LAB_FOLDER}/lvscope`];
    const run = [LVSCOPE, 'run', '--user', 'root', ...words, '--config', `${LAB_FOLDER}/${file}`, ...options];
    const program = this.#segment.spawn(this.#name, process.execPath, run, { stdio: ['ignore', 'pipe', 'pipe'] });
    const earlier = this.#log.length;
    this.#lvscope = program;
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (said) => {
        this.#log += said;
      });
    const listens = async () => {
      if (program.exitCode !== null) throw new Error(`lvscope has ended: ${this.#log}`);
      return this.#log.includes('lvscope: http://', earlier);
    };
    await eventually('lvscope listens', listens, MOST_START_MS);
    await eventually('lvscope is ready', async () => (await this.#get('/-/ready')).ok, MOST_START_MS);
  }

  /** Asks lvscope, once it listens: Node's fetch waits for ever where the other end closes at once. */
  #get(path: string, accept = 'application/json'): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { accept }, signal: AbortSignal.timeout(MOST_ANSWER_MS) });
  }

  /** What lvscope has written to its terminal. */
  log(): string {
    return this.#log;
  }

  /** All of a list, oldest first where it has an order. */
  async list<Item>(path: string): Promise<Item[]> {
    const response = await this.#get(`/api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { items: Item[] }).items;
  }

  /** Its table as `ipvsadm -Lnc` prints one. @param query from its question mark on */
  async table(query = ''): Promise<string> {
    return (await this.#get(`/api/v1/connections${query}`, 'text/plain')).text();
  }

  async metrics(): Promise<string> {
    return (await this.#get('/metrics', 'text/plain')).text();
  }

  /** The interface goes, and its end at the switch with it. */
  async removeInterface(): Promise<void> {
    await this.#segment.shell.run(`ip link del ${this.#name}`);
  }

  /** Another one of the same name and addresses; what leaves it is recorded before it is up. `capture` has ended with the first. */
  async addInterface(): Promise<void> {
    await this.#segment.lay(this.#name);
    this.#recordings.push(await recordEmitted(this.#segment, this.#name, this.#recordings.length));
    await this.#segment.wake(this.#name, this.#number);
  }

  /** Stands still, with its probe, or goes on. */
  holdLvscope(isHeld: boolean): void {
    if (this.#lvscope) hold(this.#lvscope, isHeld);
  }

  /** Its exit status. */
  async stopLvscope(): Promise<number | null> {
    const program = this.#lvscope;
    if (!program || program.exitCode !== null || program.signalCode !== null) return program?.exitCode ?? null;
    signalTo(program, 'SIGTERM');
    const [status] = await once(program, 'exit');
    return status;
  }

  /**
   * Ends lvscope in order, and proves that it was passive as long as it ran.
   * @throws Error that names the frames, when the port has sent any but joins and leaves
   */
  async close(): Promise<void> {
    await this.stopLvscope();
    for (const server of this.#listening) server.close();
    this.#relay.disconnect();
    for (const recording of this.#recordings) await endRecording(recording);
    const strays = straysIn(this.emitted);
    const named = strays.slice(0, MOST_NAMED).join('\n');
    if (strays.length > 0) throw new Error(`the monitor's port has sent ${strays.length} frames that are no joins or leaves:\n${named}`);
  }
}

const recordEmitted = (segment: Segment, name: string, index: number): Promise<Recording> =>
  record(segment, name, `emitted-${index}.pcap`, '-Q', 'in');

async function listening(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
