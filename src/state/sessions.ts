/**
 * The live connection table, as a backup director's kernel would hold it after the same sync messages (ip_vs_proc_conn,
 * ip_vs_conn_in_get, ip_vs_ct_in_get), in typed arrays. Time is the packets' time; nothing here knows a clock.
 */
import type { Ipvs, PersistenceEngine } from '../../dissectors/ipvs.ts';
import { BACKUP_FLAGS, FLAG, TYPE_IPV6, UPDATED_FLAGS, V0, V1 } from '../../dissectors/ipvs-record.ts';
import { defaultTimeoutSeconds, IPPROTO_IP } from '../../dissectors/ipvs-states.ts';
import { Bindings } from './bindings.ts';
import { Eviction } from './eviction.ts';
import { ExpiryWheel } from './expiry-wheel.ts';
import { HIGH_SHIFT, LONG_WORDS, MICROS_MASK, MOST_DAEMONS, ROW, WORD, WORDS } from './session-layout.ts';
import { clientHash, foldLong, foldWords, type SessionExtra, SessionRows } from './session-rows.ts';

/** What a sync record cannot say itself. */
export interface SyncContext {
  readonly atMicros: number;
  /** Index of the sender among the daemons, below `MOST_DAEMONS`. */
  readonly daemon: number;
  /** Index of interface and VLAN, at most `MOST_SEGMENTS`. */
  readonly segment: number;
}

export interface SessionCounters {
  /** Records entered. */
  records: number;
  created: number;
  updated: number;
  /** Replaced because an active record named another real server. */
  moved: number;
  expired: number;
  /** Inactive records of a session that had moved: ignored, as the kernel does. */
  ignored: number;
  /** Thrown out of a full table for new ones, see `Eviction`. */
  evicted: number;
  /** New ones for which nobody had to go. */
  refused: number;
}

const STATE_MOST = 255;
const MICROS = 1_000_000;
/** The most records a datagram can announce. */
const BATCH = 256;
const WORDS_SHIFT = 4;
const DISORDER_SECONDS = 60;
/** Words of the long addresses: client 0..3, virtual 4..7, destination 8..11. */
const VIRTUAL_REST = 5;
const VIRTUAL_END = 8;
/** What of a row is neither its data nor a link, and comes back from the store as it was. */
const STORED_WORDS = [WORD.lastSeconds, WORD.bucketLastMicros, WORD.firstSeconds, WORD.daemonFirstMicros, WORD.syncCount];
const DATA_WORDS = WORD.timeout + 1;

export class Sessions extends SessionRows {
  readonly counters: SessionCounters = { records: 0, created: 0, updated: 0, moved: 0, expired: 0, ignored: 0, evicted: 0, refused: 0 };
  readonly bindings = new Bindings();
  readonly eviction = new Eviction(MOST_DAEMONS);
  private readonly wheel = new ExpiryWheel();
  private currentSecond = 0;
  /** Moment of the datagram at hand. */
  private atSecond = 0;
  private atMicros = 0;
  private noClientPortRows = 0;
  private readonly hashes = new Uint32Array(BATCH);
  private readonly candidates = new Uint32Array(BATCH);
  /** Keeps the reads ahead from being optimised away. */
  private touched = 0;
  private readonly onExpire = (slot: number): void => {
    this.counters.expired++;
    this.noteRunOut(slot);
    this.release(slot, 'expired');
  };

  /** Enters every record that the dissector let pass. */
  apply(sync: Ipvs, context: SyncContext): void {
    this.advance(context.atMicros);
    this.news.begin();
    this.atSecond = Math.floor(context.atMicros / MICROS);
    this.atMicros = context.atMicros - this.atSecond * MICROS;
    const { view, records, engines } = sync;
    const v1 = sync.version === 1;
    this.reserve(records.length);
    this.lookAhead(view, records, v1);
    for (let i = 0; i < records.length; i++) {
      if (v1 && this.confirm(view, records[i], this.candidates[i], context)) continue;
      if (v1) this.decodeV1(view, records[i]);
      else this.decodeV0(view, records[i]);
      this.enter(this.hashes[i], v1 ? view.getUint32(records[i] + V1.fwmark) : 0, engines?.get(i) ?? null, context);
    }
    this.counters.records += records.length;
  }

  /** Moves time on: sessions whose timer ran out before the second of `nowMicros` go. Cheap within the same second. */
  advance(nowMicros: number): void {
    const second = Math.floor(nowMicros / MICROS);
    // Frames of several interfaces may come a little out of order; only a real step back sets the clock back.
    if (second <= this.currentSecond && second > this.currentSecond - DISORDER_SECONDS) return;
    if (!this.wheel.advance(this.words, second, this.onExpire)) this.restartClock(second);
    this.currentSecond = second;
  }

  /** Like `advance`, and to the microsecond: what is left is exactly what is alive at `nowMicros`. */
  settle(nowMicros: number): void {
    this.advance(nowMicros);
    for (const slot of this.wheel.dueNow(this.words)) {
      if (this.expiresAtMicros(slot) > nowMicros) continue;
      this.wheel.unfile(this.words, slot);
      this.onExpire(slot);
    }
  }

  /**
   * Puts a stored session back into its slot, as it was; for the start only, after `advance` and before any record.
   * @param row 16 words; links, bucket and binding are made anew
   * @param long the three addresses, 12 words, of an IPv6 session; null otherwise
   */
  restore(slot: number, row: Uint32Array, long: Uint32Array | null, extra: SessionExtra | null): void {
    this.growTo(slot + 1);
    while (this.top < slot) this.freeSlots.push(this.top++);
    this.top = Math.max(this.top, slot + 1);
    this.fresh.set(row);
    this.fresh[WORD.flags] &= ~(ROW.changed | ROW.extra);
    if (long) this.freshLong.set(long);
    this.fill(slot, null, extra?.fwmark ?? 0, extra?.engine ?? null);
    const at = slot * WORDS;
    for (const word of STORED_WORDS) this.words[at + word] = row[word];
    this.words[at + WORD.binding] = this.bind(slot, extra?.fwmark ?? 0, extra?.engine ?? null, true);
    this.wheel.file(this.words, slot);
  }

  // --- reading records ---------------------------------------------------------------------------------------------

  /** Passes before the work: hashes, chain heads, one read of each row, so that the cache misses of a datagram overlap. */
  private lookAhead(view: DataView, records: readonly number[], v1: boolean): void {
    const { hashes, candidates, heads, words } = this;
    const mask = heads.length - 1;
    const client = v1 ? V1.client : V0.client;
    const port = v1 ? V1.clientPort : V0.clientPort;
    for (let i = 0; i < records.length; i++) {
      const p = records[i];
      const long = v1 && view.getUint8(p) & TYPE_IPV6;
      const rest = (view.getUint16(p + port) << 8) | view.getUint8(p + V1.proto);
      hashes[i] = clientHash(long ? foldLong(view, p + client) : view.getUint32(p + client), rest);
    }
    for (let i = 0; i < records.length; i++) candidates[i] = heads[hashes[i] & mask];
    let touched = 0;
    for (let i = 0; i < records.length; i++) touched ^= words[candidates[i] << WORDS_SHIFT];
    this.touched ^= touched;
  }

  private decodeV1(view: DataView, p: number): void {
    const { fresh } = this;
    this.decodeCondition(view, p, view.getUint32(p + V1.flags));
    fresh[WORD.ports] = view.getUint32(p + V1.clientPort);
    if (view.getUint8(p) & TYPE_IPV6) {
      fresh[WORD.flags] |= ROW.ipv6;
      for (let i = 0; i < LONG_WORDS; i++) this.freshLong[i] = view.getUint32(p + V1.client + i * 4);
      // Where a firewall mark stands for the virtual address the kernel keeps its first 4 octets only (`ip_vs_addr_set`).
      if (view.getUint8(p + V1.proto) === IPPROTO_IP) this.freshLong.fill(0, VIRTUAL_REST, VIRTUAL_END);
    } else {
      fresh[WORD.client] = view.getUint32(p + V1.client);
      fresh[WORD.virtual] = view.getUint32(p + V1.client + 4);
      fresh[WORD.destination] = view.getUint32(p + V1.client + 8);
    }
  }

  /** What every record may change: flags, state and timeout. */
  private decodeCondition(view: DataView, p: number, wire: number): void {
    const { fresh } = this;
    fresh[WORD.flags] = (wire & (BACKUP_FLAGS | ROW.conntrack)) | (wire & FLAG.synced ? ROW.synced : 0);
    const proto = view.getUint8(p + V1.proto);
    const state = view.getUint16(p + V1.state);
    fresh[WORD.destinationPortProtoState] = (view.getUint16(p + V1.destinationPort) << 16) | (proto << 8) | Math.min(state, STATE_MOST);
    fresh[WORD.timeout] = view.getUint32(p + V1.timeout);
  }

  private decodeV0(view: DataView, p: number): void {
    const { fresh } = this;
    const wire = view.getUint16(p + V0.flags);
    // Version 0 keeps every flag but HASHED; what of them has a meaning lies within these.
    fresh[WORD.flags] = (wire & (BACKUP_FLAGS | FLAG.onePacket)) | (wire & FLAG.synced ? ROW.synced : 0);
    const proto = view.getUint8(p + V0.proto);
    const state = view.getUint16(p + V0.state);
    fresh[WORD.ports] = view.getUint32(p + V0.clientPort);
    fresh[WORD.destinationPortProtoState] = (view.getUint16(p + V0.destinationPort) << 16) | (proto << 8) | Math.min(state, STATE_MOST);
    fresh[WORD.timeout] = 0;
    fresh[WORD.client] = view.getUint32(p + V0.client);
    fresh[WORD.virtual] = view.getUint32(p + V0.virtual);
    fresh[WORD.destination] = view.getUint32(p + V0.destination);
  }

  /**
   * The common record, decided without decoding it all: it says again what the first session of its chain is, an IPv4
   * connection with nothing unusual to it. Does then what `enter` would do, and returns false for everything else.
   */
  private confirm(view: DataView, p: number, slot: number, context: SyncContext): boolean {
    const { words } = this;
    const row = slot * WORDS;
    const wire = view.getUint32(p + V1.flags);
    const unusual = FLAG.template | FLAG.noClientPort | ROW.ipv6 | ROW.extra;
    const ends = (view.getUint16(p + V1.destinationPort) << 16) | (view.getUint8(p + V1.proto) << 8);
    if (
      slot === 0 ||
      view.getUint8(p) !== 0 ||
      wire & FLAG.template ||
      words[row + WORD.client] !== view.getUint32(p + V1.client) ||
      words[row + WORD.virtual] !== view.getUint32(p + V1.client + 4) ||
      words[row + WORD.destination] !== view.getUint32(p + V1.client + 8) ||
      words[row + WORD.ports] !== view.getUint32(p + V1.clientPort) ||
      words[row + WORD.ports] >>> 16 === 0 ||
      (words[row + WORD.destinationPortProtoState] ^ ends) & ~0xff ||
      (words[row + WORD.flags] & (unusual | ROW.inUse)) !== ROW.inUse ||
      words[row + WORD.flags] >>> ROW.segmentShift !== context.segment ||
      words[row + WORD.lastSeconds] + words[row + WORD.timeout] <= this.atSecond
    )
      return false;
    this.decodeCondition(view, p, wire);
    this.update(slot, context);
    return true;
  }

  // --- the kernel's rules ------------------------------------------------------------------------------------------

  /** Kernel `ip_vs_proc_conn()`. */
  private enter(addressHash: number, fwmark: number, engine: PersistenceEngine | null, context: SyncContext): void {
    const { fresh } = this;
    fresh[WORD.flags] |= context.segment << ROW.segmentShift;
    const template = (fresh[WORD.flags] & FLAG.template) !== 0;
    const h = engine ? this.engineHash(engine) : addressHash;
    // Engine data sends the kernel to another chain than the addresses, where it never finds a connection.
    let slot = template ? this.findTemplate(h, engine) : engine ? 0 : this.findConnection(h);
    if (slot && this.expiresAtMicros(slot) <= context.atMicros) {
      this.wheel.unfile(this.words, slot);
      this.onExpire(slot);
      slot = 0;
    }
    if (slot && !template && this.elsewhere(slot)) {
      if (fresh[WORD.flags] & FLAG.inactive) {
        // The last word on a session that has been replaced already.
        this.counters.ignored++;
        return;
      }
      this.counters.moved++;
      this.noteMove(slot);
      this.release(slot, 'replaced');
      slot = 0;
    }
    // A backup leaves a template with the real server that it had.
    if (slot && template && this.elsewhere(slot)) this.noteMove(slot);
    if (slot) this.update(slot, context);
    // Only a template keeps engine data and is found by it.
    else this.create(template ? h : addressHash, fwmark, template ? engine : null, context);
  }

  private findConnection(h: number): number {
    const { fresh } = this;
    const found = this.findExact(h, fresh[WORD.ports]);
    const clientPort = fresh[WORD.ports] >>> 16;
    if (found || this.noClientPortRows === 0 || clientPort === 0) return found;
    // The kernel tries again for an entry made before the client's port was known.
    const proto = (fresh[WORD.destinationPortProtoState] >>> 8) & 0xff;
    const client = fresh[WORD.flags] & ROW.ipv6 ? foldWords(this.freshLong) : fresh[WORD.client];
    return this.findExact(clientHash(client, proto), fresh[WORD.ports] & 0xffff);
  }

  /** Kernel `__ip_vs_conn_in_get()`: a client port of 0 finds only entries made without one, and the other way round. */
  private findExact(h: number, ports: number): number {
    const { words } = this;
    const portless = ports >>> 16 === 0;
    for (let slot = this.heads[h & (this.heads.length - 1)]; slot; slot = words[slot * WORDS + WORD.next]) {
      const row = slot * WORDS;
      if (words[row + WORD.ports] !== ports || !this.sameEnds(row)) continue;
      if (portless === ((words[row + WORD.flags] & FLAG.noClientPort) !== 0) && !this.hasEngine(slot)) return slot;
    }
    return 0;
  }

  /** Kernel `ip_vs_ct_in_get()`; with engine data (`ip_vs_sip_ct_match`) that data counts instead of the client port. */
  private findTemplate(h: number, engine: PersistenceEngine | null): number {
    const { words, fresh } = this;
    for (let slot = this.heads[h & (this.heads.length - 1)]; slot; slot = words[slot * WORDS + WORD.next]) {
      const row = slot * WORDS;
      if (!(words[row + WORD.flags] & FLAG.template) || !this.sameEnds(row)) continue;
      const ports = words[row + WORD.ports] ^ fresh[WORD.ports];
      if (engine ? (ports & 0xffff) !== 0 || !this.sameEngine(slot, engine) : ports !== 0 || this.hasEngine(slot)) continue;
      return slot;
    }
    return 0;
  }

  /** Same segment, family, protocol, client and virtual address. */
  private sameEnds(row: number): boolean {
    const { words, fresh, freshLong, long } = this;
    const where = ROW.ipv6 | (0xff << ROW.segmentShift);
    if ((words[row + WORD.flags] ^ fresh[WORD.flags]) & where) return false;
    if ((words[row + WORD.destinationPortProtoState] ^ fresh[WORD.destinationPortProtoState]) & 0xff00) return false;
    if (!(fresh[WORD.flags] & ROW.ipv6))
      return words[row + WORD.client] === fresh[WORD.client] && words[row + WORD.virtual] === fresh[WORD.virtual];
    const from = words[row + WORD.client] * LONG_WORDS;
    for (let i = 0; i < VIRTUAL_END; i++) if (long[from + i] !== freshLong[i]) return false;
    return true;
  }

  /** Does the record at hand name another real server than the row? */
  private elsewhere(slot: number): boolean {
    const { words, fresh, freshLong, long } = this;
    const row = slot * WORDS;
    if ((words[row + WORD.destinationPortProtoState] ^ fresh[WORD.destinationPortProtoState]) >>> 16) return true;
    if (!(fresh[WORD.flags] & ROW.ipv6)) return words[row + WORD.destination] !== fresh[WORD.destination];
    const from = words[row + WORD.client] * LONG_WORDS;
    for (let i = VIRTUAL_END; i < LONG_WORDS; i++) if (long[from + i] !== freshLong[i]) return true;
    return false;
  }

  private update(slot: number, context: SyncContext): void {
    const { words, fresh } = this;
    const row = slot * WORDS;
    const flags = words[row + WORD.flags];
    const wire = fresh[WORD.flags];
    // A template's own flag decides here, not the row's: a record without it may have found a template by its addresses.
    if (!(wire & FLAG.template)) this.countActivity(words[row + WORD.binding], flags, wire);
    const taken = UPDATED_FLAGS | ROW.synced | ROW.conntrack;
    words[row + WORD.flags] = (flags & ~taken) | (wire & taken);
    const state = fresh[WORD.destinationPortProtoState] & 0xff;
    if ((words[row + WORD.destinationPortProtoState] & 0xff) !== state) this.changeState(row, state);
    this.setTimer(row);
    words[row + WORD.daemonFirstMicros] = (context.daemon << HIGH_SHIFT) | (words[row + WORD.daemonFirstMicros] & MICROS_MASK);
    words[row + WORD.syncCount]++;
    this.wheel.refile(words, slot);
    this.counters.updated++;
    this.noteChange(slot);
  }

  private create(h: number, fwmark: number, engine: PersistenceEngine | null, context: SyncContext): void {
    // One-packet connections time out at once (`ip_vs_conn_put`); only version 0 lets the flag through.
    if (this.fresh[WORD.flags] & FLAG.onePacket) return;
    if (this.live >= this.maxSessions) this.evictFor(context);
    const slot = this.takeSlot();
    if (slot === 0) {
      this.counters.refused++;
      return;
    }
    this.fill(slot, h, fwmark, engine);
    const row = slot * WORDS;
    this.setTimer(row);
    this.words[row + WORD.binding] = this.bind(slot, fwmark, engine, this.eviction.known[context.daemon] === 1);
    this.words[row + WORD.firstSeconds] = this.atSecond;
    this.words[row + WORD.daemonFirstMicros] = (context.daemon << HIGH_SHIFT) | this.atMicros;
    this.words[row + WORD.syncCount] = 1;
    this.wheel.file(this.words, slot);
    this.bindings.created(this.words[row + WORD.binding], this.atSecond);
    this.counters.created++;
    this.news.add(slot);
    this.noteChange(slot);
  }

  private evictFor(context: SyncContext): void {
    const slot = this.eviction.pick(this.words, this.top, context.daemon, this.atSecond);
    if (slot > 0) this.counters.evicted++;
    if (slot > 0) this.release(slot, 'evicted');
  }

  private setTimer(row: number): void {
    const { words, fresh } = this;
    words[row + WORD.timeout] = fresh[WORD.timeout] || this.defaultTimeout(row);
    words[row + WORD.lastSeconds] = this.atSecond;
    words[row + WORD.bucketLastMicros] = (words[row + WORD.bucketLastMicros] & ~MICROS_MASK) | this.atMicros;
  }

  /** Without a timeout in the message; the kernel asks the entry, not the record, whether it is a template. */
  private defaultTimeout(row: number): number {
    const packed = this.words[row + WORD.destinationPortProtoState];
    const template = (this.words[row + WORD.flags] & FLAG.template) !== 0;
    return defaultTimeoutSeconds((packed >>> 8) & 0xff, template, packed & 0xff);
  }

  private countActivity(index: number, before: number, after: number): void {
    if (!((before ^ after) & FLAG.inactive)) return;
    const binding = this.bindings.all[index];
    const step = after & FLAG.inactive ? 1 : -1;
    binding.inactive += step;
    binding.active -= step;
  }

  // --- slots -------------------------------------------------------------------------------------------------------

  /** Copies the record at hand into a row and links it into its chain. */
  private fill(slot: number, knownHash: number | null, fwmark: number, engine: PersistenceEngine | null): void {
    const { words, fresh } = this;
    const row = slot * WORDS;
    const waits = words[row + WORD.flags] & ROW.changed;
    for (let i = WORD.client; i < DATA_WORDS; i++) words[row + i] = fresh[i];
    words[row + WORD.flags] = fresh[WORD.flags] | ROW.inUse | waits | (fwmark || engine ? ROW.extra : 0);
    if (fresh[WORD.flags] & ROW.ipv6) words[row + WORD.client] = this.keepLong(this.freshLong);
    if (fwmark || engine) this.extras.set(slot, { fwmark, engine });
    if (fresh[WORD.flags] & FLAG.noClientPort) this.noClientPortRows++;
    this.link(slot, knownHash ?? this.slotHash(slot));
    this.countIn(slot);
  }

  private bind(slot: number, fwmark: number, engine: PersistenceEngine | null, isKnown: boolean): number {
    const row = slot * WORDS;
    const { words } = this;
    const flags = words[row + WORD.flags];
    const template = (flags & FLAG.template) !== 0;
    const key = {
      segment: flags >>> ROW.segmentShift,
      proto: (words[row + WORD.destinationPortProtoState] >>> 8) & 0xff,
      virtual: this.address(slot, 'virtual'),
      virtualPort: words[row + WORD.ports] & 0xffff,
      fwmark,
      destination: this.address(slot, 'destination'),
      destinationPort: words[row + WORD.destinationPortProtoState] >>> 16,
      forward: flags & FLAG.forwardMask,
      template,
    };
    const index = this.bindings.find(key, this.currentSecond, isKnown);
    const binding = this.bindings.all[index];
    if (template) {
      binding.persistent++;
      binding.persistentSeconds = words[row + WORD.timeout];
      binding.engine = engine?.name ?? null;
    } else if (flags & FLAG.inactive) binding.inactive++;
    else binding.active++;
    return index;
  }

  /** Takes a session out. Its timer is unfiled unless the wheel itself is letting go of it. */
  private release(slot: number, how: 'expired' | 'replaced' | 'evicted'): void {
    this.onRelease?.(slot, how === 'replaced');
    const { words } = this;
    const row = slot * WORDS;
    const flags = words[row + WORD.flags];
    if (how !== 'expired') this.wheel.unfile(words, slot);
    this.unlink(slot);
    const binding = this.bindings.all[words[row + WORD.binding]];
    if (flags & FLAG.template) binding.persistent--;
    else if (flags & FLAG.inactive) binding.inactive--;
    else binding.active--;
    if (flags & ROW.extra) this.extras.delete(slot);
    if (flags & ROW.ipv6) this.freeLong.push(words[row + WORD.client]);
    if (flags & FLAG.noClientPort) this.noClientPortRows--;
    this.countOut(slot);
    words[row + WORD.flags] = flags & ROW.changed;
    this.freeSlots.push(slot);
    this.noteChange(slot);
  }

  private reserve(records: number): void {
    this.growTo(this.top + records);
  }

  /** The clock began, or was set back, or jumped: every timer is judged once and filed anew. */
  private restartClock(second: number): void {
    this.wheel.reset(second);
    for (let slot = 1; slot < this.top; slot++) {
      if (!this.inUse(slot)) continue;
      if (this.expiresAtMicros(slot) < second * MICROS) this.onExpire(slot);
      else this.wheel.file(this.words, slot);
    }
  }
}
