/** A row of the table `sessions` and the words of a session in memory: the one place that knows both. */
import { HIGH_SHIFT, MICROS_MASK, ROW, WORD } from '../state/session-layout.ts';
import { IPV6_WORDS, type StoredAddress, textWords, wordsText } from './stored-address.ts';

/** Columns that every session fills, in the order of `sessionValues`; `sensor_id` is a constant of the statement. */
export const SESSION_COLUMNS = [
  'slot',
  'segment',
  'proto',
  'state',
  'flags',
  'client',
  'client_port',
  'virtual',
  'virtual_port',
  'destination',
  'destination_port',
  'timeout',
  'last_sync',
  'first_seen',
  'sync_count',
  'daemon',
] as const;
export const EXTRA_COLUMNS = ['fwmark', 'engine', 'engine_data'] as const;

/**
 * What `sessionWords` reads, packed by SQLite into numbers of up to 48 bits (its bit operators have one precedence): each column
 * less saves a twentieth of the start.
 */
export const PACKED_SESSION = `slot, client, virtual, destination, (client_port << 32) | (virtual_port << 16) | destination_port,
  (timeout << 16) | (proto << 8) | state, flags | (segment << 24), last_sync, first_seen, (sync_count << 16) | daemon`;
export type PackedSession = [
  slot: number,
  client: StoredAddress,
  virtual: StoredAddress,
  destination: StoredAddress,
  ports: number,
  timeoutProtoState: number,
  flags: number,
  lastSync: number,
  firstSeen: number,
  syncCountDaemon: number,
];

const MICROS = 1_000_000;
/** The lowest 16 bits of a packed number, and what is above them. */
const LOW = 0x10000;
const LOW_MASK = 0xffff;
const STORED_FLAGS = ROW.kernelFlags | ROW.conntrack | ROW.synced;

/**
 * Writes the values of `SESSION_COLUMNS` from `at` on.
 * @param row where the 16 words of the session begin in `rows`
 * @param longAt where its addresses begin in `long`, for IPv6
 */
export function sessionValues(into: StoredAddress[], at: number, rows: Uint32Array, row: number, long: Uint32Array, longAt: number): void {
  const flags = rows[row + WORD.flags];
  const ports = rows[row + WORD.ports];
  const packed = rows[row + WORD.destinationPortProtoState];
  const isLong = (flags & ROW.ipv6) !== 0;
  into[at] = rows[row - 1];
  into[at + 1] = flags >>> ROW.segmentShift;
  into[at + 2] = (packed >>> 8) & 0xff;
  into[at + 3] = packed & 0xff;
  into[at + 4] = flags & STORED_FLAGS;
  into[at + 5] = isLong ? wordsText(long, longAt) : rows[row + WORD.client];
  into[at + 6] = ports >>> 16;
  into[at + 7] = isLong ? wordsText(long, longAt + IPV6_WORDS) : rows[row + WORD.virtual];
  into[at + 8] = ports & 0xffff;
  into[at + 9] = isLong ? wordsText(long, longAt + 2 * IPV6_WORDS) : rows[row + WORD.destination];
  into[at + 10] = packed >>> 16;
  into[at + 11] = rows[row + WORD.timeout];
  into[at + 12] = rows[row + WORD.lastSeconds] * MICROS + (rows[row + WORD.bucketLastMicros] & MICROS_MASK);
  into[at + 13] = rows[row + WORD.firstSeconds] * MICROS + (rows[row + WORD.daemonFirstMicros] & MICROS_MASK);
  into[at + 14] = rows[row + WORD.syncCount];
  into[at + 15] = rows[row + WORD.daemonFirstMicros] >>> HIGH_SHIFT;
}

/** The other way round: fills the words that `Sessions.restore` takes, and `long` for IPv6. Returns whether it is IPv6. */
export function sessionWords(row: PackedSession, words: Uint32Array, long: Uint32Array): boolean {
  const [, client, virtual, destination, ports, timeoutProtoState, flags, lastSync, firstSeen, syncCountDaemon] = row;
  const isLong = typeof client === 'string';
  words[WORD.client] = isLong ? 0 : client;
  words[WORD.virtual] = isLong ? 0 : Number(virtual);
  words[WORD.destination] = isLong ? 0 : Number(destination);
  // What a word is given is cut to its lowest 32 bits.
  words[WORD.ports] = ports / LOW;
  words[WORD.destinationPortProtoState] = (ports << 16) | (timeoutProtoState & LOW_MASK);
  words[WORD.flags] = isLong ? flags | ROW.ipv6 : flags;
  words[WORD.timeout] = timeoutProtoState / LOW;
  words[WORD.lastSeconds] = Math.floor(lastSync / MICROS);
  words[WORD.bucketLastMicros] = lastSync % MICROS;
  words[WORD.firstSeconds] = Math.floor(firstSeen / MICROS);
  words[WORD.daemonFirstMicros] = ((syncCountDaemon & LOW_MASK) << HIGH_SHIFT) | (firstSeen % MICROS);
  words[WORD.syncCount] = syncCountDaemon / LOW;
  if (!isLong) return false;
  textWords(client, long, 0);
  textWords(String(virtual), long, IPV6_WORDS);
  textWords(String(destination), long, 2 * IPV6_WORDS);
  return true;
}
