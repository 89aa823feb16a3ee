/** Mastership: two masters, none, changes too many or too short, and resignations that nobody takes up. */
import { intervalMicros, type RouterSender, skewMicros, type VirtualRouter } from '../router.ts';
import type { RouterChange } from '../routers.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { framesOf, MICROS, nameOf, routerSubject, seconds, senderSubject, whoOf } from './vrrp-words.ts';

const NEEDS = ['network'] as const;
const FLAP_CHANGES = 5;
const FLAP_SECONDS = 300;
const SHORT_INTERVALS = 3;
/** Of each change in a flap: enough to show who was master before and after. */
const FRAMES_OF_A_CHANGE = 6;

const twoMasters: Rule = {
  kind: 'vrrp.two_masters',
  severity: 'critical',
  rule: 'two routers send adverts with a priority above 0 within one Master_Down_Interval, and the one that must give way (RFC 3768 section 6.4.3) sends a second one',
  meaning: 'Split brain: both hold the virtual addresses, and clients reach the one whose ARP came last.',
  advice:
    'See whether adverts pass between the two (VLAN, multicast snooping, firewall: protocol 112 to 224.0.0.18), and whether they agree on version, password, interval and addresses.',
  needs: NEEDS,
  form: 'silent',
  quietSeconds: null,
};

const masterLost: Rule = {
  kind: 'vrrp.master_lost',
  severity: 'critical',
  rule: 'no router has sent an advert for 3 intervals and the longest skew',
  meaning: 'Nobody holds the virtual addresses, or the adverts do not reach this port any more.',
  advice: 'Start keepalived on one of the routers; if one is master by its own account, look at the way of its adverts to this port.',
  needs: NEEDS,
  form: 'silent',
  quietSeconds: null,
};

const noTaker: Rule = {
  kind: 'vrrp.resign_no_taker',
  severity: 'critical',
  rule: 'the master resigned with priority 0, and no advert came within one interval and the longest skew',
  meaning: 'There was no backup, or it did not hear the resignation: the virtual addresses are served by nobody.',
  advice: 'Check that keepalived runs on the backup and that multicast to 224.0.0.18 (ff02::12) reaches it, before the next planned stop.',
  needs: NEEDS,
  quietSeconds: null,
};

const resign: Rule = {
  kind: 'vrrp.resign',
  severity: 'info',
  rule: 'a router sends an advert with priority 0',
  meaning: 'It gives the mastership up: keepalived was stopped, or a tracked interface or script failed.',
  advice: 'None when it was planned; otherwise look into the log of keepalived on that router.',
  needs: NEEDS,
  form: 'notice',
  quietSeconds: null,
};

const flap: Rule = {
  kind: 'vrrp.flap',
  severity: 'warning',
  rule: `${FLAP_CHANGES} changes of the master or more within ${FLAP_SECONDS} s`,
  meaning: 'Each change interrupts the service and moves the sessions; a check that comes and goes, or adverts that get lost.',
  advice: 'Look at track_script and track_interface and their rise and fall, at preempt, and at lost adverts (vrrp.late_advert).',
  needs: NEEDS,
  quietSeconds: FLAP_SECONDS,
};

const shortMaster: Rule = {
  kind: 'vrrp.short_master',
  severity: 'warning',
  rule: `a router is master for less than ${SHORT_INTERVALS} of its intervals`,
  meaning: 'It took the addresses and lost them at once; ARP caches may still point at it.',
  advice: 'Look why it gave up: a check that fails when it becomes master, or adverts of the other one that reached it too late.',
  needs: NEEDS,
  quietSeconds: 60,
};

interface Change {
  readonly atMicros: number;
  readonly frames: readonly number[];
}

/** When the last mastership ended: at the last advert of one that left, at once where another took it away. */
function endMicros({ reason, from, atMicros }: RouterChange): number {
  return reason === 'preempted' || reason === 'tie' || !from ? atMicros : from.lastMicros;
}

/** The longest that a backup may take after a resignation: Skew_Time of the lowest priority, and an interval to be late by. */
const takeUpMicros = (sender: RouterSender): number => skewMicros(sender.version, sender.intervalCentiseconds, 1) + intervalMicros(sender);

export const masterRules: RuleSet = {
  rules: [twoMasters, masterLost, noTaker, resign, flap, shortMaster],
  check(world) {
    const changes = new WeakMap<VirtualRouter, Change[]>();
    /** Begin of the mastership that is now, where it was seen to begin. */
    const began = new WeakMap<VirtualRouter, { readonly sender: RouterSender; readonly atMicros: number }>();
    /** Masters that resigned, while nobody has followed them. */
    const resigned = new Map<VirtualRouter, RouterSender>();
    /** Priority 0 may be sent more than once. */
    const saidSo = new WeakSet<RouterSender>();

    function noteLength(change: RouterChange, report: Report): void {
      const { router, from, to, atMicros } = change;
      const mastership = began.get(router);
      began.delete(router);
      if (change.kind === 'master_change' && to && change.reason !== 'first_seen') began.set(router, { sender: to, atMicros });
      if (!mastership || mastership.sender !== from || change.reason === 'two_masters_resolved') return;
      const micros = endMicros(change) - mastership.atMicros;
      if (micros >= SHORT_INTERVALS * intervalMicros(from)) return;
      const text = `${nameOf(router)}: ${whoOf(from)} was master for ${seconds(micros)} only, less than ${SHORT_INTERVALS} of its intervals of ${seconds(intervalMicros(from))}`;
      report.raise(shortMaster, { atMicros, subject: senderSubject(world, router, from), text, frames: change.frames });
    }

    function noteFlap({ router, atMicros, reason, frames }: RouterChange, report: Report): void {
      if (reason === 'first_seen') return;
      const lately = (changes.get(router) ?? []).filter((change) => atMicros - change.atMicros <= FLAP_SECONDS * MICROS);
      // Many more than needed say nothing more.
      const all = [...lately, { atMicros, frames: frames.slice(-FRAMES_OF_A_CHANGE) }].slice(-4 * FLAP_CHANGES);
      changes.set(router, all);
      if (all.length < FLAP_CHANGES) return;
      const text = `${nameOf(router)}: the master changed ${all.length} times within ${seconds(atMicros - all[0].atMicros)}`;
      const shown = framesOf(...all.map((change) => change.frames));
      report.raise(flap, { atMicros, subject: routerSubject(world, router), text, frames: shown, details: { changes: all.length } });
    }

    function noteTwo({ router, from, to, atMicros, frames }: RouterChange, report: Report): void {
      if (!from || !to) return;
      const text = `${nameOf(router)}: ${whoOf(from)} with priority ${from.lastPriority} and ${whoOf(to)} with priority ${to.lastPriority} are both master`;
      report.raise(twoMasters, { atMicros, subject: routerSubject(world, router), text, frames });
    }

    function noteLost({ router, from, atMicros, frames }: RouterChange, report: Report): void {
      if (!from) return;
      const text = `${nameOf(router)}: no master; ${whoOf(from)} was heard last ${seconds(atMicros - router.lastHeardMicros)} before`;
      report.raise(masterLost, { atMicros, subject: routerSubject(world, router), text, frames });
    }

    function followUp(nowMicros: number, report: Report): void {
      for (const [router, sender] of resigned) {
        const silentMicros = nowMicros - sender.lastMicros;
        if (silentMicros <= takeUpMicros(sender)) continue;
        resigned.delete(router);
        const text = `${nameOf(router)}: ${whoOf(sender)} resigned, and nobody has taken over for ${seconds(silentMicros)}`;
        report.raise(noTaker, { atMicros: nowMicros, subject: routerSubject(world, router), text, frames: sender.frames.slice(-2) });
      }
    }

    return {
      advert(sighting, report) {
        const accepted = world.routers.accepted(sighting);
        if (!accepted) return;
        const { router, sender } = accepted;
        if (sender.priority > 0) saidSo.delete(sender);
        if (sender.priority > 0 || saidSo.has(sender)) return;
        saidSo.add(sender);
        if (router.resigned && sender === router.master) resigned.set(router, sender);
        const { atMicros, frame } = sighting;
        const text = `${nameOf(router)}: ${whoOf(sender)} resigned: it sent priority 0`;
        report.raise(resign, { atMicros, subject: senderSubject(world, router, sender), text, frames: [frame] });
      },
      change(change, report) {
        const { kind, router, atMicros } = change;
        const subject = routerSubject(world, router);
        if (kind === 'two_masters') return noteTwo(change, report);
        report.clear(twoMasters, subject, atMicros);
        if (kind === 'two_masters_resolved') return;
        noteLength(change, report);
        if (kind === 'master_lost') return noteLost(change, report);
        report.clear(masterLost, subject, atMicros);
        report.clear(noTaker, subject, atMicros);
        resigned.delete(router);
        noteFlap(change, report);
      },
      second: followUp,
    };
  },
};
