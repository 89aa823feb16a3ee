/** Connections as text, part by part: the layouts that are streamed. */
import { stringify } from 'csv-stringify/sync';
import type { Connection } from '../contract/connection.ts';
import { connectionHead, connectionLine } from '../contract/ipvsadm-text.ts';

export interface ConnectionFormat {
  readonly head: string;
  readonly part: (connections: readonly Connection[]) => string;
}

export const NDJSON: ConnectionFormat = {
  head: '',
  part: (connections) => connections.map((connection) => `${JSON.stringify(connection)}\n`).join(''),
};

/** As `ipvsadm -Lnc`, with `persistentConn` as `ipvsadm -Lnc --persistent-conn`. */
export function ipvsadmFormat(persistentConn: boolean): ConnectionFormat {
  return {
    head: `${connectionHead(persistentConn).join('\n')}\n`,
    part: (connections) => connections.map((connection) => `${connectionLine(connection, persistentConn)}\n`).join(''),
  };
}

type Cell = string | number | boolean | null;

const COLUMNS: Readonly<Record<string, (c: Connection) => Cell>> = {
  id: (c) => c.id,
  proto: (c) => c.proto,
  family: (c) => c.family,
  client_address: (c) => c.client.address,
  client_port: (c) => c.client.port,
  virtual_address: (c) => c.virtual.address,
  virtual_port: (c) => c.virtual.port,
  destination_address: (c) => c.destination.address,
  destination_port: (c) => c.destination.port,
  fwmark: (c) => c.fwmark,
  state: (c) => c.state,
  forward: (c) => c.forward,
  active: (c) => c.active,
  template: (c) => c.template,
  flags: (c) => c.flags.join(' '),
  persistence_engine: (c) => c.persistenceEngine?.name ?? null,
  persistence_data: (c) => c.persistenceEngine?.data ?? null,
  timeout_seconds: (c) => c.timeoutSeconds,
  expires_in_seconds: (c) => c.expiresInSeconds,
  expires_at: (c) => c.expiresAt,
  first_seen: (c) => c.firstSeen,
  last_sync: (c) => c.lastSync,
  sync_count: (c) => c.syncCount,
  origin: (c) => c.origin,
  daemon_id: (c) => c.daemonId,
  interface: (c) => c.interface,
  vlan: (c) => c.vlan,
};
const CELLS = Object.values(COLUMNS);

/** Text from the wire stands among the cells: a spreadsheet must not take it for a formula. */
const csv = (rows: readonly (readonly Cell[])[]): string =>
  stringify([...rows], { escape_formulas: true, record_delimiter: 'windows', cast: { boolean: String } });

export const CSV: ConnectionFormat = {
  head: csv([Object.keys(COLUMNS)]),
  part: (connections) => csv(connections.map((connection) => CELLS.map((cell) => cell(connection)))),
};
