/** Connection sync: who sends, whether it came before the join or only after it, and the likely causes of silence. */
import { addressText } from '../../../dissectors/address.ts';
import type { SyncChannel } from '../../../dissectors/dissector.ts';
import { type Daemon, daemonsOf } from '../../contract/daemon.ts';
import { groupsOf } from '../../contract/group.ts';
import { virtualRoutersOf } from '../../contract/vrrp.ts';
import { isPruned } from '../../state/rules/queriers.ts';
import { type Finding, found, type Kind } from './finding.ts';
import { wasJoined } from './joins.ts';
import type { Heard } from './listen.ts';
import type { SyncFlow } from './tally.ts';

const HEARD: Kind = {
  kind: 'sync.heard',
  severity: 'ok',
  when: 'a daemon sends connection sync to one of the groups',
  meaning: 'Its sessions can be followed.',
  advice: [],
};

const NOT_WITHHELD: Kind = {
  kind: 'sync.before_join',
  severity: 'ok',
  when: 'sync came before this machine had joined its group',
  meaning: 'Nothing withholds the group from this port.',
  advice: [],
};

const ONLY_AFTER: Kind = {
  kind: 'sync.only_after_join',
  severity: 'info',
  when: 'sync came only after the join, and none in the seconds before',
  meaning:
    'A switch snoops: it delivers the group only to ports that joined it, and only as long as a querier asks. With few datagrams it may be chance: nothing was sent before.',
  advice: ['do not use --no-join on this port', 'to be sure, run it again with a longer --seconds'],
};

const ONLY_BEFORE: Kind = {
  kind: 'sync.only_before_join',
  severity: 'warning',
  when: 'sync came before the join, and none in the seconds after it',
  meaning:
    'Either nothing was sent, or a switch began to prune the group when it was joined and does not count this port among its members.',
  advice: ['run it again with --seconds 30; if it stays so, have the switch forward the group here (static entry), or mirror a port'],
};

const WRONG_PORT = 'wrong port or VLAN: `tcpdump -eni IF -c 20` here must show hosts and VLAN tags of the segment of the directors';
const NOT_JOINED = 'without a join a switch that snoops withholds the group: leave --no-join out, or give the interface an IPv4 address';
const SNOOPING =
  'a switch that snoops without delivering here: on the switch `show ip igmp snooping groups`, on a Linux bridge `bridge mdb show`; or mirror the port of a director';
const NO_DAEMON =
  'no daemon on the master: there, `ipvsadm -L --daemon` must say "master sync daemon"; start it with `ipvsadm --start-daemon master --mcast-interface IF`, or with lvs_sync_daemon in global_defs of keepalived.conf';
const OTHER_GROUP =
  'another interface, group or port: the same line names them (mcast=, group=, port=); the interface must be in this segment, the others are for --sync GROUP:PORT';
const NOTHING_TO_SYNC =
  'nothing to sync: there, `ipvsadm -Lnc` must list sessions; one is sent from its third packet on (`sysctl net.ipv4.vs.sync_threshold`), and again when its state changes';

const SILENT: Kind = {
  kind: 'sync.silent',
  severity: 'warning',
  when: 'no sync datagram came; the likely causes are listed by what else was heard',
  meaning: 'No session is known. A director whose sessions do not change sends nothing, so silence alone proves no fault.',
  advice: [WRONG_PORT, NOT_JOINED, SNOOPING, NO_DAEMON, OTHER_GROUP, NOTHING_TO_SYNC],
};

export const SYNC_KINDS = [HEARD, NOT_WITHHELD, ONLY_AFTER, ONLY_BEFORE, SILENT];

const portsText = ({ group, fromPort, toPort }: SyncChannel): string =>
  `${addressText(group)} port ${fromPort === toPort ? fromPort : `${fromPort}-${toPort}`}`;

function senderFinding({ address, syncid, group, ports, version, ttl, datagrams, records, interface: name, vlan }: Daemon): Finding {
  const where = `${name === null ? '' : ` on ${name}`}${vlan === null ? '' : ` in VLAN ${vlan}`}`;
  const hops = ttl === null ? '' : `, TTL ${ttl}`;
  const counts = `${datagrams} datagrams, ${records} records`;
  const what = `sync v${version}, syncid ${syncid}, to ${group} port ${ports.join('-')}${hops}`;
  return found(HEARD, `${address} sends ${what}${where}: ${counts}`, { interface: name });
}

/** What the join changed tells of the switch, unless it changed nothing: a plain socket hears nothing without it, nor is it the first one here. */
function flowFindings(heard: Heard, { interface: name, group, before, after }: SyncFlow): Finding[] {
  const { capture, heldBefore, beforeSeconds, seconds } = heard;
  if (capture === 'udp' || name === null || !wasJoined(heard, name, group) || heldBefore.has(`${name} ${group}`)) return [];
  const text = `${group} on ${name}: ${before} datagrams in ${beforeSeconds.toFixed(1)} s before the join, ${after} in ${(seconds - beforeSeconds).toFixed(1)} s after it`;
  const kind = before === 0 ? ONLY_AFTER : after === 0 ? ONLY_BEFORE : NOT_WITHHELD;
  return [found(kind, text, { interface: name })];
}

/** Of IANA: all hosts and routers, routing protocols, VRRP, IGMP, mDNS, LLMNR, SSDP. */
const WELL_KNOWN = /^224\.0\.0\.(1|2|5|6|9|10|13|18|22|251|252)$|^239\.255\.255\.250$/;

/** Groups that hosts have joined and that nothing else explains: one may be that of a sync daemon. */
function otherGroups({ monitor, sync }: Heard): string[] {
  const listened = groupsOf(monitor).filter(({ family, members }) => family === 'ipv4' && members.length > 0);
  const names = new Set(listened.map(({ group }) => group));
  for (const { group } of sync) names.delete(addressText(group));
  return [...names].filter((group) => !WELL_KNOWN.test(group));
}

/** What silence may mean, likeliest first by what else was heard. */
function causes(heard: Heard): string[] {
  const { tally, join, sync, notJoined, monitor, capture } = heard;
  const masters = new Set(virtualRoutersOf(monitor).flatMap(({ master }) => (master ? [master.address] : [])));
  const others = otherGroups(heard);
  const isRightSegment = masters.size > 0;
  const mayBePruned = sync.some(({ group }) => isPruned(group));
  const isJoined = join && [...notJoined.values()].every((refused) => refused.length === 0);
  const network = [...(isJoined ? [] : [NOT_JOINED]), ...(mayBePruned || !isRightSegment ? [SNOOPING] : [])];
  const director = [
    ...(isRightSegment ? [`the VRRP master is ${[...masters].join(', ')}: look there first`] : []),
    NO_DAEMON,
    ...(others.length > 0 ? [`hosts here have joined ${others.join(', ')}: if one of these is the group, add it with --sync`] : []),
    OTHER_GROUP,
    NOTHING_TO_SYNC,
  ];
  if (capture === 'pcap' && tally.frames.size === 0) return [WRONG_PORT, ...network, ...director];
  if (!isRightSegment) return [...network, WRONG_PORT, ...director];
  return mayBePruned ? [...network, ...director] : [...director, ...network];
}

export function syncFindings(heard: Heard): Finding[] {
  const { monitor, tally, sync, seconds } = heard;
  const senders = daemonsOf(monitor, monitor.clock.nowMicros ?? 0).filter(({ role }) => role === 'sender');
  if (senders.length === 0)
    return [found(SILENT, `no sync to ${sync.map(portsText).join(', ')} in ${seconds} s`, { advice: causes(heard) })];
  return [...senders.map(senderFinding), ...tally.sync.flatMap((flow) => flowFindings(heard, flow))];
}
