/** The frames behind events, with passwords masked: a window of the latest frames, from which each event takes its own. */
import { addressText } from '../../dissectors/address.ts';
import type { Dissection, Frame } from '../../dissectors/dissect.ts';
import { maskSecrets } from '../../dissectors/mask.ts';
import type { MonitorEvent } from './events.ts';
import { FrameRing, type KeptFrame } from './frame-ring.ts';

export interface EventEvidence {
  readonly eventId: string;
  /** Some may follow later: what shows a silence is the frame that comes after it. */
  readonly frames: readonly KeptFrame[];
}

/** An event shown by silence, until a frame shows that time went on. */
interface Waiting {
  readonly eventId: string;
  readonly notBeforeMicros: number;
  readonly interface: string | null;
}

const CONTROL_PROTOCOLS: ReadonlySet<string> = new Set(['vrrp', 'carp', 'arp', 'ndp', 'igmp', 'mld']);
const CONTROL = { frames: 8192, octets: 8 << 20 };
const SYNC = { frames: 4096, octets: 6 << 20 };
/** Events whose frames are held until they are stored, and a while longer for whoever asks at once. */
const MOST_RECENT_EVENTS = 512;
const MOST_RECENT_OCTETS = 8 << 20;
const MOST_WAITING = 256;

function datagramOf({ layers }: Dissection): string | null {
  for (const layer of layers) {
    if ((layer.protocol !== 'ipv4' && layer.protocol !== 'ipv6') || layer.fragment === null) continue;
    const id = layer.protocol === 'ipv4' ? layer.id : layer.fragment.id;
    return `${addressText(layer.source)} ${addressText(layer.destination)} ${id}`;
  }
  return null;
}

/** Whether a frame may be kept, and what for; null: it is none of ours, or where its secrets are cannot be told. */
export function keptFor(dissection: Dissection): 'sync' | 'control' | null {
  const { layers, secrets, fault, notes } = dissection;
  if (secrets === null) return null;
  const protocol = layers.at(-1)?.protocol ?? '';
  if (protocol === 'ipvs' || datagramOf(dissection) !== null) return 'sync';
  return fault || notes.length > 0 || CONTROL_PROTOCOLS.has(protocol) ? 'control' : null;
}

const octetsOf = (frames: readonly KeptFrame[]): number => frames.reduce((sum, { bytes }) => sum + bytes.length, 0);

export class Evidence {
  /** Apart from sync, which comes by the hundred thousand a second and would push everything else out. */
  #control: FrameRing | null = null;
  #sync: FrameRing | null = null;
  /** The latest frame remembered. */
  #number = 0;
  #atMicros = 0;
  #interface: string | null = null;
  /** Time went on without a frame up to here; 0: it did not. */
  #silentUntilMicros = 0;
  #waiting: Waiting[] = [];
  readonly #recent = new Map<string, readonly KeptFrame[]>();
  #recentOctets = 0;
  #fresh: EventEvidence[] = [];

  /** Remembers a frame for a while. Its octets are copied. */
  offer(frame: Frame, dissection: Dissection, number: number, name: string | null): void {
    this.#silentUntilMicros = 0;
    const use = keptFor(dissection);
    if (use === null) return;
    const ring = use === 'sync' ? this.#syncRing() : this.#controlRing();
    const place = ring.add(frame, number, name, use === 'sync' ? datagramOf(dissection) : null);
    if (place === null) return;
    const { secrets } = dissection;
    if (secrets && secrets.length > 0) maskSecrets(ring.octets(place, frame.bytes.length), secrets);
    this.#number = number;
    this.#atMicros = frame.atMicros;
    this.#interface = name;
    if (this.#waiting.length > 0) this.#endSilences();
  }

  /** Time goes on without a frame: what is found out now is shown by the frame that comes next. */
  silence(nowMicros: number): void {
    this.#silentUntilMicros = nowMicros;
  }

  /** Keeps what an event cites, and what shows that the time of a silence has passed. */
  keep(event: MonitorEvent): void {
    const cited = this.#find(event.frames);
    const latest = cited.at(-1);
    if (!latest) return;
    this.#deliver(event.id, cited);
    const notBeforeMicros = Math.max(event.atMicros, this.#silentUntilMicros);
    if (event.frames.includes(this.#number) && this.#atMicros >= notBeforeMicros) return;
    this.#waiting.push({ eventId: event.id, notBeforeMicros, interface: latest.interface });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#endSilences();
  }

  /** What memory still holds of an event's frames; those of older events are in the store. */
  recent(eventId: string): readonly KeptFrame[] {
    return this.#recent.get(eventId) ?? [];
  }

  /** Number of the sync datagram captured at a moment, while it is remembered. */
  frameAt(atMicros: number): number | null {
    return this.#sync?.at(atMicros) ?? null;
  }

  /** Since the last call, for the store. */
  takeFresh(): EventEvidence[] {
    const taken = this.#fresh;
    this.#fresh = [];
    return taken;
  }

  #controlRing(): FrameRing {
    this.#control ??= new FrameRing(CONTROL.frames, CONTROL.octets);
    return this.#control;
  }

  #syncRing(): FrameRing {
    this.#sync ??= new FrameRing(SYNC.frames, SYNC.octets);
    return this.#sync;
  }

  #find(numbers: readonly number[]): KeptFrame[] {
    const all = new Set(numbers.flatMap((number) => this.#sync?.fragments(number) ?? [number]));
    const found = [...all].sort((a, b) => a - b).map((number) => this.#control?.find(number) ?? this.#sync?.find(number) ?? null);
    return found.filter((frame) => frame !== null);
  }

  #endSilences(): void {
    const frame = { number: this.#number, atMicros: this.#atMicros, interface: this.#interface };
    const isOver = (w: Waiting): boolean => frame.atMicros >= w.notBeforeMicros && frame.interface === w.interface;
    const over = this.#waiting.filter(isOver);
    if (over.length === 0) return;
    this.#waiting = this.#waiting.filter((w) => !isOver(w));
    for (const { eventId } of over) this.#deliver(eventId, this.#find([frame.number]));
  }

  #deliver(eventId: string, frames: readonly KeptFrame[]): void {
    this.#fresh.push({ eventId, frames });
    this.#recent.set(eventId, [...this.recent(eventId), ...frames]);
    this.#recentOctets += octetsOf(frames);
    // Without a store nobody takes the fresh ones.
    if (this.#fresh.length > MOST_RECENT_EVENTS) this.#fresh.shift();
    for (const [oldest, held] of this.#recent) {
      if (this.#recent.size <= MOST_RECENT_EVENTS && this.#recentOctets <= MOST_RECENT_OCTETS) return;
      this.#recent.delete(oldest);
      this.#recentOctets -= octetsOf(held);
    }
  }
}
