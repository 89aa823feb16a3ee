/** Live capture: a probe for each interface, kept running; their frames numbered together as they come. */
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { captureFilter } from './bpf.ts';
import type { FrameCounter } from './captured-frame.ts';
import { defaultInterfaces, listInterfaces, type NetworkInterface } from './interfaces.ts';
import { type GroupJoins, groupsOf, joinGroups } from './joins.ts';
import type { ProbeSettings } from './probe-messages.ts';
import { ownProbe, type ProbeEnd, probeBehind, type StartProbe } from './probe-process.ts';
import type { InterfaceStatus } from './status.ts';
import { TICK_MS, type WatchedInterface, type WatchListener, watchInterface } from './watched-interface.ts';

export interface LiveOptions {
  /** Null: every interface that is up and no loopback (see `defaultInterfaces`), also those that come up later. */
  readonly interfaces: readonly string[] | null;
  readonly sync: readonly SyncChannel[];
  /** Join the multicast groups; without it nothing at all is sent. */
  readonly join: boolean;
  /** Octets kept of a frame: 1600 is enough for a wire without jumbo frames. At most 65535. */
  readonly snapLength: number;
  /** The kernel's ring for each interface. */
  readonly bufferMiB: number;
  /** The socket of the probe service to ask for probes; without it they are children of this process. */
  readonly from?: string | undefined;
  readonly counter?: FrameCounter;
}

export type LiveListener = Omit<WatchListener, 'tried'>;

export interface LiveCapture {
  status(): InterfaceStatus[];
  /** Leaves the groups and ends the probes; no call of the listener after it is kept. */
  stop(): Promise<void>;
}

/** Interfaces come and go in ticks of this many. */
const LIST_TICKS = 10;
/** Of the first attempts: what trying again does not cure. */
const FATAL: readonly ProbeEnd['fault'][] = ['permission', 'module', 'refused'];
/** A bound for machines full of virtual interfaces: each costs a process. */
const MOST_INTERFACES = 32;

/**
 * Kept as soon as every interface that is up is open, or its probe has failed in a way that may pass.
 * @throws OperatorError: exit code 4 for an interface that is not there, 3 without the right to capture, 1 without npm `pcap`
 */
export async function startLive(options: LiveOptions, listener: LiveListener): Promise<LiveCapture> {
  const names = namesToWatch(options.interfaces, listInterfaces());
  const live = new Live(options, listener);
  const ends = await Promise.all(names.map((name) => live.watch(name)));
  const fatal = ends.find((end) => end && FATAL.includes(end.fault));
  if (!fatal) return live;
  await live.stop();
  throw fatalError(fatal);
}

/** @throws OperatorError (exit code 4) for a name that is not there, or when nothing is up */
export function namesToWatch(wanted: readonly string[] | null, all: readonly NetworkInterface[]): string[] {
  const there = `There are: ${all.map(({ name, up }) => (up ? name : `${name} (down)`)).join(', ')}.`;
  if (wanted === null) {
    const names = defaultInterfaces(all).map(({ name }) => name);
    if (names.length === 0) throw new OperatorError(EXIT.notFound, 'no interface is up', `${there} Name one with -i to wait for it.`);
    return names.slice(0, MOST_INTERFACES);
  }
  const unknown = wanted.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) throw new OperatorError(EXIT.notFound, `there is no interface ${unknown}`, there);
  return [...new Set(wanted)];
}

function fatalError({ fault, text }: ProbeEnd): OperatorError {
  if (fault === 'refused')
    return new OperatorError(
      EXIT.noPermission,
      `the probe service refuses: ${text}`,
      'give lvscope probe and lvscope run the same -i and --sync',
    );
  return fault === 'permission'
    ? new OperatorError(
        EXIT.noPermission,
        `no right to capture (${text})`,
        'Run as root, or give CAP_NET_RAW: setcap cap_net_raw+ep on the node binary, AmbientCapabilities= in a systemd unit. Without it: --capture udp.',
      )
    : new OperatorError(
        EXIT.fault,
        'the npm module pcap is not installed or does not load',
        'apt-get install libpcap-dev && npm rebuild pcap. Without it: --capture udp, or tcpdump -U -w - | lvscope run --read -',
      );
}

/** Owns probes, joins and the timer that looks after them. */
class Live implements LiveCapture {
  readonly #options: LiveOptions;
  readonly #listener: LiveListener;
  readonly #counter: FrameCounter;
  readonly #startProbe: StartProbe;
  readonly #watched = new Map<string, WatchedInterface>();
  readonly #joins: GroupJoins | null;
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(options: LiveOptions, listener: LiveListener) {
    this.#options = options;
    this.#listener = listener;
    this.#startProbe = options.from === undefined ? ownProbe : probeBehind(options.from);
    this.#counter = options.counter ?? { frames: 0 };
    this.#joins = options.join ? joinGroups(groupsOf(options.sync)) : null;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  status(): InterfaceStatus[] {
    return [...this.#watched.values()].map((one) => one.status());
  }

  /** Kept when the first attempt is over. */
  watch(name: string): Promise<ProbeEnd | null> {
    return new Promise((resolve) => {
      const { frame, status, blind } = this.#listener;
      const options = {
        name,
        counter: this.#counter,
        settings: (of: NetworkInterface) => probeSettings(this.#options, of),
        startProbe: this.#startProbe,
        notJoined: () => this.#joins?.notJoined(name) ?? [],
      };
      const watched = watchInterface(options, { frame, status, blind, tried: resolve });
      this.#watched.set(name, watched);
      watched.tick();
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#joins?.leave();
    await Promise.all([...this.#watched.values()].map((one) => one.stop()));
  }

  #tick(): void {
    if (this.#ticks++ % LIST_TICKS === 0) this.#look();
    for (const watched of this.#watched.values()) watched.tick();
  }

  #look(): void {
    const all = listInterfaces();
    if (this.#options.interfaces === null) this.#watchNew(all);
    this.#joins?.keepUp(all.filter(({ name }) => this.#watched.has(name)));
  }

  #watchNew(all: readonly NetworkInterface[]): void {
    for (const { name } of defaultInterfaces(all)) {
      if (this.#watched.has(name)) continue;
      if (this.#watched.size >= MOST_INTERFACES) this.#forgetGone(all);
      if (this.#watched.size < MOST_INTERFACES) void this.watch(name);
    }
  }

  #forgetGone(all: readonly NetworkInterface[]): void {
    for (const [name, watched] of this.#watched) {
      if (all.some((one) => one.name === name)) continue;
      this.#watched.delete(name);
      void watched.stop();
    }
  }
}

function probeSettings({ sync, snapLength, bufferMiB }: LiveOptions, of: NetworkInterface): ProbeSettings {
  return { interface: of.name, filter: captureFilter(sync, { tagged: of.ethernet }), snapLength, bufferMiB };
}
