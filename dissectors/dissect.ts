/**
 * The one door into the dissectors: octets in, layers out. Pure (time comes with the frame; the only memory is the
 * reassembly that the caller hands in), never throws, never reads past the captured octets.
 */
import type { Dissector, Fault, Note, Packet, Secret, SyncChannel, Table } from './dissector.ts';
import { Reader, Stop } from './reader.ts';
import type { Reassembly } from './reassembly.ts';
import { dissectors, type Layer } from './registry.ts';

export interface Frame {
  readonly bytes: Uint8Array;
  /** pcap link type (LINKTYPE_*). */
  readonly linkType: number;
  /** Microseconds since 1970, UTC. */
  readonly atMicros: number;
  /** Octets on the wire; more than `bytes.length` when the capture cut the frame. */
  readonly originalLength: number;
}

export interface Dissection {
  readonly layers: readonly Layer[];
  /** What stopped the reading; null when everything known was read. */
  readonly fault: Fault | null;
  readonly notes: readonly Note[];
  /** Where passwords and what they can be guessed from lie in the frame; null: anywhere, nothing of it may be kept. */
  readonly secrets: readonly Secret[] | null;
}

export interface DissectOptions {
  readonly reassembly: Reassembly;
  readonly syncChannels: readonly SyncChannel[];
  /** Which of the passwords seen so far these octets are, from 1; it must not keep them. Without it passwords are not compared. */
  readonly secretNumber?: (octets: Uint8Array) => number;
}

type AnyDissector = Dissector<Layer>;

/** Deepest stack we follow: QinQ, IPv6, AH and a protocol are six; more is an attack. */
const MOST_LAYERS = 16;

/** What these leave unread is no password. Behind all others one may lie, in a header that is wrong or a tunnel that is not read. */
const WITHOUT_SECRETS: ReadonlySet<string> = new Set(['ipvs', 'arp', 'igmp', 'icmpv6', 'mld', 'ndp']);
const NO_SECRETS: readonly Secret[] = [];

const tables: Readonly<Record<Table, Map<number, AnyDissector>>> = {
  linktype: new Map(),
  ethertype: new Map(),
  ipproto: new Map(),
  icmpv6: new Map(),
  udp: new Map(),
};
for (const dissector of dissectors) for (const { table, value } of dissector.on) tables[table].set(value, dissector as AnyDissector);

class PacketInProgress implements Packet {
  readonly atMicros: number;
  readonly reassembly: Reassembly;
  readonly syncChannels: readonly SyncChannel[];
  selector = 0;
  network: Packet['network'] = null;
  readonly layers: Layer[] = [];
  readonly notes: Note[] = [];
  reader: Reader;
  current: AnyDissector | undefined;
  next: AnyDissector | undefined;
  nextSelector = 0;
  failed: Stop | undefined;
  #secrets: Secret[] | null = null;
  #withheld = false;
  readonly #options: DissectOptions;
  readonly #bytes: Uint8Array;

  constructor(frame: Frame, options: DissectOptions) {
    this.#options = options;
    this.#bytes = frame.bytes;
    this.atMicros = frame.atMicros;
    this.reassembly = options.reassembly;
    this.syncChannels = options.syncChannels;
    this.reader = new Reader(frame.bytes);
    this.handOver('linktype', frame.linkType);
  }

  handOver(table: Table, value: number): void {
    this.next = tables[table].get(value);
    this.nextSelector = value;
  }

  note(code: string, text: string): void {
    this.notes.push({ protocol: this.current?.protocol ?? 'frame', code, text });
  }

  fail(code: string, text: string, at: number): void {
    this.failed ??= new Stop(code, text, at);
    this.next = undefined;
  }

  get secrets(): readonly Secret[] | null {
    return this.#withheld ? null : (this.#secrets ?? NO_SECRETS);
  }

  secretNumber(octets: Uint8Array): number | null {
    return this.#options.secretNumber?.(octets) ?? null;
  }

  hide(secret: Secret): void {
    if (secret.octets <= 0) return;
    // Put together from several frames: none of them holds it alone.
    if (this.reader.bytes !== this.#bytes) this.#withheld = true;
    this.#secrets ??= [];
    this.#secrets.push(secret);
  }

  withhold(): void {
    this.#withheld = true;
  }

  /** Hides what was not read. */
  hideRest(): void {
    const { pos, bytes } = this.reader;
    this.hide({ at: pos, octets: bytes.length - pos, number: null, checksumAt: null });
  }

  continueIn(reader: Reader): void {
    this.reader = reader;
  }
}

export function dissect(frame: Frame, options: DissectOptions): Dissection {
  const packet = new PacketInProgress(frame, options);
  let fault: Fault | null = null;
  try {
    if (!packet.next) throw new Stop('link_type', `link type ${frame.linkType} is not read`, 0);
    while (packet.next) {
      packet.current = packet.next;
      packet.next = undefined;
      packet.selector = packet.nextSelector;
      if (packet.layers.length === MOST_LAYERS) throw new Stop('depth', `more than ${MOST_LAYERS} layers`, packet.reader.pos);
      packet.layers.push(packet.current.read(packet.reader, packet));
      if (packet.failed) throw packet.failed;
    }
  } catch (stop) {
    fault = faultOf(stop, packet, frame);
  }
  if (!packet.current || !WITHOUT_SECRETS.has(packet.current.protocol)) packet.hideRest();
  return { layers: packet.layers, fault, notes: packet.notes, secrets: packet.secrets };
}

function faultOf(stop: unknown, packet: PacketInProgress, frame: Frame): Fault {
  const protocol = packet.current?.protocol ?? 'frame';
  // Anything but a Stop is our own mistake: the frame is lost, the monitor is not, and the name says whose fault it was.
  if (!(stop instanceof Stop)) return { protocol, code: 'dissector', text: `dissector failed: ${String(stop)}`, at: packet.reader.pos };
  const cut = stop.code === 'truncated' && frame.bytes.length < frame.originalLength;
  return cut
    ? { protocol, code: 'cut', text: `the capture kept ${frame.bytes.length} of ${frame.originalLength} octets`, at: stop.at }
    : { protocol, code: stop.code, text: stop.text, at: stop.at };
}
