/** Who asks for memberships (IGMP, MLD): nobody, two at once, another than before, or in an older version. */
import { type Address, addressText, type Family, familyOf, sameAddress } from '../../../dissectors/address.ts';
import type { EventSubject } from '../events.ts';
import { type GroupNews, isUnspecified } from '../groups.ts';
import { type Query, queryOf } from '../queriers.ts';
import type { Check, Report, Rule, RuleSet, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import { Held } from './held.ts';

const SECOND = 1_000_000;
/** Other Querier Present Interval and Older Version Querier Present Timeout by default: RFC 3376 sections 8.5 and 8.12. */
const QUERIER_SECONDS = 255;
const OLDER_VERSION_SECONDS = 260;
/** A sync sender that was not heard for so long (the timeout of an established session) may have stopped. */
const SENDING_MICROS = 900 * SECOND;
const MOST_RIVALS = 256;

const NO_QUERIER: Rule = {
  kind: 'igmp.no_querier',
  severity: 'warning',
  rule: 'for 255 s no query (IGMP, MLD) while adverts or sync are sent to a group that snooping switches prune (not 224.0.0.0/24, not ff02::/16)',
  meaning: 'Switches that snoop forget the members and stop delivering the group: backups hear no adverts or no sync.',
  advice: 'Switch a querier on in this VLAN (switch, router, or `mcast_querier` of a Linux bridge), or use 224.0.0.18 and 224.0.0.81.',
  needs: ['network'],
  quietSeconds: null,
};

const QUERIER_CHANGE: Rule = {
  kind: 'igmp.querier_change',
  severity: 'info',
  form: 'notice',
  rule: 'another host than before asks for memberships (IGMP, MLD)',
  meaning: 'A router or switch with a lower address came, or the one that asked before has gone.',
  advice: 'Nothing, if you changed the network; otherwise look for the device with the new address.',
  needs: ['network'],
  quietSeconds: null,
};

const TWO_QUERIERS: Rule = {
  kind: 'igmp.two_queriers',
  severity: 'warning',
  rule: 'a host goes on asking for memberships although one with a lower address asks (RFC 3376 section 6.6.2, RFC 3810 section 7.6.2)',
  meaning: 'The two do not hear each other: multicast does not pass between them.',
  advice: 'Let one device be the querier of this VLAN, and look what keeps its queries from the other.',
  needs: ['network'],
  quietSeconds: QUERIER_SECONDS,
};

const VERSION_DOWNGRADE: Rule = {
  kind: 'igmp.version_downgrade',
  severity: 'warning',
  rule: 'a query of an older version than a querier of this segment used before (RFC 3376 section 7.2, RFC 3810 section 8.2)',
  meaning: 'All hosts fall back to it, and then only one member of each group answers: which backups there are cannot be told any more.',
  advice: 'Set that querier to IGMP version 3 or MLD version 2, as it was.',
  needs: ['network'],
  quietSeconds: OLDER_VERSION_SECONDS,
};

const protocolOf = (family: Family): string => (family === 'ipv4' ? 'IGMP' : 'MLD');
const keyOf = ({ segment, family }: { segment: number; family: Family }): string => `${segment} ${family}`;

/** Whether switches that snoop may withhold it: RFC 4541 section 2.1.2 excepts 224.0.0.0/24. Of IPv6 a Linux bridge withholds ff02::/16, too. */
export function isPruned(group: Address): boolean {
  return typeof group === 'number' ? group >>> 8 !== 0xe00000 : (group[1] & 15) >= 2;
}

/**
 * Whether memberships that run out, since nobody asks for them, may end it. Most switches never withhold link-local groups of IPv6, and
 * those that do, do so only while somebody asks; VRRP over IPv6 is common, MLD queriers are not.
 */
function needsQuerier(group: Address): boolean {
  return isPruned(group) && (typeof group === 'number' || (group[1] & 15) > 2);
}

/** A host that asks although it lost the election. */
interface Rival {
  queries: number;
  /** Of the winner and of its own first query after that. */
  readonly frames: readonly [number, number];
}

/** A segment and family in which pruned groups are used. */
interface Use {
  readonly segment: number;
  readonly family: Family;
  lastMicros: number;
  /** Since when that has been so without a querier; null while one asks. */
  unaskedMicros: number | null;
  /** The latest frame before that. */
  firstFrame: number;
  lastFrame: number;
}

function createCheck(world: World): Check {
  const noQuerier = new Held(NO_QUERIER);
  const rivals = new Map<string, Rival>();
  const highest = new Map<string, Query>();
  const lastQueriers = new Map<string, { address: Address; frame: number | null }>();
  const uses = new Map<string, Use>();

  const subjectOf = (segment: number, family: Family): EventSubject => ({ family, ...segmentSubject(world.segments.all[segment]) });

  function noteVersion(query: Query, report: Report): void {
    const { segment, family, version, address, atMicros, frame } = query;
    const before = highest.get(keyOf(query));
    if (!before || version >= before.version) {
      highest.set(keyOf(query), query);
      return;
    }
    const protocol = protocolOf(family);
    const text = `${addressText(address)} asks in ${protocol} version ${version}; ${addressText(before.address)} asked in version ${before.version} before`;
    report.raise(VERSION_DOWNGRADE, { atMicros, subject: subjectOf(segment, family), text, frames: [before.frame, frame] });
  }

  /** One query may cross the winner's on its way; a second one shows that it did not hear it. */
  function noteRival(query: Query, report: Report): void {
    const { segment, family, address, atMicros, frame, isGeneral } = query;
    const winner = world.groups.querier(segment, family);
    if (!winner || !isGeneral || isUnspecified(address) || isUnspecified(winner.address) || sameAddress(winner.address, address)) return;
    const key = `${keyOf(query)} ${addressText(winner.address)} ${addressText(address)}`;
    const rival = rivals.get(key);
    if (!rival) {
      if (rivals.size >= MOST_RIVALS) rivals.clear();
      rivals.set(key, { queries: 1, frames: [winner.lastFrame, frame] });
      return;
    }
    rival.queries++;
    const text = `${addressText(address)} asked ${rival.queries} times for memberships while ${addressText(winner.address)} asks`;
    const subject = { address: addressText(address), ...subjectOf(segment, family) };
    report.raise(TWO_QUERIERS, { atMicros, subject, text, frames: [...rival.frames, frame] });
  }

  function noteChange(news: GroupNews, report: Report): void {
    const { segment, address, atMicros, frame } = news;
    const family = familyOf(address);
    const key = keyOf({ segment, family });
    const before = lastQueriers.get(key);
    lastQueriers.set(key, { address, frame: frame ?? news.beforeFrame });
    if (!before || news.kind === 'querier_lost' || sameAddress(before.address, address)) return;
    const frames = [news.beforeFrame ?? before.frame, frame].filter((number) => number !== null);
    const text = `${addressText(address)} asks for memberships (${protocolOf(family)}); before, ${addressText(before.address)} did`;
    report.raise(QUERIER_CHANGE, { atMicros, subject: subjectOf(segment, family), text, frames });
  }

  function passTime(nowMicros: number, report: Report): void {
    for (const [key, use] of uses) {
      const { segment, family, lastMicros } = use;
      const isUsed = nowMicros - lastMicros <= SENDING_MICROS;
      if (isUsed && !world.groups.querier(segment, family)) {
        if (use.unaskedMicros === null) Object.assign(use, { unaskedMicros: nowMicros, firstFrame: use.lastFrame });
        continue;
      }
      if (use.unaskedMicros !== null) noQuerier.clear(report, subjectOf(segment, family), nowMicros);
      use.unaskedMicros = null;
      if (!isUsed) uses.delete(key);
    }
  }

  /** A frame to a group that needs a querier. */
  function noteUse(segment: number, group: Address, { atMicros, frame }: Sighting, report: Report): void {
    const family = familyOf(group);
    const key = keyOf({ segment, family });
    const use = uses.get(key) ?? { segment, family, lastMicros: atMicros, unaskedMicros: null, firstFrame: frame, lastFrame: frame };
    uses.set(key, use);
    use.lastMicros = atMicros;
    use.lastFrame = frame;
    if (use.unaskedMicros === null || atMicros - use.unaskedMicros < QUERIER_SECONDS * SECOND) return;
    const seconds = Math.floor((atMicros - use.unaskedMicros) / SECOND);
    const text = `no ${protocolOf(family)} query for ${seconds} s, while ${addressText(group)} is in use`;
    noQuerier.raise(report, { atMicros, subject: subjectOf(segment, family), text, frames: [use.firstFrame, frame] });
  }

  return {
    sync(sighting, daemon, report) {
      const { segment, group } = world.daemons.all[daemon];
      if (needsQuerier(group)) noteUse(segment, group, sighting, report);
    },
    advert(sighting, report) {
      const router = world.routers.of(sighting);
      if (router?.group && needsQuerier(router.group)) noteUse(router.segment, router.group, sighting, report);
    },
    frame(sighting, report) {
      const query = queryOf(sighting);
      if (!query || sighting.notes.some(({ code }) => code === 'checksum')) return;
      noteVersion(query, report);
      noteRival(query, report);
    },
    group(news, report) {
      if (news.kind.startsWith('querier')) noteChange(news, report);
    },
    second(nowMicros, report) {
      passTime(nowMicros, report);
    },
  };
}

export const querierRules: RuleSet = { rules: [NO_QUERIER, QUERIER_CHANGE, TWO_QUERIERS, VERSION_DOWNGRADE], check: createCheck };
