/** What the sync panel says of who sends and who listens. Pure. */
import type { Daemon } from '../../src/contract/daemon.ts';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { countText, secondsSince } from '../parts/text.ts';

/** A sender with live sessions is seldom silent for longer; it may be idle, so this is a word of caution, no alarm. */
const QUIET_SECONDS = 10;

export const isQuiet = ({ lastSeen }: Daemon, nowMillis: number): boolean => secondsSince(lastSeen, nowMillis) >= QUIET_SECONDS;

/** `0 lost`, or that it cannot be told. */
export const lossText = ({ lostDatagrams }: Daemon): string =>
  lostDatagrams === null ? 'loss not counted' : `${countText(lostDatagrams)} lost`;

export interface Listener {
  readonly daemon: Daemon;
  /** It sends too, or which VRIDs it is a backup of, as far as the addresses tell. */
  readonly also: string;
}

/** What of a virtual router tells who its backups are. */
interface Roles {
  readonly vrid: number;
  readonly routers: readonly Pick<VirtualRouter['routers'][number], 'address' | 'role'>[];
}

/** Those that only listen first: they would take over. */
export function listenersOf(daemons: readonly Daemon[], routers: readonly Roles[]): Listener[] {
  const sending = new Set(daemons.filter(({ role }) => role === 'sender').map(({ address }) => address));
  const listening = daemons.filter(({ role }) => role === 'listener');
  const backupOf = (address: string) =>
    routers
      .filter((router) => router.routers.some((one) => one.address === address && one.role.endsWith('backup')))
      .map(({ vrid }) => vrid);
  const all = listening.map((daemon) => {
    const vrids = [...new Set(backupOf(daemon.address))];
    const backup = vrids.length === 0 ? '' : `backup of VRID ${vrids.join(', ')}`;
    return { daemon, also: sending.has(daemon.address) ? 'sends itself' : backup };
  });
  return all.sort((a, b) => Number(sending.has(a.daemon.address)) - Number(sending.has(b.daemon.address)));
}
