/** Who answers for virtual addresses, announces them or asks for them, besides the master. */
import { addressText, type MacAddress, macText } from '../../../dissectors/address.ts';
import type { NeighborNews } from '../neighbors.ts';
import { downMicros, type VirtualRouter } from '../router.ts';
import type { Check, Report, Rule, World } from '../rule.ts';
import type { Vips } from '../vips.ts';
import { hostText, lastAnnouncer, masterText, vipSubject } from './arp-words.ts';
import { Later } from './later.ts';
import { framesOf, MICROS, nameOf } from './vrrp-words.ts';

/** A host defends its address at most every 10 s and probes anew at most once a minute (RFC 5227 sections 2.4 and 2.1.1): what lasts shows again by then. */
const CONFLICT_QUIET_SECONDS = 120;
const ANSWER_QUIET_SECONDS = 600;
/** Time for a first advert that explains a claim. */
const PATIENCE_MICROS = 3 * MICROS;
/** Time for the answers to one question. */
const ROUND_MICROS = MICROS;
const MOST_ROUNDS = 1024;
const MOST_ANSWERS = 8;
/** Of a router, before the claim and when it is judged: enough to show that it is one and still master. */
const FRAMES_OF_A_ROUTER = 3;

export const conflict: Rule = {
  kind: 'arp.conflict',
  severity: 'critical',
  rule: 'two link-layer addresses give one IP address as their own (RFC 5227 section 2.4): a virtual address is announced by a host that is no master, or used by it as sender; an ordinary one is claimed by two in turn within 60 s',
  meaning: 'Neighbors send to whichever spoke last; connections break each time that changes.',
  advice:
    'Take the address from one of the two. A real server of a direct-routing service must hold it on lo only, with arp_ignore=1 and arp_announce=2.',
  needs: ['link'],
  quietSeconds: CONFLICT_QUIET_SECONDS,
};

const wrongMac: Rule = {
  kind: 'arp.vip_wrong_mac',
  severity: 'critical',
  rule: 'an ARP reply or neighbor advertisement gives a virtual address a link-layer address that is neither that of the master nor the virtual MAC address',
  meaning: 'Whoever believes the answer sends to this host and not to the load balancer: its sessions fail or bypass balancing.',
  advice:
    'On a real server set arp_ignore=1 and arp_announce=2 and keep the address on lo; on a load balancer that is not master remove the left-over address; otherwise find the host: it may be an attack. List a wanted pair under trusted in the configuration file.',
  needs: ['link'],
  quietSeconds: ANSWER_QUIET_SECONDS,
};

const twoAnswers: Rule = {
  kind: 'arp.vip_two_answers',
  severity: 'critical',
  rule: 'two link-layer addresses answer one request for a virtual address within 1 s, and not both are master',
  meaning: 'Which host a client reaches is chance: the answer that comes last (or first) wins.',
  advice: 'See arp.vip_wrong_mac for the host that must not answer.',
  needs: ['link'],
  quietSeconds: ANSWER_QUIET_SECONDS,
};

const probeOfVip: Rule = {
  kind: 'arp.probe_of_vip',
  severity: 'warning',
  rule: 'a host that is no router of it probes for a virtual address (RFC 5227 section 2.1.1; duplicate address detection, RFC 4862 section 5.4)',
  meaning: 'It is about to take the virtual address for itself; a moment without a master and it will.',
  advice: 'Find the host by its MAC address and correct its address, or take the virtual address out of the DHCP range.',
  needs: ['link'],
  quietSeconds: ANSWER_QUIET_SECONDS,
};

const stale: Rule = {
  kind: 'arp.garp_stale',
  severity: 'warning',
  rule: 'the last announcement of a virtual address came from a router of the segment that is not its master',
  meaning: 'Neighbors send to a router that does not serve the address, until the master announces it or their caches expire.',
  advice:
    'Look why that router announced it (two masters a moment ago, keepalived started anew); garp_master_refresh lets the master announce it again and again.',
  needs: ['network', 'link'],
  quietSeconds: null,
};

/** The answers to one question. */
interface Round {
  readonly atMicros: number;
  readonly askedFrame: number | null;
  readonly answers: { readonly mac: MacAddress; readonly frame: number }[];
}

interface Waiting {
  readonly segment: number;
  readonly news: NeighborNews;
  readonly round: Round | null;
  /** Adverts before it. */
  readonly earlier: readonly number[];
}

type Announced = Pick<NeighborNews, 'address' | 'mac' | 'atMicros'>;

const CLAIMS: readonly NeighborNews['kind'][] = ['announced', 'answered', 'claimed', 'probed', 'asked'];

function createCheck(world: World, vips: Vips): Check {
  const later = new Later<Waiting>();
  const rounds = new Map<string, Round>();
  const oldestRound = rounds.keys();
  /** Ends of a split brain, after which the one that stayed must announce. */
  const resolved = new Later<VirtualRouter>();

  function roundOf(segment: number, { kind, address, mac, asker, atMicros, frame }: NeighborNews): Round {
    const key = `${segment} ${addressText(address)} ${kind === 'asked' ? mac : asker}`;
    const known = rounds.get(key);
    if (kind !== 'asked' && known && atMicros - known.atMicros <= ROUND_MICROS) return known;
    const round: Round = { atMicros, askedFrame: kind === 'asked' ? frame : null, answers: [] };
    rounds.set(key, round);
    if (rounds.size > MOST_ROUNDS) rounds.delete(String(oldestRound.next().value));
    return round;
  }

  /** Adverts that make the address a virtual one and the claimer, if it is one, a router. */
  function adverts(router: VirtualRouter, mac: MacAddress): number[] {
    const senders = [router.master ?? router.lastMaster, vips.senderAt(router.segment, mac)];
    return framesOf(...senders.map((sender) => sender?.frames.slice(-FRAMES_OF_A_ROUTER) ?? []));
  }

  function tell(
    rule: Rule,
    router: VirtualRouter,
    { segment, news, earlier }: Waiting,
    verb: string,
    frames: readonly number[],
    report: Report,
  ): void {
    const { atMicros, address, mac } = news;
    const subject = { ...vipSubject(world, router, address), mac: macText(mac) };
    const vip = `${addressText(address)}, a virtual address of ${nameOf(router)} whose ${masterText(router)}`;
    const text = `${hostText(world, vips, segment, mac, address)} ${verb} ${vip}`;
    report.raise(rule, { atMicros, subject, text, frames: framesOf(earlier, frames, adverts(router, mac)) });
  }

  function tellTwo(router: VirtualRouter, { segment, news, round, earlier }: Waiting, report: Report): void {
    if (!round) return;
    const macs = [...new Set(round.answers.map(({ mac }) => mac))];
    if (macs.length < 2) return;
    const { atMicros, address, mac } = news;
    const asked = round.askedFrame === null ? [] : [round.askedFrame];
    const who = macs.map((one) => hostText(world, vips, segment, one, address)).join(' and ');
    const text = `${macs.length} hosts answer one request for ${addressText(address)}, a virtual address of ${nameOf(router)}: ${who}`;
    const answers = round.answers.map(({ frame }) => frame);
    const frames = framesOf(earlier, asked, answers, adverts(router, mac));
    report.raise(twoAnswers, { atMicros, subject: vipSubject(world, router, address), text, frames });
  }

  function judgeAnswer(router: VirtualRouter, waiting: Waiting, report: Report): void {
    tell(wrongMac, router, waiting, 'answers for', [waiting.news.frame], report);
    tellTwo(router, waiting, report);
  }

  function judgeAnnouncement(router: VirtualRouter, waiting: Waiting, isRouter: boolean, report: Report): void {
    const { news } = waiting;
    if (!isRouter) tell(conflict, router, waiting, 'announces', [news.frame], report);
    else if (router.master && lastAnnouncer(news.neighbor) === news.mac) tellStale(router, news, [...waiting.earlier, news.frame], report);
  }

  function tellStale(router: VirtualRouter, { address, mac, atMicros }: Announced, frames: readonly number[], report: Report): void {
    const who = hostText(world, vips, router.segment, mac, address);
    const text = `${who} was the last to announce ${addressText(address)} of ${nameOf(router)}, whose ${masterText(router)}`;
    report.raise(stale, { atMicros, subject: vipSubject(world, router, address), text, frames: framesOf(frames, adverts(router, mac)) });
  }

  function judge(waiting: Waiting, nowMicros: number, report: Report): void {
    const { segment, news } = waiting;
    const { kind, address, mac, atMicros, frame } = news;
    const [router] = vips.routersOf(segment, address);
    if (!router) return;
    if (kind === 'asked') {
      if (waiting.round?.answers.length === 0)
        report.unknown(
          wrongMac,
          vipSubject(world, router, address),
          'requests for it are seen and no answers: they are not sent to this port',
        );
      return;
    }
    if (kind === 'announced' && vips.isMaster(segment, address, mac, nowMicros)) return;
    const standing = vips.standing(segment, address, mac, atMicros, nowMicros);
    if (kind !== 'announced' && standing === 'holder') return;
    if (kind === 'answered') judgeAnswer(router, waiting, report);
    else if (kind === 'announced') judgeAnnouncement(router, waiting, standing !== 'stranger', report);
    else if (kind === 'claimed') tell(conflict, router, waiting, 'asks others in the name of', [frame], report);
    else if (standing === 'stranger') tell(probeOfVip, router, waiting, 'probes for', [frame], report);
  }

  /** Neighbors followed the last announcement, which may have been the loser's. */
  function judgeResolved(router: VirtualRouter, nowMicros: number, report: Report): void {
    if (router.state !== 'master') return;
    for (const address of router.addresses) {
      const neighbor = world.neighbors.find(router.segment, address);
      const mac = lastAnnouncer(neighbor);
      if (mac === null || vips.isMaster(router.segment, address, mac, nowMicros) || !vips.isRouter(router.segment, mac)) continue;
      const frame = neighbor?.macs.find((one) => one.mac === mac)?.lastFrame;
      if (frame !== undefined) tellStale(router, { address, mac, atMicros: nowMicros }, [frame], report);
    }
  }

  return {
    neighbor(news, { segment: { index: segment } }, report) {
      const { kind, address, mac, atMicros } = news;
      const routers = CLAIMS.includes(kind) ? vips.routersOf(segment, address) : [];
      if (routers.length === 0) return;
      const round = kind === 'asked' || kind === 'answered' ? roundOf(segment, news) : null;
      if (kind === 'answered') {
        if (round && round.answers.length < MOST_ANSWERS) round.answers.push(news);
        for (const router of routers) report.known(wrongMac, vipSubject(world, router, address));
      }
      // One who was master a moment ago may answer once more, but to announce draws the neighbors back.
      const isMaster = vips.isMaster(segment, address, mac, atMicros);
      if (isMaster && kind === 'announced') for (const router of routers) report.clear(stale, vipSubject(world, router, address), atMicros);
      if (isMaster || (kind !== 'announced' && vips.standing(segment, address, mac, atMicros, atMicros) === 'holder')) return;
      const downs = routers.flatMap(({ senders }) => senders.map(downMicros));
      const dueMicros = atMicros + Math.max(PATIENCE_MICROS, ...downs);
      later.add(`${kind} ${segment} ${addressText(address)} ${mac}`, dueMicros, () => {
        return { segment, news, round, earlier: adverts(routers[0], mac) };
      });
    },
    change({ kind, router, to, atMicros }, report) {
      // Who announced before its first advert is no stranger any more.
      for (const address of to?.addresses ?? []) {
        const mac = lastAnnouncer(world.neighbors.find(router.segment, address));
        if (mac !== null && mac === to?.mac) report.clear(stale, vipSubject(world, router, address), atMicros);
      }
      const wait = router.master ? Math.max(PATIENCE_MICROS, downMicros(router.master)) : PATIENCE_MICROS;
      if (kind === 'two_masters_resolved') resolved.add(`${world.routers.all.indexOf(router)}`, atMicros + wait, () => router);
    },
    second(nowMicros, report) {
      for (const waiting of later.take(nowMicros)) judge(waiting, nowMicros, report);
      for (const router of resolved.take(nowMicros)) judgeResolved(router, nowMicros, report);
    },
  };
}

export const vipClaims = { rules: [wrongMac, twoAnswers, conflict, probeOfVip, stale], check: createCheck };
