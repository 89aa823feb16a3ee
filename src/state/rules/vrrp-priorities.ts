/** Priorities: who may take over from whom, and who does not although it could. */
import { type Address, addressText, sameAddress } from '../../../dissectors/address.ts';
import { downMicros, type RouterSender, stopped, type VirtualRouter } from '../router.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import type { Sighting } from '../sighting.ts';
import { places } from './expected.ts';
import { framesOf, MICROS, nameOf, routerSubject, seconds, senderSubject, whoOf } from './vrrp-words.ts';

const NEEDS = ['network'] as const;
const QUIET_SECONDS = 60;
const OWNER = 255;
/** Priorities of routers not heard for longer say nothing of today. */
const EQUAL_MICROS = 3600 * MICROS;
/** A router of the usual pair that was down when we began shows up within this time, mostly. */
const LEARNT_MICROS = 600 * MICROS;

const dupOwner: Rule = {
  kind: 'vrrp.dup_owner',
  severity: 'critical',
  rule: 'two routers send priority 255 within one Master_Down_Interval',
  meaning: 'Both claim to own the virtual addresses, and neither gives way to the other.',
  advice: 'Only the router whose own interface has the address may use 255; give the other a lower priority.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

const equalPriority: Rule = {
  kind: 'vrrp.equal_priority',
  severity: 'warning',
  rule: 'two routers were last seen with the same priority, the later of them within the hour after the other',
  meaning: 'Which one is master is left to chance and to the higher address, and both may be master for a moment at the start.',
  advice: 'Give each router a priority of its own.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

const priorityChange: Rule = {
  kind: 'vrrp.priority_change',
  severity: 'info',
  rule: 'a router sends another priority than in its advert before, neither of them 0',
  meaning: 'A track script or tracked interface changed it, or its configuration.',
  advice: 'If it went down unplanned, look at the tracked scripts and interfaces of that router.',
  needs: NEEDS,
  form: 'notice',
  quietSeconds: null,
};

const preemptNotDone: Rule = {
  kind: 'vrrp.preempt_not_done',
  severity: 'warning',
  rule: 'a router of higher priority lives (it reports its membership, or sends adverts of other VRIDs) and has not taken over for two Master_Down_Intervals',
  meaning: 'It is in FAULT state, does not hear the adverts, or its priority has been lowered: no failback, perhaps no backup.',
  advice: 'Look into the log of keepalived on that router: tracked interfaces and scripts first, then nopreempt.',
  needs: NEEDS,
  quietSeconds: null,
};

const inferredNopreempt: Rule = {
  kind: 'vrrp.inferred_nopreempt',
  severity: 'info',
  rule: 'a router of higher priority joined the VRRP group after its last advert and has not taken over for two Master_Down_Intervals',
  meaning: 'It was restarted and stays backup: nopreempt or a preempt_delay is set, or its priority is lower now.',
  advice: 'None if that is wanted; otherwise fail back by hand or remove nopreempt.',
  needs: NEEDS,
  quietSeconds: null,
};

const rogue: Rule = {
  kind: 'vrrp.rogue',
  severity: 'warning',
  rule: `a sender that the expected state does not name; without one, a new sender with a higher priority than all that were heard in ${LEARNT_MICROS / MICROS} s or more`,
  meaning: 'It takes the virtual addresses to itself: a forgotten or mistaken configuration, or an attack.',
  advice: 'Find it by its MAC address on the switch; if it is one of yours, name it in the expected state.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

/** What was known of a sender before the advert at hand. */
interface Before {
  readonly priority: number;
  readonly frame: number;
}

interface SignOfLife {
  readonly atMicros: number;
  readonly frames: readonly number[];
  /** When it joined the group; null when it was heard by its adverts. */
  readonly joinedMicros: number | null;
}

/** The rule that says that a router is not master although it should be. */
interface Inaction {
  readonly rule: Rule;
  readonly sinceMicros: number;
  readonly frames: readonly number[];
}

type Heard = ReadonlyMap<string, RouterSender>;

const hostKey = (segment: number, address: Address): string => `${segment} ${addressText(address)}`;

/** Of each host the latest advert above priority 0, of whatever VRID. */
function heardLast(routers: readonly VirtualRouter[]): Heard {
  const heard = new Map<string, RouterSender>();
  for (const { segment, senders } of routers)
    for (const sender of senders) {
      const key = hostKey(segment, sender.address);
      if (sender.priority > 0 && sender.lastMicros > (heard.get(key)?.lastMicros ?? 0)) heard.set(key, sender);
    }
  return heard;
}

const lastOf = ({ frames }: RouterSender): readonly number[] => frames.slice(-1);

export const priorityRules: RuleSet = {
  rules: [dupOwner, equalPriority, priorityChange, preemptNotDone, inferredNopreempt, rogue],
  check(world) {
    const before = new WeakMap<RouterSender, Before>();
    const first = new WeakMap<VirtualRouter, { readonly atMicros: number; readonly frame: number }>();
    /** What is raised of a virtual router about who does not preempt. */
    const waiting = new Map<VirtualRouter, { readonly rule: Rule; readonly sender: RouterSender }>();

    function noteChange(router: VirtualRouter, sender: RouterSender, { atMicros, frame }: Sighting, report: Report): void {
      const { lastPriority: priority } = sender;
      const known = before.get(sender);
      before.set(sender, { priority, frame });
      if (!known || known.priority === priority) return;
      const text = `${nameOf(router)}: ${whoOf(sender)} changed its priority from ${known.priority} to ${priority}`;
      const details = { from: known.priority, to: priority };
      report.raise(priorityChange, {
        atMicros,
        subject: senderSubject(world, router, sender),
        text,
        frames: [known.frame, frame],
        details,
      });
    }

    function noteEqual(router: VirtualRouter, sender: RouterSender, { atMicros }: Sighting, report: Report): void {
      for (const other of router.senders) {
        if (other === sender || other.lastPriority !== sender.lastPriority) continue;
        const isOwner = sender.lastPriority === OWNER;
        if (isOwner ? stopped(other, atMicros) : atMicros - other.lastMicros > EQUAL_MICROS) continue;
        const text = isOwner
          ? `${nameOf(router)}: ${whoOf(other)} and ${whoOf(sender)} both send priority 255, as owners of the addresses`
          : `${nameOf(router)}: ${whoOf(other)} and ${whoOf(sender)} both have priority ${sender.lastPriority}`;
        // The other's last one may be its resignation, which does not tell its priority.
        const frames = framesOf(other.frames.slice(-2), lastOf(sender));
        report.raise(isOwner ? dupOwner : equalPriority, { atMicros, subject: routerSubject(world, router), text, frames });
      }
    }

    function noteRogue(router: VirtualRouter, sender: RouterSender, { atMicros, frame }: Sighting, report: Report): void {
      const known = first.get(router) ?? { atMicros, frame };
      first.set(router, known);
      const planned = (world.expected?.routers ?? []).filter((expected) => places(world, expected, router));
      const subject = senderSubject(world, router, sender);
      if (planned.length > 0) {
        if (planned.some(({ routers }) => routers.some((address) => sameAddress(address, sender.address)))) return;
        const text = `${nameOf(router)}: ${whoOf(sender)} sends adverts with priority ${sender.priority} and is not among the expected routers`;
        report.raise(rogue, { atMicros, subject, text, frames: [frame] });
        return;
      }
      const others = router.senders.filter((other) => other !== sender);
      const best = others.reduce((most, { lastPriority }) => Math.max(most, lastPriority), 0);
      if (sender.adverts > 1 || best === 0 || sender.priority <= best || atMicros - known.atMicros < LEARNT_MICROS) return;
      const text = `${nameOf(router)}: ${whoOf(sender)}, never heard before, sends priority ${sender.priority}; the highest so far was ${best}`;
      report.raise(rogue, { atMicros, subject, text, frames: [known.frame, ...others.flatMap(lastOf), frame] });
    }

    /** When it last showed that it lives, and by which frame: by its membership, or by adverts of whatever VRID (`heard`). */
    function signOfLife(router: VirtualRouter, sender: RouterSender, heard: Heard): SignOfLife | null {
      const members = router.group === null ? [] : world.groups.members(router.segment, router.group);
      const member = members.find(({ address, mac }) => sameAddress(address, sender.address) || (mac !== null && mac === sender.mac));
      if (member) return { atMicros: member.lastMicros, frames: [member.firstFrame, member.lastFrame], joinedMicros: member.firstMicros };
      const latest = heard.get(hostKey(router.segment, sender.address));
      return latest ? { atMicros: latest.lastMicros, frames: lastOf(latest), joinedMicros: null } : null;
    }

    /** Which rule it breaks that `sender` is not master, and the frames that show that it lives; null when none or not yet. */
    function whyNot(router: VirtualRouter, sender: RouterSender, heard: Heard, nowMicros: number): Inaction | null {
      const sign = signOfLife(router, sender, heard);
      if (!sign) return null;
      const down = downMicros(sender);
      const { masterSinceMicros } = router;
      const rejoined = sign.joinedMicros !== null && sign.joinedMicros > sender.lastMicros;
      const sinceMicros = Math.max(masterSinceMicros, rejoined ? (sign.joinedMicros ?? 0) : 0);
      if (nowMicros - sinceMicros <= 2 * down) return null;
      if (rejoined) return { rule: inferredNopreempt, sinceMicros, frames: sign.frames };
      // A sign of life from before it could have taken over says nothing.
      return sign.atMicros > masterSinceMicros + down ? { rule: preemptNotDone, sinceMicros, frames: sign.frames } : null;
    }

    function lookForHigher(router: VirtualRouter, heard: Heard, nowMicros: number, report: Report): void {
      const { master, state } = router;
      const higher = state === 'master' && master ? router.senders.filter(({ lastPriority }) => lastPriority > master.lastPriority) : [];
      const raised = waiting.get(router);
      const sender = higher.reduce<RouterSender | null>((most, one) => (most && most.lastPriority >= one.lastPriority ? most : one), null);
      const found = sender && whyNot(router, sender, heard, nowMicros);
      if (raised && (found?.rule !== raised.rule || sender !== raised.sender)) {
        report.clear(raised.rule, senderSubject(world, router, raised.sender), nowMicros);
        waiting.delete(router);
      }
      if (!sender || !master) return;
      const subject = senderSubject(world, router, sender);
      if (!found) {
        const blind = world.groups.blindness(router.segment, router.family, nowMicros);
        if (blind === null) report.known(preemptNotDone, subject);
        else report.unknown(preemptNotDone, subject, `not known whether ${addressText(sender.address)} lives: ${blind}`);
        return;
      }
      if (waiting.has(router)) return;
      waiting.set(router, { rule: found.rule, sender });
      const text = `${nameOf(router)}: ${whoOf(sender)} with priority ${sender.lastPriority} lives, and ${whoOf(master)} with priority ${master.lastPriority} has remained master for ${seconds(nowMicros - found.sinceMicros)}`;
      // Its priority was in an advert before it resigned.
      const known = before.get(sender);
      const frames = framesOf(known ? [known.frame] : [], lastOf(sender), master.frames, found.frames);
      report.raise(found.rule, { atMicros: nowMicros, subject, text, frames });
    }

    return {
      advert(sighting, report) {
        const accepted = world.routers.accepted(sighting);
        if (!accepted || accepted.sender.priority === 0) return;
        const { router, sender } = accepted;
        noteChange(router, sender, sighting, report);
        noteEqual(router, sender, sighting, report);
        noteRogue(router, sender, sighting, report);
      },
      change({ router, to, atMicros }, report) {
        if (!to || router.master !== to) return;
        for (const rule of [preemptNotDone, inferredNopreempt]) report.clear(rule, senderSubject(world, router, to), atMicros);
      },
      second(nowMicros, report) {
        const several = world.routers.all.filter(({ senders }) => senders.length > 1);
        if (several.length === 0) return;
        const heard = heardLast(world.routers.all);
        for (const router of several) lookForHigher(router, heard, nowMicros, report);
      },
    };
  },
};
