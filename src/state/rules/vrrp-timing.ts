/** Time: adverts that come late, and takeovers that come earlier or later than the timers say. */
import { sameAddress } from '../../../dissectors/address.ts';
import { intervalMicros, LATE, type RouterSender, skewMicros, type VirtualRouter } from '../router.ts';
import type { RouterChange } from '../routers.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { nameOf, routerSubject, seconds, senderSubject, whoOf } from './vrrp-words.ts';

const NEEDS = ['network'] as const;
const QUIET_SECONDS = 60;

const lateAdvert: Rule = {
  kind: 'vrrp.late_advert',
  severity: 'warning',
  rule: `an advert of a running master, the only one that sent, more than ${LATE.join(', ')} of its intervals after the one before (levels 1, 2, 3)`,
  meaning: 'Adverts are lost or the master stalls; after 3 intervals and a skew a backup takes over although the master lives.',
  advice:
    'Look at CPU and scheduling of the master (vrrp_priority, vrrp_rt_priority), at lost packets on the way, and whether the interval is too short.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

const slowTakeover: Rule = {
  kind: 'vrrp.slow_takeover',
  severity: 'warning',
  rule: 'a waiting backup took over later than 3 intervals and its skew after the last advert, or than its skew after a resignation, and an interval more',
  meaning: 'The service was down longer than the timers ask for.',
  advice: 'Compare down_timer_adverts and the interval on both routers; look at the load of the backup at that time.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

const fastTakeover: Rule = {
  kind: 'vrrp.fast_takeover',
  severity: 'warning',
  rule: 'a backup took over less than 2 intervals after the last advert of a master that had not resigned',
  meaning: 'The backup waits for fewer adverts than usual, so that one or two lost ones already move the service.',
  advice: 'Compare down_timer_adverts and the interval on both routers.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

/** The earliest and latest moment of a takeover after the last advert; RFC 3768 and RFC 5798, section 6.1. */
function limitsOf({ reason }: RouterChange, from: RouterSender, to: RouterSender): { least: number; most: number } {
  const interval = intervalMicros(from);
  const skew = skewMicros(to.version, from.intervalCentiseconds, to.lastPriority);
  // Routers of a sync group follow the first of them, so after a resignation there is no least.
  return reason === 'resigned' ? { least: 0, most: skew + interval } : { least: 2 * interval, most: 3 * interval + skew + interval };
}

export const timingRules: RuleSet = {
  rules: [lateAdvert, slowTakeover, fastTakeover],
  check(world) {
    /** It ran before the master ended: it was heard then, or listened for adverts. */
    function wasWaiting({ segment, group }: VirtualRouter, to: RouterSender, beforeMicros: number): boolean {
      if (to.adverts > 1) return true;
      const members = group === null ? [] : world.groups.members(segment, group);
      return members.some(
        ({ address, mac, firstMicros }) =>
          firstMicros < beforeMicros && (sameAddress(address, to.address) || (mac !== null && mac === to.mac)),
      );
    }

    function judge(change: RouterChange, report: Report): void {
      const { router, from, to, reason, gapMicros, atMicros, frames } = change;
      if (!from || !to || from === to || gapMicros === null || (reason !== 'resigned' && reason !== 'no_response')) return;
      const { least, most } = limitsOf(change, from, to);
      const subject = routerSubject(world, router);
      const told = `${nameOf(router)}: ${whoOf(to)} with priority ${to.lastPriority} took over ${seconds(gapMicros)} after ${whoOf(from)} ${reason === 'resigned' ? 'had resigned' : 'was heard last'}`;
      if (gapMicros < least) {
        const text = `${told}, and should have waited for ${seconds(least)} at least`;
        report.raise(fastTakeover, { atMicros, subject, text, frames });
      } else if (gapMicros > most && !wasWaiting(router, to, from.lastMicros)) {
        report.unknown(slowTakeover, subject, `${told}; it may have been started only then`);
      } else if (gapMicros > most) {
        const text = `${told}, and should have after ${seconds(most)} at most`;
        report.raise(slowTakeover, { atMicros, subject, text, frames });
      } else report.known(slowTakeover, subject);
    }

    return {
      advert(sighting, report) {
        const accepted = world.routers.accepted(sighting);
        if (!accepted) return;
        const { router, sender } = accepted;
        const { gapIntervals, previousMicros } = sender;
        const level = LATE.filter((times) => gapIntervals > times).length;
        // One that was not master in between was not late.
        if (level === 0 || router.state !== 'master' || router.master !== sender || router.masterSinceMicros > previousMicros) return;
        // keepalived begins its interval anew with an advert of another, be it refused: that is no loss and no stall.
        if (router.senders.some((other) => other !== sender && other.lastMicros > previousMicros)) return;
        const { atMicros } = sighting;
        const last = level === LATE.length ? ', one advert from a failover' : '';
        const text = `${nameOf(router)}: an advert of ${whoOf(sender)} came ${seconds(atMicros - previousMicros)} after the one before, ${gapIntervals.toFixed(2)} intervals (level ${level} of ${LATE.length}${last})`;
        report.raise(lateAdvert, {
          atMicros,
          subject: senderSubject(world, router, sender),
          text,
          frames: sender.frames.slice(-2),
          details: { level, intervals: Math.round(gapIntervals * 100) / 100 },
        });
      },
      change: judge,
    };
  },
};
