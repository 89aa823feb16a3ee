/** The life of a session: each sync record that told of it, as the history has it. */
import { type Static, Type } from 'typebox';
import { type Address, addressText } from '../../dissectors/address.ts';
import { FLAG } from '../../dissectors/ipvs-record.ts';
import type { Segment } from '../state/segments.ts';
import type { Session } from '../state/session.ts';
import type { SyncRecord } from '../state/session-records.ts';
import { FLAG_NAMES } from './connection.ts';
import { Endpoint, endpoint, ForwardName, forwardName, Time, timeText } from './scalars.ts';

const SessionRecordSchema = Type.Object(
  {
    at: Time,
    file: Type.String({ description: 'name of the file in the folder of the history' }),
    frame: Type.Integer({ minimum: 1, description: 'number of its frame in that file, as Wireshark counts' }),
    daemon: Type.String({ description: 'address of the sender' }),
    syncid: Type.Integer({ minimum: 0, maximum: 255 }),
    version: Type.Union([Type.Literal(0), Type.Literal(1)]),
    state: Type.String({ description: 'as ipvsadm names it' }),
    flags: Type.Array(Type.String()),
    destination: Endpoint,
    forward: ForwardName,
    timeoutSeconds: Type.Integer({ minimum: 0, description: 'as sent, or by default where none was' }),
  },
  { $id: 'SessionRecord' },
);
type SessionRecord = Static<typeof SessionRecordSchema>;

export const MOST_RECORDS = 1000;

export const SessionRecordsSchema = Type.Object(
  {
    items: Type.Array(SessionRecordSchema, { description: `oldest first, the latest ${MOST_RECORDS}` }),
    complete: Type.Boolean({ description: "whether the history has all of the session's records, from its first on" }),
    total: Type.Integer({ minimum: 0, description: 'how many the history has' }),
    asOf: Time,
  },
  { $id: 'SessionRecords' },
);
export type SessionRecords = Static<typeof SessionRecordsSchema>;

/** A record and the datagram that it came in. */
export interface SeenRecord extends SyncRecord {
  readonly atMicros: number;
  readonly file: string;
  readonly frame: number;
  readonly daemon: Address;
  readonly syncid: number;
  readonly version: 0 | 1;
}

export interface FoundRecords {
  /** The latest, oldest first. */
  readonly records: readonly SeenRecord[];
  readonly total: number;
  readonly complete: boolean;
}

/** Whose records are asked for: a session as it is now, on its segment. */
export interface RecordsQuestion {
  readonly session: Session;
  readonly segment: Segment;
}

/**
 * Reads them out of the history.
 * @param signal aborted when nobody waits for the answer any more
 * @throws Refusal when too many ask
 */
export type FindRecords = (question: RecordsQuestion, signal: AbortSignal) => Promise<FoundRecords>;

function sessionRecordOf(record: SeenRecord): SessionRecord {
  const { atMicros, file, frame, daemon, syncid, version, state, flags, destination, destinationPort, timeoutSeconds } = record;
  return {
    at: timeText(atMicros),
    file,
    frame,
    daemon: addressText(daemon),
    syncid,
    version,
    state,
    flags: FLAG_NAMES.filter(([bit]) => flags & bit).map(([, name]) => name),
    destination: endpoint(destination, destinationPort),
    forward: forwardName(flags & FLAG.forwardMask),
    timeoutSeconds,
  };
}

export function sessionRecordsOf({ records, complete, total }: FoundRecords, asOfMicros: number): SessionRecords {
  return { items: records.map(sessionRecordOf), complete, total, asOf: timeText(asOfMicros) };
}
