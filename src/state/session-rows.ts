/** The memory of the connection table: rows in one typed array, chains by hash, long addresses, and which rows changed. */
import type { Address } from '../../dissectors/address.ts';
import type { PersistenceEngine } from '../../dissectors/ipvs.ts';
import { FLAG } from '../../dissectors/ipvs-record.ts';
import { RunOut } from './run-out.ts';
import { LONG_WORDS, MICROS_MASK, ROW, STATE_KEYS, stateKey, WORD, WORDS } from './session-layout.ts';
import { longAddress, SessionNews } from './session-news.ts';

/** Kept beside the table, since few sessions have one. */
export interface SessionExtra {
  readonly fwmark: number;
  readonly engine: PersistenceEngine | null;
}

export interface SessionsOptions {
  readonly maxSessions: number;
  /** Keep the list of changed slots for the store and the live view; replay has no use for it. */
  readonly trackChanges: boolean;
}

const FIRST_CAPACITY = 1 << 14;
/** Chains per row: at two, a session is nearly always the first of its chain. */
const HEADS_PER_ROW = 2;
const FIRST_LONG = 1024;
const MICROS = 1_000_000;
/** Protocol and state as they stand in a row. */
const TCP_ESTABLISHED = (6 << 8) | 1;
/** Where the second and third address of an IPv6 session begin. */
const VIRTUAL_WORDS = 4;
const DESTINATION_WORDS = 8;

export class SessionRows {
  readonly maxSessions: number;
  /** Rows of `WORDS` words each; replaced when the table grows, so never keep it. */
  words = new Uint32Array(FIRST_CAPACITY * WORDS);
  /** Sessions in the table. */
  live = 0;
  /** Sessions by `stateKey`. */
  readonly stateCounts = new Uint32Array(STATE_KEYS);
  /** One past the highest slot ever used. */
  top = 1;
  /** Addresses of IPv6 sessions, `LONG_WORDS` each, by what stands in their `WORD.client`; replaced when it grows. */
  long = new Uint32Array(0);
  /** Told of every session that is about to leave its slot; `replaced`: its successor has another real server. Null: nobody asks. */
  onRelease: ((slot: number, replaced: boolean) => void) | null = null;
  /** What the datagram at hand did. */
  readonly news = new SessionNews();
  readonly runOut = new RunOut();
  /** The record at hand, in the layout of a row, and its long addresses. */
  protected readonly fresh = new Uint32Array(WORDS);
  protected readonly freshLong = new Uint32Array(LONG_WORDS);
  protected heads = new Uint32Array(FIRST_CAPACITY * HEADS_PER_ROW);
  protected readonly freeLong: number[] = [];
  protected readonly freeSlots: number[] = [];
  protected readonly extras = new Map<number, SessionExtra>();
  private longTop = 0;
  private readonly trackChanges: boolean;
  private changes: number[] = [];

  constructor(options: SessionsOptions) {
    this.maxSessions = options.maxSessions;
    this.trackChanges = options.trackChanges;
  }

  inUse(slot: number): boolean {
    return (this.words[slot * WORDS + WORD.flags] & ROW.inUse) !== 0;
  }

  expiresAtMicros(slot: number): number {
    const row = slot * WORDS;
    const seconds = this.words[row + WORD.lastSeconds] + this.words[row + WORD.timeout];
    return seconds * MICROS + (this.words[row + WORD.bucketLastMicros] & MICROS_MASK);
  }

  extra(slot: number): SessionExtra | undefined {
    return this.words[slot * WORDS + WORD.flags] & ROW.extra ? this.extras.get(slot) : undefined;
  }

  /** One of a row's three addresses; an IPv6 one is a fresh copy. */
  address(slot: number, which: 'client' | 'virtual' | 'destination'): Address {
    const row = slot * WORDS;
    if (!(this.words[row + WORD.flags] & ROW.ipv6)) return this.words[row + WORD[which]];
    const from = this.words[row + WORD.client] * LONG_WORDS + (WORD[which] - WORD.client) * 4;
    return longAddress(this.long, from);
  }

  /** Names a session for as long as somebody may ask, by its client, virtual address, ports and protocol: a hash, so not for good. */
  endsHash(slot: number): number {
    const { words, long } = this;
    const row = slot * WORDS;
    const isLong = (words[row + WORD.flags] & ROW.ipv6) !== 0;
    const at = words[row + WORD.client] * LONG_WORDS;
    const client = isLong ? foldWords(long, at) : words[row + WORD.client];
    const virtual = isLong ? foldWords(long, at + VIRTUAL_WORDS) : words[row + WORD.virtual];
    const proto = (words[row + WORD.destinationPortProtoState] >>> 8) & 0xff;
    return clientHash(
      clientHash(client, words[row + WORD.ports]),
      virtual ^ (proto << 24) ^ (words[row + WORD.flags] >>> ROW.segmentShift),
    );
  }

  /** Of a session's real server. */
  destinationHash(slot: number): number {
    const { words, long } = this;
    const row = slot * WORDS;
    const port = words[row + WORD.destinationPortProtoState] >>> 16;
    const isLong = (words[row + WORD.flags] & ROW.ipv6) !== 0;
    const at = words[row + WORD.client] * LONG_WORDS + DESTINATION_WORDS;
    return clientHash(isLong ? foldWords(long, at) : words[row + WORD.destination], port);
  }

  /** Slots changed, made or freed since the last call, each once. */
  takeChanges(): number[] {
    const taken = this.changes;
    this.changes = [];
    for (const slot of taken) this.words[slot * WORDS + WORD.flags] &= ~ROW.changed;
    return taken;
  }

  /** Copies the three addresses of an IPv6 session, `LONG_WORDS` words, to where `at` is, for the store. */
  copyLongAddresses(slot: number, into: Uint32Array, at: number): void {
    const from = this.words[slot * WORDS + WORD.client] * LONG_WORDS;
    for (let i = 0; i < LONG_WORDS; i++) into[at + i] = this.long[from + i];
  }

  /** The record at hand names another real server than the session of its addresses. */
  protected noteMove(slot: number): void {
    const { words, fresh, freshLong } = this;
    const expiresAtMicros = this.expiresAtMicros(slot);
    const known = {
      binding: words[slot * WORDS + WORD.binding],
      ends: this.endsHash(slot),
      client: this.address(slot, 'client'),
      isActive: (words[slot * WORDS + WORD.flags] & FLAG.inactive) === 0,
      lastSyncMicros: expiresAtMicros - words[slot * WORDS + WORD.timeout] * MICROS,
      expiresAtMicros,
    };
    this.news.move(known, fresh, freshLong);
  }

  /** Of TCP only: what follows on UDP may well be something new between the same ports. */
  protected noteRunOut(slot: number): void {
    const row = slot * WORDS;
    if ((this.words[row + WORD.destinationPortProtoState] & 0xffff) !== TCP_ESTABLISHED) return;
    if (this.words[row + WORD.flags] & FLAG.template) return;
    const seconds = this.words[row + WORD.lastSeconds] + this.words[row + WORD.timeout];
    this.runOut.note(this.endsHash(slot), this.destinationHash(slot), seconds);
  }

  protected engineHash(engine: PersistenceEngine): number {
    let h = 0;
    for (const octet of engine.data) h = Math.imul(h ^ octet, 0x01000193);
    return clientHash(h, engine.data.length);
  }

  protected hasEngine(slot: number): boolean {
    return this.extra(slot)?.engine != null;
  }

  protected sameEngine(slot: number, engine: PersistenceEngine): boolean {
    const kept = this.extra(slot)?.engine?.data;
    return kept !== undefined && kept.length === engine.data.length && kept.every((octet, i) => octet === engine.data[i]);
  }

  /** The hash under which a row is or will be linked. */
  protected slotHash(slot: number): number {
    const engine = this.extra(slot)?.engine;
    if (engine) return this.engineHash(engine);
    const { words, long } = this;
    const row = slot * WORDS;
    const rest = ((words[row + WORD.ports] >>> 16) << 8) | ((words[row + WORD.destinationPortProtoState] >>> 8) & 0xff);
    const client = words[row + WORD.client];
    return clientHash(words[row + WORD.flags] & ROW.ipv6 ? foldWords(long, client * LONG_WORDS) : client, rest);
  }

  protected link(slot: number, h: number): void {
    const bucket = h & (this.heads.length - 1);
    this.words[slot * WORDS + WORD.next] = this.heads[bucket];
    this.heads[bucket] = slot;
  }

  protected unlink(slot: number): void {
    const { words, heads } = this;
    const bucket = this.slotHash(slot) & (heads.length - 1);
    const next = words[slot * WORDS + WORD.next];
    if (heads[bucket] === slot) {
      heads[bucket] = next;
      return;
    }
    let before = heads[bucket];
    while (words[before * WORDS + WORD.next] !== slot) before = words[before * WORDS + WORD.next];
    words[before * WORDS + WORD.next] = next;
  }

  protected takeSlot(): number {
    if (this.live >= this.maxSessions) return 0;
    return this.freeSlots.pop() ?? this.top++;
  }

  protected countIn(slot: number): void {
    this.live++;
    this.stateCounts[stateKey(this.words, slot * WORDS)]++;
  }

  protected countOut(slot: number): void {
    this.live--;
    this.stateCounts[stateKey(this.words, slot * WORDS)]--;
  }

  /** Called only where the state is another one: most records say the same state again. */
  protected changeState(row: number, state: number): void {
    this.stateCounts[stateKey(this.words, row)]--;
    this.words[row + WORD.destinationPortProtoState] = (this.words[row + WORD.destinationPortProtoState] & ~0xff) | state;
    this.stateCounts[stateKey(this.words, row)]++;
  }

  /** A place for three long addresses; returns its index. */
  protected keepLong(addresses: Uint32Array): number {
    const index = this.freeLong.pop() ?? this.longTop++;
    if ((index + 1) * LONG_WORDS > this.long.length) {
      const wider = new Uint32Array(Math.max(FIRST_LONG, index * 2) * LONG_WORDS);
      wider.set(this.long);
      this.long = wider;
    }
    this.long.set(addresses, index * LONG_WORDS);
    return index;
  }

  protected noteChange(slot: number): void {
    if (!this.trackChanges) return;
    const flags = slot * WORDS + WORD.flags;
    if (this.words[flags] & ROW.changed) return;
    this.words[flags] |= ROW.changed;
    this.changes.push(slot);
  }

  /** Room for `slots` rows, and links every session anew, oldest of a chain first so that the order stays. */
  protected growTo(slots: number): void {
    const capacity = this.words.length / WORDS;
    if (slots <= capacity) return;
    let wider = capacity;
    while (wider < slots) wider *= 2;
    // Fourfold while the bound allows: every growth links all sessions anew, and pages never written cost nothing.
    if (wider * 2 < this.maxSessions) wider *= 2;
    const words = new Uint32Array(wider * WORDS);
    words.set(this.words);
    this.words = words;
    const heads = this.heads;
    this.heads = new Uint32Array(wider * HEADS_PER_ROW);
    for (let i = 0; i < heads.length; i++) {
      let slot = reverseChain(words, heads[i]);
      while (slot) {
        const next = words[slot * WORDS + WORD.next];
        this.link(slot, this.slotHash(slot));
        slot = next;
      }
    }
  }
}

/** Hash of a client: its address folded to 32 bits, and port << 8 | protocol. */
export function clientHash(client: number, rest: number): number {
  let h = Math.imul(client ^ (client >>> 16), 0x45d9f3b) ^ Math.imul(rest, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Turns a chain round in place; returns what was its last slot. */
function reverseChain(words: Uint32Array, head: number): number {
  let reversed = 0;
  for (let slot = head; slot; ) {
    const next = words[slot * WORDS + WORD.next];
    words[slot * WORDS + WORD.next] = reversed;
    reversed = slot;
    slot = next;
  }
  return reversed;
}

export function foldLong(view: DataView, p: number): number {
  return (
    view.getUint32(p) ^
    Math.imul(view.getUint32(p + 4), 31) ^
    Math.imul(view.getUint32(p + 8), 961) ^
    Math.imul(view.getUint32(p + 12), 29791)
  );
}

export function foldWords(words: Uint32Array, from = 0): number {
  return words[from] ^ Math.imul(words[from + 1], 31) ^ Math.imul(words[from + 2], 961) ^ Math.imul(words[from + 3], 29791);
}
