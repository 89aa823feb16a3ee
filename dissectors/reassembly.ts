/**
 * IP fragments back to datagrams, for sync messages longer than the MTU (`sync_maxlen`). Bounded in datagrams, octets and
 * time; an overlap loses the whole datagram, an exact duplicate only itself, as in Linux (net/ipv4/inet_fragment.c).
 */
import { Stop } from './reader.ts';

export interface ReassemblyLimits {
  /** Datagrams waiting for a fragment. */
  readonly datagrams: number;
  /** Octets held for all of them. */
  readonly octets: number;
  /** Linux `net.ipv4.ipfrag_time`: from the first fragment. */
  readonly waitMicros: number;
}

export interface ReassemblyCounters {
  completed: number;
  /** Not complete after `waitMicros`. */
  expired: number;
  /** Thrown out because fragments overlapped or disagreed about the length. */
  refused: number;
  /** Thrown out, oldest first, because a bound was reached. */
  evicted: number;
}

interface Piece {
  readonly from: number;
  readonly octets: Uint8Array;
}

interface Datagram {
  readonly startedMicros: number;
  /** In order of `from`, without overlap. */
  readonly pieces: Piece[];
  held: number;
  /** Known once the last fragment came. */
  length: number | null;
}

export interface Reassembly {
  readonly counters: ReassemblyCounters;
  /**
   * Takes one fragment.
   * @param key what Linux compares: family, addresses, identification, protocol
   * @param offset in octets; @param more the MF flag
   * @returns the whole payload once complete, else null; throws `Stop('overlap')` for a fragment that contradicts the others
   */
  add(key: string, offset: number, more: boolean, octets: Uint8Array, atMicros: number): Uint8Array | null;
  /** Gives up on what waited too long. */
  expire(nowMicros: number): void;
}

const LARGEST_DATAGRAM = 65535;
const DEFAULT_LIMITS: ReassemblyLimits = { datagrams: 256, octets: 4 << 20, waitMicros: 30_000_000 };

/** Index at which a piece starting at `from` belongs. */
function place(pieces: readonly Piece[], from: number): number {
  let i = pieces.length;
  while (i > 0 && pieces[i - 1].from > from) i--;
  return i;
}

function join(datagram: Datagram): Uint8Array {
  const whole = new Uint8Array(datagram.held);
  for (const piece of datagram.pieces) whole.set(piece.octets, piece.from);
  return whole;
}

export function createReassembly(limits: ReassemblyLimits = DEFAULT_LIMITS): Reassembly {
  // A Map keeps insertion order, so its first entry is the oldest: expiry and eviction look only there.
  const waiting = new Map<string, Datagram>();
  const counters: ReassemblyCounters = { completed: 0, expired: 0, refused: 0, evicted: 0 };
  let heldOctets = 0;

  function forget(key: string, datagram: Datagram): void {
    waiting.delete(key);
    heldOctets -= datagram.held;
  }

  function refuse(key: string, datagram: Datagram, text: string): never {
    forget(key, datagram);
    counters.refused++;
    throw new Stop('overlap', text, 0);
  }

  function expire(nowMicros: number): void {
    for (const [key, datagram] of waiting) {
      const age = nowMicros - datagram.startedMicros;
      // A clock that stepped back must not keep a datagram for ever.
      if (age >= 0 && age <= limits.waitMicros) return;
      forget(key, datagram);
      counters.expired++;
    }
  }

  function evict(): void {
    for (const [key, datagram] of waiting) {
      if (waiting.size <= limits.datagrams && heldOctets <= limits.octets) return;
      forget(key, datagram);
      counters.evicted++;
    }
  }

  function add(key: string, offset: number, more: boolean, octets: Uint8Array, atMicros: number): Uint8Array | null {
    expire(atMicros);
    let datagram = waiting.get(key);
    if (!datagram) {
      datagram = { startedMicros: atMicros, pieces: [], held: 0, length: null };
      waiting.set(key, datagram);
    }
    const end = offset + octets.length;
    if (end > LARGEST_DATAGRAM) refuse(key, datagram, `a fragment ends at octet ${end}, past the largest datagram`);
    const i = place(datagram.pieces, offset);
    const before = datagram.pieces[i - 1];
    const after = datagram.pieces[i];
    if (before && before.from === offset && before.octets.length === octets.length) return null;
    if (before && before.from + before.octets.length > offset) refuse(key, datagram, 'fragments overlap');
    if (after && end > after.from) refuse(key, datagram, 'fragments overlap');
    if (datagram.length !== null && (more ? end > datagram.length : end !== datagram.length))
      refuse(key, datagram, 'fragments disagree about the length');
    if (!more) {
      if (after) refuse(key, datagram, 'fragments disagree about the length');
      datagram.length = end;
    }
    datagram.pieces.splice(i, 0, { from: offset, octets: octets.slice() });
    datagram.held += octets.length;
    heldOctets += octets.length;
    if (datagram.held === datagram.length) {
      forget(key, datagram);
      counters.completed++;
      return join(datagram);
    }
    evict();
    return null;
  }

  return { counters, add, expire };
}
