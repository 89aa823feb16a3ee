/** What `replay --show` prints: one view per noun, as text for people or as JSON. */
import { anomaliesOf } from '../contract/anomaly.ts';
import { type Connection, connectionOf } from '../contract/connection.ts';
import { daemonsOf } from '../contract/daemon.ts';
import { eventOf } from '../contract/event.ts';
import { failoversOf } from '../contract/failover.ts';
import { groupsOf } from '../contract/group.ts';
import { connectionHead, connectionLine, servicesText } from '../contract/ipvsadm-text.ts';
import { neighborsOf } from '../contract/neighbor.ts';
import { servicesOf } from '../contract/service.ts';
import { statusOf } from '../contract/status.ts';
import { virtualRoutersOf } from '../contract/vrrp.ts';
import type { Monitor } from '../state/monitor.ts';
import { anomalyLines } from './anomaly-text.ts';
import { failoverLines } from './failover-text.ts';
import type { Output } from './output.ts';
import { daemonLines, eventLines, groupLines, neighborLines, vrrpLines } from './tables.ts';
import { statusText } from './text.ts';

export interface ViewOptions {
  readonly json: boolean;
  readonly persistentConn: boolean;
}

type View = (monitor: Monitor, asOfMicros: number, options: ViewOptions, output: Output) => Promise<void>;

/** A JSON array, item by item, so that a million of them need no memory. */
async function jsonArray(items: Iterable<unknown>, output: Output): Promise<void> {
  let before = '[';
  for (const item of items) {
    await output.json(item, before);
    before = ',';
  }
  await output.line(before === '[' ? '[]' : ']');
}

function listView<Item>(all: (monitor: Monitor, asOfMicros: number) => Item[], lines: (items: Item[]) => string[]): View {
  return async (monitor, asOfMicros, { json }, output) => {
    const items = all(monitor, asOfMicros);
    if (json) await jsonArray(items, output);
    else for (const line of lines(items)) await output.line(line);
  };
}

function* connections(monitor: Monitor, asOfMicros: number): Generator<Connection> {
  const { sessions } = monitor;
  for (let slot = 1; slot < sessions.top; slot++) if (sessions.inUse(slot)) yield connectionOf(monitor, slot, asOfMicros);
}

const connectionView: View = async (monitor, asOfMicros, { json, persistentConn }, output) => {
  if (json) return jsonArray(connections(monitor, asOfMicros), output);
  for (const line of connectionHead(persistentConn)) await output.line(line);
  for (const c of connections(monitor, asOfMicros)) await output.line(connectionLine(c, persistentConn));
};

const statusView: View = async (monitor, asOfMicros, { json }, output) => {
  const status = statusOf(monitor, asOfMicros);
  if (json) await output.json(status);
  else for (const line of statusText(status)) await output.line(line);
};

const BY_NAME = {
  connections: connectionView,
  services: listView(servicesOf, (services) => servicesText(services).split('\n')),
  vrrp: listView(virtualRoutersOf, vrrpLines),
  neighbors: listView(neighborsOf, neighborLines),
  groups: listView(groupsOf, groupLines),
  daemons: listView(daemonsOf, daemonLines),
  events: listView(({ events }) => events.recent.map(eventOf), eventLines),
  // A recording is no live capture: what only that can tell is unknown.
  anomalies: listView((monitor) => anomaliesOf(monitor, []), anomalyLines),
  failovers: listView(failoversOf, failoverLines),
  status: statusView,
} as const satisfies Readonly<Record<string, View>>;

export type ViewName = keyof typeof BY_NAME;
export const VIEWS = Object.keys(BY_NAME) as ViewName[];

export async function showView(view: ViewName, monitor: Monitor, asOfMicros: number, options: ViewOptions, output: Output): Promise<void> {
  await BY_NAME[view](monitor, asOfMicros, options, output);
  await output.end();
}
