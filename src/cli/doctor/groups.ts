/** Who asks for memberships and who answers: without both, switches that snoop forget, and backups stay unseen. */
import { addressText } from '../../../dissectors/address.ts';
import { groupsOf } from '../../contract/group.ts';
import { isUnspecified } from '../../state/groups.ts';
import type { Querier } from '../../state/queriers.ts';
import { isPruned } from '../../state/rules/queriers.ts';
import { type Finding, found, type Kind } from './finding.ts';
import type { Heard } from './listen.ts';

const QUERIER: Kind = {
  kind: 'group.querier',
  severity: 'ok',
  when: 'a query for memberships came (IGMP or MLD)',
  meaning: 'Switches that snoop know who listens, and so does lvscope after two rounds of questions.',
  advice: [],
};

const NO_QUERIER: Kind = {
  kind: 'group.no_querier',
  severity: 'info',
  when: 'no query came, and sync goes to a group that switches pass to all ports (224.0.0.0/24)',
  meaning:
    'Sync and VRRP come all the same. Backups are known only from when they join or leave. Queries come every 125 s by default (RFC 3376 section 8.2), so a short look proves nothing.',
  advice: [
    'to see backups at all times, switch a querier on in this VLAN (switch, router, or `ip link set BRIDGE type bridge mcast_querier 1`)',
  ],
};

const NEEDED: Kind = {
  kind: 'group.no_querier_needed',
  severity: 'warning',
  when: 'no query came, and sync goes to a group that switches which snoop withhold from ports that have not joined',
  meaning:
    'With snooping and no querier a switch forgets a member 260 s after its last report (RFC 3376 section 8.4): sync is heard after the join and ends about four minutes later, here and at the backup. Queries come every 125 s by default, so a short look proves nothing.',
  advice: [
    'to be sure that nobody asks: `lvscope doctor --seconds 260`',
    'switch a querier on in this VLAN (switch, router, or `ip link set BRIDGE type bridge mcast_querier 1`)',
    'or let the directors use 224.0.0.81, which is passed to all ports (RFC 4541 section 2.1.2)',
  ],
};

const REPORTS: Kind = {
  kind: 'group.reports',
  severity: 'ok',
  when: 'membership reports of other hosts came',
  meaning: 'This port is shown who listens, so backups can be found.',
  advice: [],
};

const NO_REPORTS: Kind = {
  kind: 'group.no_reports',
  severity: 'info',
  when: 'no membership report of another host came',
  meaning:
    'Hosts report when they are asked, join or leave; switches that snoop show reports to ports of routers only. Silent backups stay unknown.',
  advice: [
    'let the switch take this port for that of a router (`bridge link set dev PORT mcast_router 2`, `ip igmp snooping mrouter`), or mirror a port',
  ],
};

export const GROUP_KINDS = [QUERIER, NO_QUERIER, NEEDED, REPORTS, NO_REPORTS];

function querierFinding({ monitor }: Heard, { family, address, version, intervalMicros, membershipMicros, segment }: Querier): Finding {
  const where = monitor.segments.all[segment];
  const who = isUnspecified(address) ? 'a switch or bridge without an address' : addressText(address);
  const protocol = `${family === 'ipv4' ? 'IGMP' : 'MLD'}v${version}`;
  const vlan = where.vlan === null ? '' : ` in VLAN ${where.vlan}`;
  const every = `every ${intervalMicros / 1_000_000} s; who does not answer is forgotten after ${membershipMicros / 1_000_000} s`;
  return found(QUERIER, `${who} asks on ${where.interface}${vlan}, ${protocol}, ${every}`, { interface: where.interface });
}

export function groupFindings(heard: Heard): Finding[] {
  const { monitor, capture, tally, sync, seconds } = heard;
  if (capture === 'udp' || tally.frames.size === 0) return [];
  const { queriers } = monitor.groups;
  const listened = groupsOf(monitor).filter(({ members }) => members.length > 0);
  const noQuerier = sync.some(({ group }) => isPruned(group)) ? NEEDED : NO_QUERIER;
  return [
    ...(queriers.length > 0
      ? queriers.map((querier) => querierFinding(heard, querier))
      : [found(noQuerier, `nobody asked for memberships in ${seconds} s`)]),
    listened.length > 0
      ? found(REPORTS, `members: ${listened.map(({ group, members }) => `${members.length} of ${group}`).join(', ')}`)
      : found(NO_REPORTS, `no host reported a group in ${seconds} s`),
  ];
}
