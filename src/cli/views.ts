/** What `replay --show` and the asking commands print: one view per noun, as text for people or as JSON. */
import { type Connection, connectionOf } from '../contract/connection.ts';
import { type Daemon, daemonsOf } from '../contract/daemon.ts';
import { type Event, eventOf } from '../contract/event.ts';
import { connectionHead, connectionLine, servicesText } from '../contract/ipvsadm-text.ts';
import { servicesOf } from '../contract/service.ts';
import { statusOf } from '../contract/status.ts';
import { type VirtualRouter, virtualRoutersOf } from '../contract/vrrp.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Output } from './output.ts';
import { columns, statusText } from './text.ts';

export const VIEWS = ['connections', 'services', 'vrrp', 'daemons', 'events', 'status'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface ViewOptions {
  readonly json: boolean;
  readonly persistentConn: boolean;
}

function* connections(monitor: Monitor, asOfMicros: number): Generator<Connection> {
  const { sessions } = monitor;
  for (let slot = 1; slot < sessions.top; slot++) if (sessions.inUse(slot)) yield connectionOf(monitor, slot, asOfMicros);
}

export function daemonLines(daemons: readonly Daemon[]): string[] {
  const rows = daemons.map((d) => [
    d.role,
    d.address,
    d.mac ?? '-',
    `${d.syncid ?? '-'}`,
    d.group,
    d.ports.join('-') || '-',
    d.version === null ? '-' : `v${d.version}`,
    `${d.ttl ?? '-'}`,
    `${d.datagrams ?? '-'}`,
    `${d.records ?? '-'}`,
    d.lastSeen,
  ]);
  return columns(['role', 'address', 'mac', 'syncid', 'group', 'ports', 'version', 'ttl', 'datagrams', 'records', 'last seen'], rows);
}

export function eventLines(events: readonly Event[]): string[] {
  return columns(
    ['time', 'severity', 'kind', 'what happened'],
    events.map((e) => [e.at, e.severity, e.kind, e.text]),
  );
}

/** Would a failover now keep the sessions. */
const READINESS = { true: 'yes', false: 'no', null: 'unknown' } as const;

export function vrrpLines(routers: readonly VirtualRouter[]): string[] {
  const rows = routers.map((r) => [
    `${r.vrid}`,
    r.family,
    `v${r.version}`,
    r.interface ?? '-',
    `${r.vlan ?? '-'}`,
    r.state,
    r.master?.address ?? '-',
    `${r.master?.priority ?? '-'}`,
    r.master?.since ?? '-',
    READINESS[`${r.readiness.failoverKeepsSessions}`],
    r.addresses.join(','),
  ]);
  return columns(['vrid', 'family', 'version', 'interface', 'vlan', 'state', 'master', 'priority', 'since', 'ready', 'addresses'], rows);
}

/** A JSON array, item by item, so that a million of them need no memory. */
async function jsonArray(items: Iterable<unknown>, output: Output): Promise<void> {
  let before = '[';
  for (const item of items) {
    await output.line(before + JSON.stringify(item));
    before = ',';
  }
  await output.line(before === '[' ? '[]' : ']');
}

export async function showView(view: ViewName, monitor: Monitor, asOfMicros: number, options: ViewOptions, output: Output): Promise<void> {
  const lines = async (text: Iterable<string>) => {
    for (const line of text) await output.line(line);
  };
  switch (view) {
    case 'connections':
      if (options.json) await jsonArray(connections(monitor, asOfMicros), output);
      else {
        await lines(connectionHead(options.persistentConn));
        for (const c of connections(monitor, asOfMicros)) await output.line(connectionLine(c, options.persistentConn));
      }
      break;
    case 'services': {
      const services = servicesOf(monitor, asOfMicros);
      await (options.json ? jsonArray(services, output) : lines([servicesText(services)]));
      break;
    }
    case 'vrrp': {
      const routers = virtualRoutersOf(monitor);
      await (options.json ? jsonArray(routers, output) : lines(vrrpLines(routers)));
      break;
    }
    case 'daemons': {
      const daemons = daemonsOf(monitor, asOfMicros);
      await (options.json ? jsonArray(daemons, output) : lines(daemonLines(daemons)));
      break;
    }
    case 'events': {
      const events = monitor.events.recent.map(eventOf);
      await (options.json ? jsonArray(events, output) : lines(eventLines(events)));
      break;
    }
    case 'status': {
      const status = statusOf(monitor, asOfMicros);
      await output.line(options.json ? JSON.stringify(status) : statusText(status).join('\n'));
      break;
    }
  }
  await output.end();
}
