/** Which sync records are those of one session, and what each says: as the table tells, without a table. */
import type { Address, Family } from '../../dissectors/address.ts';
import type { Ipvs } from '../../dissectors/ipvs.ts';
import { FLAG, TYPE_IPV6, V0, V1 } from '../../dissectors/ipvs-record.ts';
import { defaultTimeoutSeconds, IPPROTO_IP, stateName } from '../../dissectors/ipvs-states.ts';
import type { Session } from './session.ts';

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

const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;

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

function addressAt(view: DataView, at: number, family: Family): Address {
  if (family === 'ipv4') return view.getUint32(at);
  return new Uint8Array(view.buffer, view.byteOffset + at, IPV6_OCTETS).slice();
}

/**
 * What to ask every datagram of the session's segment, from the session's first record to its last: in between no other session
 * has its place. A table enters them by `Sessions.enter`; the rules are the same here.
 */
export function createRecordPicker(session: Session): (sync: Ipvs) => SyncRecord[] {
  const { proto, family, template, engine } = session;
  const ports = ((session.clientPort << 16) | session.virtualPort) >>> 0;
  const addressOctets = family === 'ipv4' ? IPV4_OCTETS : IPV6_OCTETS;
  const client = octetsOf(session.client);
  // Of the firewall mark that stands for the virtual address, the table has the first octets only.
  const virtual = octetsOf(session.virtual).subarray(0, proto === IPPROTO_IP ? IPV4_OCTETS : addressOctets);
  const destination = octetsOf(session.destination);
  const anyClientPort = (template && engine !== null) || ((session.flags & FLAG.noClientPort) !== 0 && session.clientPort === 0);

  /** Engine data counts instead of the client port; what has none may come with the port that was not known at first. */
  function samePorts(found: number): boolean {
    return found === ports || (anyClientPort && (found & 0xffff) === session.virtualPort);
  }

  /** Only a template may be told with another real server, and keeps the one that it had. */
  function sameKind(sync: Ipvs, i: number, flags: number, destinationAt: number, destinationPort: number): boolean {
    const data = sync.engines?.get(i)?.data ?? null;
    if (((flags & FLAG.template) !== 0) !== template || (data === null) !== (engine === null)) return false;
    if (template) return data === null || engine === null || sameOctets(data, engine.data);
    return destinationPort === session.destinationPort && holds(sync.view, destinationAt, destination);
  }

  return (sync) => {
    const { view, records, version } = sync;
    const at = version === 1 ? V1 : V0;
    const found: SyncRecord[] = [];
    for (let i = 0; i < records.length; i++) {
      const p = records[i];
      if (!samePorts(view.getUint32(p + at.clientPort)) || view.getUint8(p + at.proto) !== proto) continue;
      if ((version === 1 && (view.getUint8(p) & TYPE_IPV6) !== 0) !== (family === 'ipv6')) continue;
      const clientAt = p + at.client;
      const destinationAt = clientAt + 2 * addressOctets;
      if (!holds(view, clientAt, client) || !holds(view, clientAt + addressOctets, virtual)) continue;
      const flags = version === 1 ? view.getUint32(p + V1.flags) : view.getUint16(p + V0.flags);
      const destinationPort = view.getUint16(p + at.destinationPort);
      if (!sameKind(sync, i, flags, destinationAt, destinationPort)) continue;
      const state = view.getUint16(p + at.state);
      found.push({
        state: stateName(proto, template, state),
        flags,
        destination: addressAt(view, destinationAt, family),
        destinationPort,
        timeoutSeconds: (version === 1 && view.getUint32(p + V1.timeout)) || defaultTimeoutSeconds(proto, template, state),
      });
    }
    return found;
  };
}
