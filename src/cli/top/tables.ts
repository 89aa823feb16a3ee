/** The rows of the table below the strips: services with their real servers, connections, events. */
import type { Connection } from '../../contract/connection.ts';
import type { Event } from '../../contract/event.ts';
import type { Service } from '../../contract/service.ts';
import { columns } from '../text.ts';
import { ORDERS, type Table, type TopState } from './state.ts';

type Destination = Service['destinations'][number];

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const endpointText = ({ address, port }: Endpoint): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

interface Counted {
  readonly active: number;
  readonly inactive: number;
  readonly new: number;
  /** Of the active connections of all that stand beside it, 0 to 1; null where there are none. */
  readonly share: number | null;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function countedOf(destinations: readonly Destination[], all: number): Counted {
  const active = sum(destinations.map((d) => d.active));
  return {
    active,
    inactive: sum(destinations.map((d) => d.inactive)),
    new: sum(destinations.map((d) => d.newPerSecond)),
    share: shareOf(active, all),
  };
}

/** Equal ones stay in the order in which the monitor lists them. */
function byOrder<Item>(items: readonly Item[], keyOf: (item: Item) => Counted, by: keyof Counted, descending: boolean): Item[] {
  const sign = descending ? -1 : 1;
  return items.toSorted((a, b) => sign * ((keyOf(a)[by] ?? 0) - (keyOf(b)[by] ?? 0)));
}

function countedCells({ active, inactive, new: fresh, share }: Counted): string[] {
  return [`${active}`, `${inactive}`, fresh.toFixed(1), share === null ? '-' : `${(share * 100).toFixed(1)}%`];
}

function serviceName({ virtual, proto, fwmark, family }: Service): string {
  return virtual ? `${(proto ?? '').toUpperCase()} ${endpointText(virtual)}` : `FWM ${fwmark}${family === 'ipv6' ? ' IPv6' : ''}`;
}

/** A service has its sums, and its share of all; a real server its share of the service. */
function serviceRows(services: readonly Service[], by: keyof Counted, descending: boolean): string[][] {
  const activeOf = ({ destinations }: Service): number => sum(destinations.map((d) => d.active));
  const all = sum(services.map(activeOf));
  const counted = (service: Service) => countedOf(service.destinations, all);
  return byOrder(services, counted, by, descending).flatMap((service) => {
    const whole = activeOf(service);
    const of = (d: Destination) => countedOf([d], whole);
    const servers = byOrder(service.destinations, of, by, descending);
    return [
      [serviceName(service), '', ...countedCells(counted(service))],
      ...servers.map((d) => [`  -> ${endpointText(d.destination)}`, d.forward, ...countedCells(of(d))]),
    ];
  });
}

function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

function connectionRow(connection: Connection, asOf: string): string[] {
  const { proto, state, client, virtual, destination, expiresInSeconds, firstSeen, syncCount } = connection;
  const age = (Date.parse(asOf) - Date.parse(firstSeen)) / 1000;
  return [
    proto.toUpperCase(),
    clockText(age),
    clockText(expiresInSeconds),
    state,
    endpointText(client),
    endpointText(virtual),
    endpointText(destination),
    `${syncCount}`,
  ];
}

const eventRow = ({ at, severity, kind, text }: Event): string[] => [`${at.slice(11, 23)}Z`, severity, kind, text];

/** Titles, and of which order each is the column; null: of none. */
const HEADS: Readonly<Record<Table['tab'], readonly (readonly [title: string, order: string | null])[]>> = {
  services: [
    ['Service, real server', null],
    ['Forward', null],
    ['ActiveConn', 'active'],
    ['InActConn', 'inactive'],
    ['New/s', 'new'],
    ['Share', 'share'],
  ],
  connections: [
    ['Pro', null],
    ['Age', 'age'],
    ['Expire', 'expires'],
    ['State', 'state'],
    ['Source', 'client'],
    ['Virtual', 'virtual'],
    ['Destination', 'destination'],
    ['Syncs', 'syncCount'],
  ],
  events: [
    ['Time', 'at'],
    ['Severity', null],
    ['Kind', null],
    ['What happened', null],
  ],
};

function rowsOf(table: Table, asOf: string, order: string, descending: boolean): string[][] {
  switch (table.tab) {
    case 'services':
      return serviceRows(table.items, order as keyof Counted, descending);
    case 'connections':
      return table.items.map((connection) => connectionRow(connection, asOf));
    case 'events':
      return table.items.map(eventRow);
  }
}

/** The head, with `v` beside what it is sorted by, the greatest first, or `^`; then all rows. */
export function tableLines(table: Table, asOf: string, { tabs }: Pick<TopState, 'tabs'>): string[] {
  const { order, descending } = tabs[table.tab];
  const by = ORDERS[table.tab][order];
  const head = HEADS[table.tab].map(([title, name]) => (name === by ? `${title} ${descending ? 'v' : '^'}` : title));
  return columns(head, rowsOf(table, asOf, by, descending));
}
