/** A row of the table `sessions` and the words of a session in memory: the one place that knows both. */
import { HIGH_SHIFT, LONG_WORDS, MICROS_MASK, ROW, WORD } from '../state/session-layout.ts';
import { type StoredAddress, textWords, wordsText } from './stored-address.ts';

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

/** As `select` gives them in raw mode, the extra columns behind. */
export type StoredSession = [
  slot: number,
  segment: number,
  proto: number,
  state: number,
  flags: number,
  client: StoredAddress,
  clientPort: number,
  virtual: StoredAddress,
  virtualPort: number,
  destination: StoredAddress,
  destinationPort: number,
  timeout: number,
  lastSync: number,
  firstSeen: number,
  syncCount: number,
  daemon: number,
  fwmark: number | null,
  engine: string | null,
  engineData: Uint8Array | null,
];

const MICROS = 1_000_000;
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
  into[at + 7] = isLong ? wordsText(long, longAt + 4) : rows[row + WORD.virtual];
  into[at + 8] = ports & 0xffff;
  into[at + 9] = isLong ? wordsText(long, longAt + 8) : rows[row + WORD.destination];
  into[at + 10] = packed >>> 16;
  into[at + 11] = rows[row + WORD.timeout];
  into[at + 12] = rows[row + WORD.lastSeconds] * MICROS + (rows[row + WORD.bucketLastMicros] & MICROS_MASK);
  into[at + 13] = rows[row + WORD.firstSeconds] * MICROS + (rows[row + WORD.daemonFirstMicros] & MICROS_MASK);
  into[at + 14] = rows[row + WORD.syncCount];
  into[at + 15] = rows[row + WORD.daemonFirstMicros] >>> HIGH_SHIFT;
}

/** The other way round: fills the words that `Sessions.restore` takes, and `long` for IPv6. Returns whether it is IPv6. */
export function sessionWords(s: StoredSession, words: Uint32Array, long: Uint32Array): boolean {
  const [, segment, proto, state, flags, client, clientPort, virtual, virtualPort, destination, destinationPort] = s;
  const [timeout, lastSync, firstSeen, syncCount, daemon] = s.slice(11, 16) as number[];
  const isLong = typeof client === 'string';
  words.fill(0);
  words[WORD.flags] = flags | (segment << ROW.segmentShift) | (isLong ? ROW.ipv6 : 0);
  words[WORD.ports] = (clientPort << 16) | virtualPort;
  words[WORD.destinationPortProtoState] = (destinationPort << 16) | (proto << 8) | state;
  words[WORD.timeout] = timeout;
  words[WORD.lastSeconds] = Math.floor(lastSync / MICROS);
  words[WORD.bucketLastMicros] = lastSync % MICROS;
  words[WORD.firstSeconds] = Math.floor(firstSeen / MICROS);
  words[WORD.daemonFirstMicros] = (daemon << HIGH_SHIFT) | (firstSeen % MICROS);
  words[WORD.syncCount] = syncCount;
  const ends = [client, virtual, destination];
  if (isLong) for (let i = 0; i < ends.length; i++) textWords(String(ends[i]), long, (i * LONG_WORDS) / ends.length);
  else for (let i = 0; i < ends.length; i++) words[WORD.client + i] = Number(ends[i]);
  return isLong;
}
