/** What a running monitor can be asked for, and how it reads on a terminal. */
import type { Anomaly } from '../contract/anomaly.ts';
import type { CaptureStatus } from '../contract/capture.ts';
import type { Connection } from '../contract/connection.ts';
import type { Daemon } from '../contract/daemon.ts';
import type { Event } from '../contract/event.ts';
import type { Failover } from '../contract/failover.ts';
import type { Group } from '../contract/group.ts';
import { connectionHead, connectionLine, servicesText } from '../contract/ipvsadm-text.ts';
import type { Neighbor } from '../contract/neighbor.ts';
import type { Service } from '../contract/service.ts';
import type { Status } from '../contract/status.ts';
import type { VirtualRouter } from '../contract/vrrp.ts';
import { anomalyLines } from './anomaly-text.ts';
import { failoverLines } from './failover-text.ts';
import { captureLines, daemonLines, eventLines, groupLines, neighborLines, vrrpLines } from './tables.ts';
import { statusText } from './text.ts';

export interface Noun {
  readonly name: string;
  readonly description: string;
  /** From the items of the list; of `status`, which is none, from the one thing that it is. */
  readonly lines: (items: readonly unknown[], persistentConn: boolean) => string[];
  /** Followed line by line, as a log; the others are looked at again. */
  readonly log?: true;
}

/** What comes from the monitor has the shapes of the contract; tests hold it to them. */
function noun<Item>(name: string, description: string, lines: (items: readonly Item[], persistentConn: boolean) => string[]): Noun {
  return { name, description, lines: (items, persistentConn) => lines(items as readonly Item[], persistentConn) };
}

function connectionLines(connections: readonly Connection[], persistentConn: boolean): string[] {
  return [...connectionHead(persistentConn), ...connections.map((connection) => connectionLine(connection, persistentConn))];
}

export const STATUS = noun<Status>('status', 'what the monitor has read, keeps and cannot see', ([status]) => statusText(status));
export const CAPTURE = noun<CaptureStatus>('capture', 'where frames come from, and what was lost', captureLines);

export const LISTS: readonly Noun[] = [
  noun<Connection>('connections', 'the connection table, as ipvsadm -Lnc prints it', connectionLines),
  noun<Service>('services', 'virtual services and real servers, as ipvsadm -Ln --exact prints them', (services) =>
    servicesText(services).split('\n'),
  ),
  noun<VirtualRouter>('vrrp', 'virtual routers and their masters', vrrpLines),
  noun<Neighbor>('neighbors', 'who has which address, and who had it', neighborLines),
  noun<Group>('groups', 'who listens to which multicast group, and who asks', groupLines),
  noun<Daemon>('daemons', 'who sends connection sync, and who listens', daemonLines),
  { ...noun<Event>('events', 'what happened', eventLines), log: true },
  noun<Anomaly>('anomalies', 'what is wrong, what it means and what to do; what was wrong; what cannot be told', anomalyLines),
  noun<Failover>('failovers', 'each change of master: the gap, who was told, what became of the sessions', failoverLines),
];
