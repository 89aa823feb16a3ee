/** Memberships (IGMP and MLD): reports that switches may overlook, and what joins and leaves tell of the routers. */
import { type Address, addressText, familyOf, macText, sameAddress } from '../../../dissectors/address.ts';
import { isSameRouter, isVirtualMac } from '../backups.ts';
import type { EventSubject } from '../events.ts';
import type { GroupNews, Host } from '../groups.ts';
import { roundFrames } from '../queriers.ts';
import type { RouterSender, VirtualRouter } from '../routers.ts';
import type { Check, Report, Rule, RuleSet, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import { Held } from './held.ts';

const SECOND = 1_000_000;
const QUIET_SECONDS = 60;
/** A router taken away for good is not told of for ever. */
const LEFT_SECONDS = 86_400;
/** A router that becomes master leaves the sync group within a second of its first advert, and one whose sync starts anew joins again. */
const HANDOVER_MICROS = 5 * SECOND;
const MOST_PENDING = 256;
const MOST_TOLD = 1024;
/** 224.0.0.18 and ff02::12: IANA, RFC 9568 section 5.1. */
const VRRP_GROUPS: readonly string[] = ['224.0.0.18', 'ff02::12'];

const CHECKSUM: Rule = {
  kind: 'igmp.checksum',
  severity: 'warning',
  rule: 'an IGMP message whose checksum is wrong (RFC 3376 section 4.1.2)',
  meaning: 'Routers and switches drop it: the join or leave does not happen.',
  advice: 'Look at the network card of the sender (checksum offload) and at the path between.',
  needs: ['network'],
  quietSeconds: QUIET_SECONDS,
};

const TTL: Rule = {
  kind: 'igmp.ttl',
  severity: 'warning',
  rule: 'an IGMP or MLD message with a TTL or hop limit other than 1 (RFC 3376 section 4, RFC 3810 section 5)',
  meaning: 'It was not made by an ordinary host of this segment, or was forwarded; MLD receivers drop it.',
  advice: 'Look for the host with this MAC address.',
  needs: ['network'],
  quietSeconds: QUIET_SECONDS,
};

const NO_ROUTER_ALERT: Rule = {
  kind: 'igmp.no_router_alert',
  severity: 'info',
  rule: 'an IGMP message of version 2 or 3, or an MLD message, without the Router Alert option (RFC 2113, RFC 2711)',
  meaning: 'Routers and snooping switches may not look at it, so that they do not know the member.',
  advice: 'Look for the host with this MAC address; a tool or an old stack made it.',
  needs: ['network'],
  quietSeconds: QUIET_SECONDS,
};

const BAD_DESTINATION: Rule = {
  kind: 'igmp.bad_dst',
  severity: 'info',
  rule: 'an IGMP message sent elsewhere than its kind and version ask for (RFC 2236 section 9, RFC 3376 sections 4.1.12 and 4.2.14)',
  meaning: 'Those who must hear it may not.',
  advice: 'Look for the host with this MAC address; a tool or an odd stack made it.',
  needs: ['network'],
  quietSeconds: QUIET_SECONDS,
};

const BAD_RECORD: Rule = {
  kind: 'igmp.bad_record',
  severity: 'info',
  rule: 'a report with a group record of an unknown type (RFC 3376 section 4.2.12, RFC 3810 section 5.2.12)',
  meaning: 'Receivers ignore that record.',
  advice: 'Look for the host with this MAC address; a tool or an odd stack made it.',
  needs: ['network'],
  quietSeconds: QUIET_SECONDS,
};

/** By `protocol.code` of a note. */
const BY_CODE: Readonly<Record<string, Rule>> = {
  'igmp.checksum': CHECKSUM,
  'igmp.ttl': TTL,
  'mld.hop_limit': TTL,
  'igmp.no_router_alert': NO_ROUTER_ALERT,
  'mld.no_router_alert': NO_ROUTER_ALERT,
  'igmp.bad_dst': BAD_DESTINATION,
  'igmp.bad_record': BAD_RECORD,
  'mld.bad_record': BAD_RECORD,
};

const MAC_SPLIT: Rule = {
  kind: 'igmp.mac_split',
  severity: 'warning',
  rule: 'asked by a querier, a router reports the group of its adverts from one MAC address only and sends adverts from another only (FRR#13363)',
  meaning: 'A snooping switch delivers adverts for the first address only; the second hears no other master and may become one too.',
  advice: 'Let the virtual interface join the group itself, or exempt 224.0.0.18 from snooping on the switch.',
  needs: ['network', 'link'],
  quietSeconds: null,
};

const LEAVE_BACKUP: Rule = {
  kind: 'igmp.leave_backup',
  severity: 'warning',
  rule: 'a known router leaves 224.0.0.18, ff02::12, the group of its adverts, or, without becoming master, the group of connection sync',
  meaning: 'Its VRRP daemon stopped there, or its sync daemon did: it is no backup until it joins again.',
  advice: 'Look whether keepalived, or FRR, runs on that router, and why it stopped (`journalctl -u keepalived`).',
  needs: ['network'],
  quietSeconds: LEFT_SECONDS,
};

function senderOfReport({ segment, network, mac }: Sighting): EventSubject {
  const address = network ? { address: addressText(network.source) } : {};
  return { ...address, ...(mac === null ? {} : { mac: macText(mac) }), ...segmentSubject(segment) };
}

const inOrder = (frames: readonly number[]): number[] => [...new Set(frames)].sort((a, b) => a - b);

const hostKey = ({ segment, address, mac }: GroupNews): string => `${segment} ${familyOf(address)} ${mac ?? addressText(address)}`;

interface Pending {
  readonly news: GroupNews;
  readonly dueMicros: number;
}

function createCheck(world: World): Check {
  const macSplit = new Held(MAC_SPLIT);
  const leave = new Held(LEAVE_BACKUP);
  /** Left the sync group: a new master does so too, so its reason shows a little later. */
  const pending = new Map<string, Pending>();
  /** Subjects of those told to have left. */
  const told = new Map<string, EventSubject>();

  const here = (segment: number) => segmentSubject(world.segments.all[segment]);
  const routersOf = (segment: number) => world.routers.all.filter((router) => router.segment === segment);

  function subjectOf({ segment, address, mac }: GroupNews): EventSubject {
    return { address: addressText(address), ...(mac === null ? {} : { mac: macText(mac) }), ...here(segment) };
  }

  function isVrrpGroup(segment: number, group: Address): boolean {
    return (
      VRRP_GROUPS.includes(addressText(group)) ||
      routersOf(segment).some((router) => router.group !== null && sameAddress(router.group, group))
    );
  }

  const isSyncGroup = (segment: number, group: Address): boolean =>
    world.daemons.all.some((daemon) => daemon.segment === segment && sameAddress(daemon.group, group));

  const senderOf = (segment: number, host: Host): RouterSender | null =>
    routersOf(segment)
      .flatMap(({ senders }) => senders)
      .find((sender) => isSameRouter(sender, host)) ?? null;

  /** Of a router that is known: the frames that made it so; null for all others. */
  function evidence({ segment, beforeFrame }: GroupNews, group: Address, host: Host): readonly number[] | null {
    const sender = senderOf(segment, host);
    if (sender) return beforeFrame === null ? sender.frames : [...sender.frames, beforeFrame];
    if (isVrrpGroup(segment, group)) return beforeFrame === null ? null : [beforeFrame];
    const known = world.groups.all.flatMap(({ segment: where, group: one, members }) =>
      where === segment && isVrrpGroup(segment, one) ? members.filter((member) => isSameRouter(member, host)) : [],
    );
    return known.length === 0 ? null : [known[0].lastFrame, ...(beforeFrame === null ? [] : [beforeFrame])];
  }

  function tell(news: GroupNews, text: string, report: Report): void {
    const { group, frame, atMicros } = news;
    const earlier = group === null ? null : evidence(news, group, news);
    if (!earlier || frame === null) return;
    const subject = subjectOf(news);
    if (told.size < MOST_TOLD) told.set(hostKey(news), subject);
    leave.raise(report, { atMicros, subject, text, frames: inOrder([...earlier, frame]) });
  }

  function noteLeave(news: GroupNews, report: Report): void {
    const { segment, group, address, mac, atMicros } = news;
    // A virtual MAC is shared: it does not tell which router left.
    if (group === null || isVirtualMac(mac)) return;
    const who = `${addressText(address)} left ${addressText(group)}`;
    if (isVrrpGroup(segment, group)) tell(news, `${who}: its VRRP daemon stopped there`, report);
    else if (isSyncGroup(segment, group) && pending.size < MOST_PENDING)
      pending.set(`${hostKey(news)} ${addressText(group)}`, { news, dueMicros: atMicros + HANDOVER_MICROS });
  }

  /** It sends adverts, or the sync itself: then it has no need to listen. */
  function isInCharge(host: Host, segment: number, leftMicros: number): boolean {
    const isMaster = (sender: RouterSender) => sender.priority > 0 && sender.lastMicros >= leftMicros - HANDOVER_MICROS;
    const sends = world.daemons.all.some((d) => d.segment === segment && d.lastSeenMicros >= leftMicros && isSameRouter(d, host));
    return sends || world.routers.all.some(({ senders }) => senders.some((sender) => isMaster(sender) && isSameRouter(sender, host)));
  }

  function settle(nowMicros: number, report: Report): void {
    for (const [key, { news, dueMicros }] of pending) {
      if (nowMicros < dueMicros) continue;
      pending.delete(key);
      const { segment, group, atMicros } = news;
      if (group === null || isInCharge(news, segment, atMicros)) continue;
      if (world.groups.members(segment, group).some((member) => isSameRouter(member, news))) continue;
      tell(news, `${addressText(news.address)} left ${addressText(group)}: its sync daemon stopped`, report);
    }
  }

  function noteJoin(news: GroupNews, report: Report): void {
    const { segment, group, atMicros } = news;
    if (group === null || !(isVrrpGroup(segment, group) || isSyncGroup(segment, group))) return;
    // It may join from `::` where it left from an address.
    leave.clear(report, told.get(hostKey(news)) ?? subjectOf(news), atMicros);
    told.delete(hostKey(news));
  }

  function judgeMacs(router: VirtualRouter, sender: RouterSender, nowMicros: number, report: Report): void {
    const { segment, group, family, vrid } = router;
    const { mac, address } = sender;
    if (group === null || mac === null) return;
    const subject: EventSubject = { vrid, family, address: addressText(address), mac: macText(mac), ...here(segment) };
    const members = world.groups.members(segment, group);
    const reporter = members.find((member) => member.mac !== null && member.mac !== mac && sameAddress(member.address, address));
    if (!reporter?.mac || members.some((member) => member.mac === mac) || sends(segment, reporter.mac)) {
      report.known(MAC_SPLIT, subject);
      macSplit.clear(report, subject, nowMicros);
      return;
    }
    const why = world.groups.blindness(segment, family, nowMicros);
    if (why !== null) {
      report.unknown(MAC_SPLIT, subject, why);
      return;
    }
    const frames = [...roundFrames(world.groups.querier(segment, family)), reporter.lastFrame, ...sender.frames];
    const text = `${addressText(address)} reports ${addressText(group)} from ${macText(reporter.mac)} and sends its adverts from ${macText(mac)}`;
    macSplit.raise(report, { atMicros: nowMicros, subject, text, frames: inOrder(frames) });
  }

  const sends = (segment: number, mac: number): boolean =>
    routersOf(segment).some(({ senders }) => senders.some((sender) => sender.mac === mac));

  return {
    advert(sighting, report) {
      const router = world.routers.of(sighting);
      const { network, atMicros } = sighting;
      if (router?.master && network && sameAddress(router.master.address, network.source))
        judgeMacs(router, router.master, atMicros, report);
    },
    frame(sighting, report) {
      const { atMicros, frame, notes } = sighting;
      for (const { protocol, code, text } of notes) {
        const rule = BY_CODE[`${protocol}.${code}`];
        if (rule) report.raise(rule, { atMicros, subject: senderOfReport(sighting), text, frames: [frame] });
      }
    },
    group(news, report) {
      if (news.kind === 'left') noteLeave(news, report);
      else if (news.kind === 'joined') noteJoin(news, report);
    },
    second(nowMicros, report) {
      settle(nowMicros, report);
    },
  };
}

export const igmpRules: RuleSet = { rules: [...new Set(Object.values(BY_CODE)), MAC_SPLIT, LEAVE_BACKUP], check: createCheck };
