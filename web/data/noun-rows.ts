/** What the lists of the API hold, by noun. */
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { Connection } from '../../src/contract/connection.ts';
import type { Daemon } from '../../src/contract/daemon.ts';
import type { Event } from '../../src/contract/event.ts';
import type { Failover } from '../../src/contract/failover.ts';
import type { Group } from '../../src/contract/group.ts';
import type { LiveNoun } from '../../src/contract/live.ts';
import type { Neighbor } from '../../src/contract/neighbor.ts';
import type { Service } from '../../src/contract/service.ts';
import type { Status } from '../../src/contract/status.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';

export interface NounRows {
  connections: Connection;
  services: Service;
  daemons: Daemon;
  vrrp: VirtualRouter;
  neighbors: Neighbor;
  groups: Group;
  events: Event;
  anomalies: Anomaly;
  failovers: Failover;
  capture: CaptureStatus;
  status: Status;
}

export type RowOf<Noun extends LiveNoun> = NounRows[Noun];

/** There is one status, and it has no id. */
export function keyOf(row: NounRows[LiveNoun]): string {
  return 'id' in row ? row.id : 'status';
}

/** Whether an operator should look: another state or real server. A sync that only confirms a session is no change. */
export function differs(noun: LiveNoun, before: NounRows[LiveNoun], after: NounRows[LiveNoun]): boolean {
  return noun === 'connections' && connectionDiffers(before as Connection, after as Connection);
}

function connectionDiffers(before: Connection, after: Connection): boolean {
  return (
    before.state !== after.state ||
    before.active !== after.active ||
    before.destination.address !== after.destination.address ||
    before.destination.port !== after.destination.port
  );
}
