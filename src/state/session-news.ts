/**
 * What the datagram at hand did to the connection table beyond saying again what was known, for the rules. Filled where sessions
 * are made and moved, so that a record which only confirms costs nothing.
 */
import type { Address } from '../../dissectors/address.ts';
import { ROW, WORD } from './session-layout.ts';

/** A live session or template whose record named another real server than the one it has. */
export interface Move {
  /** Index of the binding it counted for. */
  readonly binding: number;
  /** `SessionRows.endsHash` of it. */
  readonly ends: number;
  readonly client: Address;
  /** Until now it was no session that had been closed. */
  readonly isActive: boolean;
  /** When it was synced last. */
  readonly lastSyncMicros: number;
  readonly expiresAtMicros: number;
  /** The new one. */
  readonly destination: Address;
  readonly destinationPort: number;
}

/** The most records of a datagram. */
const BATCH = 256;
const DESTINATION_WORDS = 8;

/** One of the addresses in a row of long ones. @param from its first word */
export function longAddress(long: Uint32Array, from: number): Uint8Array {
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  for (let i = 0; i < 4; i++) view.setUint32(i * 4, long[from + i]);
  return octets;
}

export class SessionNews {
  /** Slots of the sessions made; the first `madeCount` count. One may have been replaced within the datagram. */
  readonly made = new Uint32Array(BATCH);
  madeCount = 0;
  readonly moves: Move[] = [];

  /** A new datagram. */
  begin(): void {
    this.madeCount = 0;
    if (this.moves.length > 0) this.moves.length = 0;
  }

  add(slot: number): void {
    this.made[this.madeCount++] = slot;
  }

  /** @param fresh the record at hand as a row; @param freshLong its addresses, of IPv6 */
  move(known: Omit<Move, 'destination' | 'destinationPort'>, fresh: Uint32Array, freshLong: Uint32Array): void {
    const isLong = (fresh[WORD.flags] & ROW.ipv6) !== 0;
    const destination = isLong ? longAddress(freshLong, DESTINATION_WORDS) : fresh[WORD.destination];
    this.moves.push({ ...known, destination, destinationPort: fresh[WORD.destinationPortProtoState] >>> 16 });
  }
}
