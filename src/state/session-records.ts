/** Which sync records are those of one session, and what each says. A small table of its own tells, by the rules of the large one. */
import { type Address, sameAddress } from '../../dissectors/address.ts';
import type { Ipvs, PersistenceEngine } from '../../dissectors/ipvs.ts';
import { FLAG, TYPE_IPV6, V0, V1 } from '../../dissectors/ipvs-record.ts';
import { defaultTimeoutSeconds, stateName } from '../../dissectors/ipvs-states.ts';
import { readSession, type Session } from './session.ts';
import { WORD, WORDS } from './session-layout.ts';
import { Sessions } from './sessions.ts';

/** One sync record, as a backup takes it. */
export interface SyncRecord {
  /** As `ipvsadm -Lnc` names it. */
  readonly state: string;
  /** Kernel flags as sent, `FLAG`. */
  readonly flags: number;
  readonly destination: Address;
  readonly destinationPort: number;
  /** As sent, or by default where none was. */
  readonly timeoutSeconds: number;
}

/** Of one client to one virtual port: as many as it has ports, and templates. */
const MOST_SESSIONS = 1 << 17;
const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;
/** Not to be mistaken: data that is there has at least one octet. */
const NO_DATA = new Uint8Array(0);

function octetsOf(address: Address): Uint8Array {
  if (typeof address !== 'number') return address;
  const octets = new Uint8Array(IPV4_OCTETS);
  new DataView(octets.buffer).setUint32(0, address);
  return octets;
}

function holds(view: DataView, at: number, octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if (view.getUint8(at + i) !== octets[i]) return false;
  return true;
}

const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, i) => octet === b[i]);

function longDestination(view: DataView, p: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + p + V1.client + 2 * IPV6_OCTETS, IPV6_OCTETS).slice();
}

function recordAt({ view, version }: Ipvs, p: number, { proto, template, family }: Session): SyncRecord {
  const at = version === 1 ? V1 : V0;
  const state = view.getUint16(p + at.state);
  return {
    state: stateName(proto, template, state),
    flags: version === 1 ? view.getUint32(p + V1.flags) : view.getUint16(p + V0.flags),
    destination: family === 'ipv4' ? view.getUint32(p + at.client + 2 * IPV4_OCTETS) : longDestination(view, p),
    destinationPort: view.getUint16(p + at.destinationPort),
    timeoutSeconds: (version === 1 && view.getUint32(p + V1.timeout)) || defaultTimeoutSeconds(proto, template, state),
  };
}

/** Whether a record may matter to a session: what it leaves out neither is the session's nor changes what is. */
function createSieve({ proto, family, client, clientPort, virtualPort, flags, engine }: Session) {
  const clientOctets = octetsOf(client);
  // What had no client port may be told with the one that it got; engine data counts instead of it.
  const anyClientPort = engine !== null || (flags & FLAG.noClientPort) !== 0;
  return ({ view, version }: Ipvs, p: number, found: PersistenceEngine | null): boolean => {
    const at = version === 1 ? V1 : V0;
    if (view.getUint16(p + at.virtualPort) !== virtualPort || view.getUint8(p + at.proto) !== proto) return false;
    if (!anyClientPort && view.getUint16(p + at.clientPort) !== clientPort) return false;
    if ((version === 1 && (view.getUint8(p) & TYPE_IPV6) !== 0) !== (family === 'ipv6')) return false;
    return holds(view, p + at.client, clientOctets) && (engine === null || sameOctets(found?.data ?? NO_DATA, engine.data));
  };
}

/** What to ask every datagram of the session's segment, in order, from the session's first moment to its last sync. */
export function createRecordPicker(session: Session): (sync: Ipvs, atMicros: number) => SyncRecord[] {
  const mayMatter = createSieve(session);
  const table = new Sessions({ maxSessions: MOST_SESSIONS, trackChanges: false });
  /** The session in this table; 0 before a record of it. */
  let slot = 0;
  const syncCount = (): number => (slot === 0 ? 0 : table.words[slot * WORDS + WORD.syncCount]);

  /** Not always with its first record: that may be lost. */
  function isIt(made: number): boolean {
    const { template, engine, clientPort, virtual, destination, destinationPort } = readSession(table, made);
    return (
      template === session.template &&
      (engine === null) === (session.engine === null) &&
      clientPort === session.clientPort &&
      destinationPort === session.destinationPort &&
      sameAddress(virtual, session.virtual) &&
      sameAddress(destination, session.destination)
    );
  }

  return (sync, atMicros) => {
    const found: SyncRecord[] = [];
    for (let i = 0; i < sync.records.length; i++) {
      const p = sync.records[i];
      const engine = sync.engines?.get(i) ?? null;
      if (!mayMatter(sync, p, engine)) continue;
      const before = syncCount();
      table.apply({ ...sync, records: [p], engines: engine && new Map([[0, engine]]) }, { atMicros, daemon: 0, segment: 0 });
      const { madeCount, made } = table.news;
      const begins = madeCount > 0 && isIt(made[0]);
      if (begins) [slot] = made;
      // It ran out here since records are missing.
      else if (madeCount > 0 && made[0] === slot) slot = 0;
      if (begins || syncCount() > before) found.push(recordAt(sync, p, session));
    }
    return found;
  };
}
