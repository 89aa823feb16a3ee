/** The text that users know: `ipvsadm -Lnc [--persistent-conn]` and `ipvsadm -Ln --exact`, byte for byte in their columns. */
import type { Connection } from './connection.ts';
import type { Service } from './service.ts';

const CONNECTION_TITLE = 'IPVS connection entries';
const CONNECTION_HEAD = 'pro expire state       source             virtual            destination';
const ENGINE_HEAD = '        pe name          pe_data';
/** Of the list of services, without scheduler and weight, which no packet tells. */
export const SERVICE_HEAD = [
  // Size of the hash table and version of the module are the director's own knowledge.
  'IP Virtual Server version - (size=-)',
  'Prot LocalAddress:Port Scheduler Flags',
  '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
];
const FORWARD_TITLES = { masq: 'Masq', local: 'Local', tunnel: 'Tunnel', route: 'Route', bypass: 'Bypass', unknown: '-' } as const;

interface EndpointText {
  readonly address: string;
  readonly port: number;
}

function endpointText({ address, port }: EndpointText): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** /proc/net/ip_vs_conn counts what is left in 32 bits of milliseconds (`jiffies_delta_to_msecs`): past 49.7 days it begins anew. */
const MILLISECONDS_WRAP = 2 ** 32;

function minutesSeconds(left: number): string {
  const seconds = Math.floor(((left * 1000) % MILLISECONDS_WRAP) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A Call-ID comes from whoever calls: it must not steer the terminal that it is printed on. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}]/gu, '.');
}

export function connectionHead(persistentConn: boolean): string[] {
  return [CONNECTION_TITLE, persistentConn ? CONNECTION_HEAD + ENGINE_HEAD : CONNECTION_HEAD];
}

export function connectionLine(c: Connection, persistentConn: boolean): string {
  const columns = [
    c.proto.toUpperCase().replace('ICMPV6', 'ICMPv6').padEnd(3),
    minutesSeconds(c.expiresInSeconds).padEnd(6),
    c.state.padEnd(11),
    endpointText(c.client).padEnd(18),
    endpointText(c.virtual).padEnd(18),
  ];
  const destination = endpointText(c.destination);
  // With an engine ipvsadm pads otherwise than its own heading does.
  if (persistentConn && c.persistenceEngine)
    columns.push(destination.padEnd(16), c.persistenceEngine.name.padEnd(18), printable(c.persistenceEngine.data));
  else columns.push(destination);
  return columns.join(' ');
}

export function serviceLines(service: Service): string[] {
  const name = service.virtual
    ? `${(service.proto ?? '').toUpperCase().padEnd(4)} ${endpointText(service.virtual)}`
    : `FWM  ${service.fwmark}${service.family === 'ipv6' ? ' IPv6' : ''}`;
  const persistent = service.persistentSeconds === null ? '' : ` persistent ${service.persistentSeconds}`;
  const engine = service.persistenceEngine === null ? '' : ` pe ${service.persistenceEngine}`;
  const servers = service.destinations.map(
    (d) =>
      `  -> ${endpointText(d.destination).padEnd(28)} ${FORWARD_TITLES[d.forward].padEnd(7)} ${'-'.padEnd(6)} ${String(d.active).padEnd(10)} ${String(d.inactive).padEnd(10)}`,
  );
  return [`${name} -${persistent}${engine}`, ...servers];
}

/** Scheduler and weight are `-`: no packet tells them. */
export function servicesText(services: readonly Service[]): string {
  return [...SERVICE_HEAD, ...services.flatMap(serviceLines)].join('\n');
}
