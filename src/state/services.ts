/**
 * Virtual services and their real servers, inferred from the sessions: which binding belongs to which service follows the
 * order in which the kernel looks (ip_vs_ctl.c, ip_vs_service_find, ip_vs_find_dest), among the services that sessions prove.
 */
import { type Address, addressText, type Family, familyOf } from '../../dissectors/address.ts';
import { IPPROTO_IP, IPPROTO_TCP } from '../../dissectors/ipvs-states.ts';
import { type Binding, Bindings, OVERFLOW_BINDING } from './bindings.ts';

export interface ServiceDestination {
  readonly address: Address;
  readonly port: number;
  /** Kernel forwarding method, 0..7, of the binding seen last. */
  readonly forward: number;
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
  /** New sessions a second, smoothed over a minute. */
  readonly newPerSecond: number;
  /** Sessions made since the start, templates not counted. */
  readonly made: number;
  /** When its latest session was made, in seconds; 0 when all it had were read back from the store. */
  readonly lastMadeSeconds: number;
  /** Indexes of the bindings that count for it; the same array as long as no binding is made. */
  readonly bindings: readonly number[];
}

export interface Service {
  /** IP protocol number; null for a firewall-mark service. */
  readonly proto: number | null;
  readonly family: Family;
  readonly segment: number;
  /** Null for a firewall-mark service. */
  readonly virtual: { readonly address: Address; readonly port: number } | null;
  readonly fwmark: number | null;
  /** Timeout of the templates, which is the service's persistence; null when none was seen. */
  readonly persistentSeconds: number | null;
  readonly engine: string | null;
  readonly destinations: readonly ServiceDestination[];
  /** Indexes of the bindings that count for it. */
  readonly bindings: readonly number[];
}

const FTP_PORT = 21;
const FTP_DATA_PORT = 20;
const FIRST_UNPRIVILEGED_PORT = 1024;
const MASQUERADE = 0;

type Place = Pick<Binding, 'segment' | 'proto' | 'virtual' | 'virtualPort'>;

const placeKey = (b: Place, port: number): string => `${b.segment} ${b.proto} ${addressText(b.virtual)} ${port}`;

/** What is known to be configured, gathered from all bindings before any of them is placed. */
interface Known {
  /** Address and port of sessions to the FTP port. */
  readonly ftp: ReadonlySet<string>;
  /** Templates with virtual port 0 where no FTP service explains them. */
  readonly portZero: ReadonlySet<string>;
}

function survey(bindings: readonly Binding[]): Known {
  const ftp = new Set<string>();
  const zero = new Set<string>();
  for (const b of bindings) {
    if (b.proto === IPPROTO_TCP && b.virtualPort === FTP_PORT && b.fwmark === 0) ftp.add(placeKey(b, FTP_PORT));
    if (b.template && b.virtualPort === 0 && b.proto !== IPPROTO_IP && b.fwmark === 0) zero.add(placeKey(b, 0));
  }
  const portZero = new Set(bindings.filter((b) => zero.has(placeKey(b, 0)) && !ftp.has(placeKey(b, FTP_PORT))).map((b) => placeKey(b, 0)));
  return { ftp, portZero };
}

interface Placed {
  readonly fwmark: number | null;
  readonly virtualPort: number;
  readonly destinationPort: number;
}

/** 0: none. The mark of a firewall-mark template stands where the virtual address would. */
export function markOf(b: Binding): number {
  if (b.proto !== IPPROTO_IP || !b.template) return b.fwmark;
  if (typeof b.virtual === 'number') return b.virtual;
  return new DataView(b.virtual.buffer, b.virtual.byteOffset).getUint32(0);
}

/** Null for a session of no service of its own: FTP data, which the kernel counts for nothing on a backup. */
function place(b: Binding, known: Known): Placed | null {
  const fwmark = markOf(b);
  // A firewall-mark service forwards to the port the client asked for, so its real servers have port 0, unless masqueraded.
  if (fwmark) return { fwmark, virtualPort: 0, destinationPort: b.forward === MASQUERADE ? b.destinationPort : 0 };
  const ftp = b.proto === IPPROTO_TCP && known.ftp.has(placeKey(b, FTP_PORT));
  if (b.virtualPort === 0 && ftp) return { fwmark: null, virtualPort: FTP_PORT, destinationPort: FTP_PORT };
  const own = b.virtualPort !== FTP_DATA_PORT && b.virtualPort < FIRST_UNPRIVILEGED_PORT;
  if (ftp && !own) return null;
  if (known.portZero.has(placeKey(b, 0))) return { fwmark: null, virtualPort: 0, destinationPort: 0 };
  return { fwmark: null, virtualPort: b.virtualPort, destinationPort: b.destinationPort };
}

/** A real server of a service and the indexes of the bindings that count for it. */
interface PlacedDestination {
  readonly address: Address;
  readonly port: number;
  readonly bindings: number[];
}

interface PlacedService {
  readonly service: Pick<Service, 'proto' | 'family' | 'segment' | 'virtual' | 'fwmark'>;
  readonly destinations: readonly PlacedDestination[];
  readonly bindings: readonly number[];
  /** Index of the template's binding seen last; null when there is none. */
  readonly template: number | null;
}

interface Gathering extends PlacedService {
  readonly destinations: PlacedDestination[];
  readonly byName: Map<string, PlacedDestination>;
  readonly bindings: number[];
  template: number | null;
}

function gather(into: Map<string, Gathering>, b: Binding, index: number, placed: Placed): void {
  const family = familyOf(b.destination);
  const key = placed.fwmark === null ? placeKey(b, placed.virtualPort) : `${b.segment} fwm ${family} ${placed.fwmark}`;
  let found = into.get(key);
  if (!found) {
    const virtual = placed.fwmark === null ? { address: b.virtual, port: placed.virtualPort } : null;
    const service = { proto: virtual && b.proto, family, segment: b.segment, virtual, fwmark: placed.fwmark };
    found = { service, destinations: [], byName: new Map(), bindings: [], template: null };
    into.set(key, found);
  }
  found.bindings.push(index);
  if (b.template) found.template = index;
  const name = `${addressText(b.destination)} ${placed.destinationPort}`;
  let destination = found.byName.get(name);
  if (!destination) {
    destination = { address: b.destination, port: placed.destinationPort, bindings: [] };
    found.byName.set(name, destination);
    found.destinations.push(destination);
  }
  destination.bindings.push(index);
}

const order = (a: Address, b: Address): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return addressText(a) < addressText(b) ? -1 : 1;
};

function placeAll(bindings: readonly Binding[]): PlacedService[] {
  const known = survey(bindings.filter((_, index) => index !== OVERFLOW_BINDING));
  const gathered = new Map<string, Gathering>();
  bindings.forEach((b, index) => {
    const placed = index === OVERFLOW_BINDING ? null : place(b, known);
    if (placed) gather(gathered, b, index, placed);
  });
  for (const { destinations } of gathered.values()) destinations.sort((a, b) => order(a.address, b.address) || a.port - b.port);
  return [...gathered.values()].sort(
    ({ service: a }, { service: b }) =>
      Number(a.virtual === null) - Number(b.virtual === null) ||
      (a.proto ?? 0) - (b.proto ?? 0) ||
      (a.virtual && b.virtual ? order(a.virtual.address, b.virtual.address) || a.virtual.port - b.virtual.port : 0) ||
      (a.fwmark ?? 0) - (b.fwmark ?? 0) ||
      a.segment - b.segment,
  );
}

/** So many are placed within milliseconds. */
const FEW_BINDINGS = 4096;
/** Of more, those that were made since wait so long: under a flood of forged ones nothing else would be done. */
const PLACED_FOR_MICROS = 10_000_000;

interface Placement {
  readonly made: number;
  readonly reused: number;
  readonly atMicros: number;
  readonly services: readonly PlacedService[];
}

/** Which binding belongs where changes only when one is made, and it is asked for far more often than that. */
const placements = new WeakMap<Bindings, Placement>();

function placed(bindings: Bindings, nowMicros: number): readonly PlacedService[] {
  const { made, reused, all } = bindings;
  const before = placements.get(bindings);
  const isRecent = all.length > FEW_BINDINGS && before?.reused === reused && Math.abs(nowMicros - before.atMicros) < PLACED_FOR_MICROS;
  if (before && (isRecent || before.made === made)) return before.services;
  const services = placeAll(all);
  placements.set(bindings, { made, reused, atMicros: nowMicros, services });
  return services;
}

function destinationOf({ address, port, bindings }: PlacedDestination, all: readonly Binding[], seconds: number): ServiceDestination {
  // Field by field, here and below: what is made by spreading is slow to make and slow to read when there are thousands.
  const found = {
    address,
    port,
    forward: 0,
    active: 0,
    inactive: 0,
    persistent: 0,
    newPerSecond: 0,
    made: 0,
    lastMadeSeconds: 0,
    bindings,
  };
  for (const index of bindings) {
    const b = all[index];
    found.forward = b.forward;
    found.active += b.active;
    found.inactive += b.inactive;
    found.persistent += b.persistent;
    found.newPerSecond += Bindings.rateAt(b, seconds);
    if (!b.template) found.made += b.created;
    found.lastMadeSeconds = Math.max(found.lastMadeSeconds, b.rateAtSeconds);
  }
  return found;
}

/** Nobody says that a real server was taken out: it has been when it had no new session for so long, and has none left. */
const GONE_SECONDS = 3600;

/** Whether a real server is still in use, at a moment. */
export function isInUse({ active, inactive, persistent, lastMadeSeconds }: ServiceDestination, nowMicros: number): boolean {
  return active + inactive + persistent > 0 || nowMicros / 1_000_000 - lastMadeSeconds < GONE_SECONDS;
}

/** Services in the order of `ipvsadm -Ln`: by protocol, address and port, firewall marks last; real servers by address and port. */
export function listServices(bindings: Bindings, nowMicros: number): Service[] {
  const { all } = bindings;
  return placed(bindings, nowMicros).map(({ service, destinations, bindings: counted, template }) => {
    const { proto, family, segment, virtual, fwmark } = service;
    return {
      proto,
      family,
      segment,
      virtual,
      fwmark,
      persistentSeconds: template === null ? null : all[template].persistentSeconds,
      engine: template === null ? null : all[template].engine,
      destinations: destinations.map((destination) => destinationOf(destination, all, nowMicros / 1_000_000)),
      bindings: counted,
    };
  });
}
