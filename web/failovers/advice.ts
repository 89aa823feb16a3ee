/** What to do after a failover, by what its report found. Pure. */
import type { Failover } from '../../src/contract/failover.ts';
import { announcementName, slowestMillis, spanText } from './failover-words.ts';

/** Hosts with the old MAC address wait so long for nothing; longer is seen by people. */
const SLOW_ANNOUNCEMENT_MILLIS = 1000;

type Finding = (failover: Failover) => string | null;

function unannounced({ family, announcements, closedAt }: Failover): string | null {
  const missing = announcements.filter(({ delayMs }) => delayMs === null).map(({ address }) => address);
  if (missing.length === 0) return null;
  const soFar = closedAt === null ? ' so far' : '';
  return `No ${announcementName(family)} was seen for ${missing.join(', ')}${soFar}: hosts keep sending to the old MAC address until their entry ages. Announce by hand on the new master (${family === 'ipv4' ? 'arping -U' : 'ndsend'}), and look at garp_master_repeat and garp_master_refresh of keepalived.`;
}

const late: Finding = (failover) => {
  const slowest = slowestMillis(failover);
  if (slowest === null || slowest < SLOW_ANNOUNCEMENT_MILLIS) return null;
  return `The slowest announcement came ${spanText(slowest)} after the change: look at garp_master_delay and garp_interval of keepalived.`;
};

const stale: Finding = ({ staleNeighbors }) =>
  staleNeighbors === null || staleNeighbors.count === 0
    ? null
    : 'Hosts still used the old MAC address: what they sent did not arrive at the new master. Look whether they take gratuitous announcements (arp_accept, port security of the switch), and delete the entry there (ip neigh del).';

const unfollowed: Finding = ({ syncSenderChanged }) =>
  syncSenderChanged === false
    ? 'Connection sync still comes from the old master: bind the sync daemon to the VRRP instance (lvs_sync_daemon in keepalived), so that both change together.'
    : null;

const lost: Finding = ({ sessions }) =>
  sessions.lost === 0
    ? null
    : 'Some sessions ended without having been synced again: they timed out or were cut. Look whether the new master listened to sync, and whether sync loss was seen before.';

const REASON_ADVICE: Readonly<Record<Failover['reason'], string | null>> = {
  resigned: null,
  no_response:
    'The old master did not say goodbye: look at its log, its link and its load at that time. A shorter advert_int makes the gap shorter.',
  preempted: 'If the way back is not to happen by itself, set nopreempt, or preempt_delay.',
  tie: 'Give the routers different priorities: with equal ones the address decides.',
  two_masters_resolved:
    'While both were master each answered for the virtual addresses: find out why they did not hear each other (multicast on the switch, a firewall, authentication).',
};

/** One sentence or two for each finding; none when nothing is to be done. */
export function adviceOf(failover: Failover): string[] {
  const found = [REASON_ADVICE[failover.reason], ...[unannounced, late, stale, unfollowed, lost].map((finding) => finding(failover))];
  return found.filter((text) => text !== null);
}
