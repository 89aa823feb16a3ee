/**
 * IPVS connection synchronisation, versions 0 and 1 (kernel net/netfilter/ipvs/ip_vs_sync.c).
 *
 *   v1: 0 | syncid | size16 | count | 1 | 0 0 | records      v0: count | syncid | size16 | records
 *
 * The records are judged exactly as a backup kernel judges them, and handed on as offsets: a datagram is walked without an
 * allocation per record, and the table reads the fields where they lie (`ipvs-record.ts`).
 */
import type { Dissector, Packet } from './dissector.ts';
import { countTail, type Verdicts, walkV0, walkV1 } from './ipvs-walk.ts';
import { type Reader, Stop } from './reader.ts';
import { UDP_SYNC } from './udp.ts';

export interface PersistenceEngine {
  /** `sip` is the only one Linux has. */
  readonly name: string;
  /** What the engine keys on (SIP: the Call-ID), at most 255 octets. */
  readonly data: Uint8Array;
}

export interface Ipvs {
  readonly protocol: 'ipvs';
  readonly version: 0 | 1;
  readonly syncid: number;
  /** Octets of the whole message. */
  readonly size: number;
  /** Records announced, 0..255. */
  readonly count: number;
  /** Where the offsets below point into; valid as long as the frame is. */
  readonly view: DataView;
  /** Start of every record that a backup would enter, in order. */
  readonly records: readonly number[];
  /** By index into `records`; null when no record carries persistence-engine data. */
  readonly engines: ReadonlyMap<number, PersistenceEngine> | null;
}

const HEADER_V0 = 4;
const HEADER_V1 = 8;

function checkSize(r: Reader, size: number): void {
  if (size === r.left) return;
  const swapped = ((size & 0xff) << 8) | (size >>> 8);
  if (swapped === r.left) throw new Stop('size_swapped', `size ${size} is byte-swapped, as very old kernels sent it`, r.pos + 2);
  throw new Stop('size_mismatch', `size ${size} in a datagram of ${r.left} octets`, r.pos + 2);
}

/** @param mayBeForeign there is a header of version 1's length, and it is not version 1's */
function noteTail(r: Reader, packet: Packet, version: 0 | 1, from: number, mayBeForeign: boolean): void {
  if (from >= r.end) return;
  const tail = countTail(r.view, version, from, r.end);
  if (tail > 0) packet.note('count_wrap', `${tail} more records behind the 8-bit count: a backup does not read them`);
  else if (mayBeForeign) packet.note('bad_version', 'neither version 1 nor a version 0 message with records');
  else packet.note('trailing_bytes', `${r.end - from} octets behind the last record`);
}

export const ipvs: Dissector<Ipvs> = {
  protocol: 'ipvs',
  on: [{ table: 'udp', value: UDP_SYNC }],
  read(r, packet) {
    const start = r.pos;
    r.need(HEADER_V0);
    const { view } = r;
    const size = view.getUint16(start + 2);
    checkSize(r, size);
    const syncid = view.getUint8(start + 1);
    const first = view.getUint8(start);
    const hasV1Header = r.left >= HEADER_V1 && first === 0;
    const version = hasV1Header && view.getUint8(start + 5) === 1 && view.getUint16(start + 6) === 0 ? 1 : 0;
    const count = version === 1 ? view.getUint8(start + 4) : first;
    const verdicts: Verdicts = { records: [], engines: null, end: start, stop: null };
    if (version === 1) walkV1(view, start + HEADER_V1, r.end, count, verdicts, packet);
    else walkV0(view, start + HEADER_V0, r.end, count, verdicts, packet);
    if (verdicts.stop) packet.fail(verdicts.stop.code, verdicts.stop.text, verdicts.stop.at);
    else noteTail(r, packet, version, verdicts.end, version === 0 && hasV1Header);
    r.pos = r.end;
    return { protocol: 'ipvs', version, syncid, size, count, view, records: verdicts.records, engines: verdicts.engines };
  },
};
