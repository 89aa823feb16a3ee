/**
 * The same frames to a backup director's kernel and to lvscope; their tables are compared. The kernel is the reference: what differs
 * is lvscope's mistake. Frames go on the segment as they are (tcpreplay), so wrong checksums and fragments go, too.
 */
import { writeFileSync } from 'node:fs';
import type { Frame } from '../../dissectors/dissect.ts';
import { DEFAULT_SYNC, parseSyncChannel } from '../../src/config.ts';
import { connectionOf } from '../../src/contract/connection.ts';
import { connectionHead, connectionLine } from '../../src/contract/ipvsadm-text.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import { tableOf } from '../ipvsadm-table.ts';
import { Director } from '../lab/director.ts';
import { eventually } from '../lab/eventually.ts';
import { LAB_FOLDER, Segment } from '../lab/segment.ts';
import { messageV1, recordV1, syncFrame } from '../sync-message.ts';
import { octetsOfInput } from './input.ts';

type Table = Map<string, number[]>;

const SENDER = 'sender';
const CAPTURE = 'batch.pcap';
/** The last session of a batch: when it is in the kernel's table, all before it were read. */
const MARKER = { client: '203.0.113.1', virtual: '10.99.0.100', destination: '10.99.0.21', timeout: 600 };
const MOST_READ_MS = 20_000;
/** Both look at their clocks at other moments, and a long timer of the kernel is coarse. */
const TOLERANCE_SECONDS = 3;
/** Sessions with less left are not compared: one may be past its end. */
const DUE_SECONDS = 5;
const LOOKS = 4;

/** Only the end of its network namespace empties a kernel's table; the interface comes back out of it. */
const END = 'ip netns del backup; while ! ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done';
/** A backup without `ip_vs_pe_sip` drops what carries its data, and has it wherever a service asks for it. */
const START = `
  modprobe -d /run/modules ip_vs_pe_sip
  ip netns add backup
  ip link set eth0 netns backup
  ip -n backup link set lo up
  ip -n backup link set eth0 up
  ip -n backup addr add 10.99.0.12/24 dev eth0
  ip netns exec backup ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 0`;
const TABLE = 'ip netns exec backup ipvsadm -Lnc --persistent-conn';

export class KernelPair {
  readonly #segment: Segment;
  readonly #director: Director;
  #monitor: Monitor | null = null;
  #enter: ReturnType<typeof createPipeline> | null = null;
  #batches = 0;
  #frames = 0;
  /** Of the kernel's table at the last look. */
  rows = 0;

  private constructor(segment: Segment, director: Director) {
    this.#segment = segment;
    this.#director = director;
  }

  /** A kernel with a backup sync daemon that takes any syncid, and a host that sends. */
  static async open(): Promise<KernelPair> {
    const segment = await Segment.open();
    try {
      const [director] = await Promise.all([Director.boot(segment, 'lb2', 12), segment.addHost(SENDER, 11)]);
      const pair = new KernelPair(segment, director);
      await pair.begin();
      return pair;
    } catch (error) {
      await segment.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#segment.close();
  }

  /** Both tables are empty again. */
  async begin(): Promise<void> {
    const { shell } = this.#director;
    if (this.#monitor) await shell.run(END);
    await shell.run(START);
    this.#monitor = createMonitor({ maxSessions: 1_000_000, trackChanges: false });
    const syncChannels = [parseSyncChannel(DEFAULT_SYNC)];
    this.#enter = createPipeline({ monitor: this.#monitor, syncChannels, headersSeen: true });
  }

  /** Gives frames to both. @returns what differs then between their tables, in words */
  async differencesAfter(frames: readonly Frame[]): Promise<string[]> {
    const { shell } = this.#director;
    const port = 1024 + this.#batches++;
    const marker = syncFrame(messageV1([recordV1({ ...MARKER, clientPort: port })]), 0, { source: '10.99.0.11', id: 1 });
    const batch = [...frames, marker];
    writeFileSync(this.#segment.path(CAPTURE), octetsOfInput({ kind: 'frames', frames: batch }));
    await this.#segment.onHost(SENDER, `tcpreplay -q -t -i eth0 ${LAB_FOLDER}/${CAPTURE} >/dev/null 2>&1`);
    const atMicros = Date.now() * 1000;
    for (const frame of batch) this.#enter?.({ ...frame, atMicros, number: ++this.#frames, interface: 'eth0' });
    const isMarked = new RegExp(` 203\\.0\\.113\\.1:${port} `);
    await eventually('the kernel has read the batch', async () => isMarked.test(await shell.run(TABLE)), MOST_READ_MS);
    // A look that comes while rows expire leaves others out: what really differs, differs at every look.
    let wrong = new Map<string, string>();
    for (let look = 0; look < LOOKS; look++) {
      const kernel = tableOf(legible(await shell.run(TABLE)));
      this.rows = kernel.size;
      const now = differences(this.#table(), kernel);
      wrong = look === 0 ? now : new Map([...now].filter(([row]) => wrong.has(row)));
      if (wrong.size === 0) break;
    }
    return [...wrong].map(([row, text]) => `${text}: ${row}`);
  }

  #table(): Table {
    const monitor = this.#monitor;
    if (!monitor) return new Map();
    const nowMicros = Date.now() * 1000;
    monitor.sessions.settle(nowMicros);
    const lines = connectionHead(true);
    for (let slot = 1; slot < monitor.sessions.top; slot++)
      if (monitor.sessions.inUse(slot)) lines.push(connectionLine(connectionOf(monitor, slot, nowMicros), true));
    return tableOf(legible(lines.join('\n')));
  }
}

/** ipvsadm prints the data of a persistence engine as it is, and a console has no word for every octet. */
const legible = (text: string): string => text.replaceAll(/[^\x20-\x7e\n]/g, '.');

/** By row, in words. */
function differences(ours: Table, kernel: Table): Map<string, string> {
  const wrong = new Map<string, string>();
  for (const row of new Set([...ours.keys(), ...kernel.keys()])) {
    const [here, there] = [ours.get(row) ?? [], kernel.get(row) ?? []];
    if ([...here, ...there].some((left) => left < DUE_SECONDS)) continue;
    const isFar = here.length !== there.length || here.some((left, i) => Math.abs(left - there[i]) > TOLERANCE_SECONDS);
    if (isFar) wrong.set(row, `ours has [${here}] s left, the kernel [${there}]`);
  }
  return wrong;
}
