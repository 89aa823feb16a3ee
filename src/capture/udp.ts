/**
 * Capture without any right: plain UDP sockets that join the sync groups. They get payloads and senders only, so the frames
 * given out have made-up IP headers; what that leaves unknown is listed in `UDP_CANNOT_SEE`.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import ipaddr from 'ipaddr.js';
import { type Address, addressText } from '../../dissectors/address.ts';
import type { SyncChannel } from '../../dissectors/dissector.ts';
import { EXIT, OperatorError } from '../errors.ts';
import type { FrameCounter } from './captured-frame.ts';
import { listInterfaces, type NetworkInterface } from './interfaces.ts';
import { joinGroups } from './joins.ts';
import { type LiveCapture, type LiveListener, namesToWatch } from './live.ts';
import { RAW_IP, rawIpPacket } from './made-frame.ts';
import type { InterfaceStatus } from './status.ts';

/** Whatever rests on these is unknown with this source. */
export const UDP_CANNOT_SEE = [
  'vrrp',
  'arp',
  'neighbor_discovery',
  'igmp',
  'mld',
  'ttl',
  'mac',
  'vlan',
  'ip_id',
  'fragments',
  'drops',
] as const;

export interface UdpOptions {
  readonly interfaces: readonly string[] | null;
  readonly sync: readonly SyncChannel[];
  /** Without joining, only what other programs of this machine have joined arrives. */
  readonly join: boolean;
  readonly counter?: FrameCounter;
}

/** The most ports a kernel sends sync to (IPVS `sync_ports`); each costs a socket. */
const MOST_PORTS = 64;
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const LOOK_MS = 1000;

/** One socket to have. */
interface Ear {
  /** Tells it from all others; changes when the interface comes back as another device. */
  readonly key: string;
  readonly type: 'udp4' | 'udp6';
  readonly bindTo: string;
  readonly port: number;
  readonly group: Address;
}

/**
 * @throws OperatorError: exit code 4 for an interface that is not there, 2 for more than 64 ports, 1 when no socket could be had
 */
export async function startUdp(options: UdpOptions, listener: LiveListener): Promise<LiveCapture> {
  const names = namesToWatch(options.interfaces, listInterfaces());
  const ports = options.sync.reduce((sum, { fromPort, toPort }) => sum + toPort - fromPort + 1, 0);
  if (ports > MOST_PORTS)
    throw new OperatorError(
      EXIT.usage,
      `${ports} sync ports are more than --capture udp listens to (${MOST_PORTS})`,
      'Name fewer with --sync.',
    );
  const capture = new UdpCapture(options, names, listener);
  await capture.look();
  const problem = capture.status()[0].problem;
  if (capture.deaf && problem !== null) {
    await capture.stop();
    throw new OperatorError(EXIT.fault, `no sync port can be listened to (${problem})`, 'Another program may hold the ports for itself.');
  }
  return capture;
}

/** Owns sockets and joins. */
class UdpCapture implements LiveCapture {
  readonly #options: UdpOptions;
  readonly #names: readonly string[];
  readonly #listener: LiveListener;
  readonly #counter: FrameCounter;
  readonly #joins;
  readonly #sockets = new Map<string, Socket>();
  readonly #timer: NodeJS.Timeout;
  readonly #counts = { packets: 0, octets: 0, lastPacketMicros: null as number | null };
  readonly #since = Date.now() * 1000;
  #problem: string | null = null;
  #stopped = false;

  constructor(options: UdpOptions, names: readonly string[], listener: LiveListener) {
    this.#options = options;
    this.#names = names;
    this.#listener = listener;
    this.#counter = options.counter ?? { frames: 0 };
    this.#joins = options.join ? joinGroups([...new Set(options.sync.map(({ group }) => addressText(group)))]) : null;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  get deaf(): boolean {
    return this.#sockets.size === 0;
  }

  /** Opens what is missing, closes what has become useless, tells the status. */
  async look(): Promise<void> {
    const there = listInterfaces().filter(({ name }) => this.#names.includes(name));
    this.#joins?.keepUp(there);
    const wanted = new Map(this.#options.sync.flatMap((channel) => earsFor(channel, there)).map((ear) => [ear.key, ear]));
    for (const key of this.#sockets.keys()) if (!wanted.has(key)) this.#close(key);
    this.#problem = null;
    await Promise.all([...wanted.values()].filter(({ key }) => !this.#sockets.has(key)).map((ear) => this.#open(ear)));
    if (!this.#stopped) this.#listener.status(this.#status());
  }

  status(): InterfaceStatus[] {
    return [this.#status()];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#joins?.leave();
    for (const key of this.#sockets.keys()) this.#close(key);
  }

  async #open(ear: Ear): Promise<void> {
    const socket = createSocket({ type: ear.type, reuseAddr: true, ipv6Only: ear.type === 'udp6', recvBufferSize: RECEIVE_BUFFER });
    this.#sockets.set(ear.key, socket);
    socket.on('message', (payload, from) => this.#hear(ear, payload, from));
    const failure = await bound(socket, ear);
    if (failure === null) return;
    this.#problem = failure;
    this.#close(ear.key);
  }

  #close(key: string): void {
    this.#sockets.get(key)?.close();
    this.#sockets.delete(key);
  }

  #hear(ear: Ear, payload: Uint8Array, from: RemoteInfo): void {
    const [source, scope = null] = from.address.split('%');
    const bytes = rawIpPacket({
      source: addressOf(source),
      destination: ear.group,
      sourcePort: from.port,
      destinationPort: ear.port,
      payload,
    });
    const atMicros = Date.now() * 1000;
    this.#counter.frames++;
    this.#counts.packets++;
    this.#counts.octets += bytes.length;
    this.#counts.lastPacketMicros = atMicros;
    const number = this.#counter.frames;
    this.#listener.frame({ number, bytes, linkType: RAW_IP, atMicros, originalLength: bytes.length, interface: scope });
  }

  #status(): InterfaceStatus {
    return {
      // A socket does not tell which interface a datagram came through.
      interface: this.#names.join(','),
      up: !this.deaf,
      source: 'udp',
      ...this.#counts,
      dropped: null,
      restarts: 0,
      since: this.#since,
      problem: this.#problem,
      notJoined: this.#names.flatMap((name) => this.#joins?.notJoined(name) ?? []),
      mac: null,
    };
  }
}

/** Bound to the group's address, a socket gets that group's datagrams only; a link-local IPv6 group needs one for each link. */
function earsFor({ group, fromPort, toPort }: SyncChannel, interfaces: readonly NetworkInterface[]): Ear[] {
  const text = addressText(group);
  const type = typeof group === 'number' ? 'udp4' : 'udp6';
  const places = isLinkLocal(group)
    ? interfaces.filter(({ up }) => up).map(({ name, index }) => ({ bindTo: `${text}%${name}`, key: `${text}%${index}` }))
    : [{ bindTo: text, key: text }];
  const ports = Array.from({ length: toPort - fromPort + 1 }, (_, i) => fromPort + i);
  return places.flatMap(({ bindTo, key }) => ports.map((port) => ({ key: `${key} ${port}`, type, bindTo, port, group })));
}

/** RFC 4291 section 2.7: the scope is the fourth half-octet, 1 and 2 do not leave the link. */
function isLinkLocal(group: Address): boolean {
  return typeof group !== 'number' && (group[1] & 15) <= 2;
}

/** Null, or why it failed. */
function bound(socket: Socket, { bindTo, port }: Ear): Promise<string | null> {
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.bind({ address: bindTo, port, exclusive: true }, () => resolve(null));
  });
}

function addressOf(text: string): Address {
  const octets = Uint8Array.from(ipaddr.parse(text).toByteArray());
  return octets.length === 4 ? new DataView(octets.buffer).getUint32(0) : octets;
}
