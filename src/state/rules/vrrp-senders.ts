/** What routers of one virtual router must agree on, and what keeps them from hearing each other when they do not. */
import { addressText } from '../../../dissectors/address.ts';
import type { RouterSender, VirtualRouter } from '../router.ts';
import type { Report, Rule, RuleSet, World } from '../rule.ts';
import type { Sighting } from '../sighting.ts';
import { AUTHENTICATION_TYPE } from './vrrp-packet.ts';
import { framesOf, MICROS, nameOf, routerSubject, senderSubject, shareSome, whoOf } from './vrrp-words.ts';

/** A backup is silent while all is well; what it said last holds for so long. */
const REMEMBERED_SECONDS = 3600;
const REMEMBERED_MICROS = REMEMBERED_SECONDS * MICROS;
/** A router that announces other addresses than it did has settled after so long. */
const SETTLED_MICROS = 60 * MICROS;
/** A sender that speaks both versions (RFC 9568 section 8.4) sends either within its interval. */
const BOTH_VERSIONS_MICROS = 10 * MICROS;

interface Agreement {
  readonly rule: Rule;
  /** What they differ in, said of one; null where nothing is known or nothing can be wrong. */
  readonly saysOf: (sender: RouterSender) => string | null;
  /** Not by text alone. */
  readonly differ?: (a: RouterSender, b: RouterSender) => boolean;
}

const senderRule = (kind: string, severity: Rule['severity'], rule: string, meaning: string, advice: string): Rule => ({
  kind,
  severity,
  rule,
  meaning,
  advice,
  needs: ['network'],
  quietSeconds: REMEMBERED_SECONDS,
});

const VERSION = senderRule(
  'vrrp.version_mismatch',
  'warning',
  'two routers of one VRID send versions 2 and 3, and neither of them both (RFC 9568 section 8.4)',
  "Each drops the other's adverts, so both become master.",
  'Set the same vrrp_version on both routers.',
);

const INTERVAL = senderRule(
  'vrrp.interval_mismatch',
  'warning',
  'two routers of one VRID send different advert intervals',
  "In version 2 each drops the other's adverts (RFC 3768 section 7.1) and both become master; in version 3 a backup adopts the master's (RFC 9568 section 6.4.2).",
  'Set the same advert_int on both routers.',
);

const DIALECT = senderRule(
  'vrrp.checksum_variant',
  'warning',
  'two routers of one VRID compute the checksum in different ways (with and without a pseudo-header)',
  "Each takes the other's adverts for damaged, so both become master.",
  'Cisco, Juniper and Arista leave the pseudo-header out (RFC 9568), keepalived and FRR put it in: FRR can leave it out, too (no checksum-with-ipv4-pseudoheader).',
);

const PASSWORD = senderRule(
  'vrrp.auth_data',
  'warning',
  'two routers of one VRID send different passwords (compared, never kept)',
  "Each drops the other's adverts, so both become master.",
  'Set the same auth_pass on both routers.',
);

const ADDRESSES = senderRule(
  'vrrp.vip_list',
  'warning',
  'two routers of one VRID announce different virtual addresses, some of them the same, or one router others than it did before',
  'After a failover some addresses are served by nobody; keepalived may refuse such adverts.',
  'Make virtual_ipaddress the same on all routers, also when it is changed.',
);

function addressesText(addresses: RouterSender['addresses']): string {
  return addresses.map(addressText).sort().join(', ');
}

const AGREEMENTS: readonly Agreement[] = [
  { rule: VERSION, saysOf: ({ version }) => `version ${version}` },
  { rule: INTERVAL, saysOf: ({ intervalCentiseconds }) => `every ${intervalCentiseconds / 100} s` },
  { rule: DIALECT, saysOf: ({ dialect }) => dialect },
  { rule: AUTHENTICATION_TYPE, saysOf: ({ authentication }) => `authentication ${authentication}` },
  {
    rule: PASSWORD,
    saysOf: ({ secret }) => (secret === null ? null : `password no. ${secret}`),
    differ: (a, b) => a.secret !== null && b.secret !== null && a.secret !== b.secret,
  },
  {
    rule: ADDRESSES,
    saysOf: ({ addresses }) => addressesText(addresses),
    // Nothing in common is another finding: two clusters on one VRID.
    differ: (a, b) => addressesText(a.addresses) !== addressesText(b.addresses) && shareSome(a, b),
  },
];

/** Versions of a sender, each with the moment it was heard last. */
type Versions = Map<2 | 3, number>;

/** `untold`: what they said last is of different versions, although both speak a common one. */
type Verdict = 'agree' | 'differ' | 'untold';

/** What a sender announced last. */
interface Announced {
  readonly addresses: RouterSender['addresses'];
  readonly frame: number;
  /** When that was something new; null: for long. */
  readonly changedMicros: number | null;
}

function sharesVersion(a: Versions, b: Versions): boolean {
  return [...a.keys()].some((version) => b.has(version));
}

export const senderRules: RuleSet = {
  rules: [...AGREEMENTS.map(({ rule }) => rule).filter((rule) => rule !== AUTHENTICATION_TYPE)],
  check(world: World) {
    const versions = new WeakMap<RouterSender, Versions>();
    const announced = new WeakMap<RouterSender, Announced>();
    /** The two that were found to differ last. */
    const pairs = new WeakMap<VirtualRouter, Map<Rule, readonly [RouterSender, RouterSender]>>();

    function versionsOf(sender: RouterSender): Versions {
      const known = versions.get(sender) ?? new Map<2 | 3, number>();
      versions.set(sender, known);
      known.set(sender.version, sender.lastMicros);
      for (const [version, lastMicros] of known) if (sender.lastMicros - lastMicros > BOTH_VERSIONS_MICROS) known.delete(version);
      return known;
    }

    function compare({ rule, saysOf, differ = (a, b) => saysOf(a) !== saysOf(b) }: Agreement, a: RouterSender, b: RouterSender): Verdict {
      const share = sharesVersion(versionsOf(a), versionsOf(b));
      if (rule === VERSION) return share ? 'agree' : 'differ';
      if (!share) return 'agree';
      if (a.version !== b.version) return 'untold';
      return differ(a, b) ? 'differ' : 'agree';
    }

    /** Of the pair found last, while neither is the sender at hand. */
    function othersDiffer(agreement: Agreement, router: VirtualRouter, others: readonly RouterSender[]): boolean {
      const pair = pairs.get(router)?.get(agreement.rule);
      return pair?.every((one) => others.includes(one)) === true && compare(agreement, ...pair) !== 'agree';
    }

    function judge(agreement: Agreement, router: VirtualRouter, sender: RouterSender, others: readonly RouterSender[], report: Report) {
      const { rule, saysOf } = agreement;
      const subject = routerSubject(world, router);
      const verdicts = others.map((one) => compare(agreement, sender, one));
      const other = others[verdicts.indexOf('differ')];
      if (!other) {
        const isEnd = !verdicts.includes('untold') && !othersDiffer(agreement, router, others);
        if (isEnd) report.clear(rule, subject, sender.lastMicros);
        return;
      }
      pairs.set(router, (pairs.get(router) ?? new Map()).set(rule, [sender, other]));
      const [first, second] = [sender, other].sort((a, b) => router.senders.indexOf(a) - router.senders.indexOf(b));
      const text = `${nameOf(router)}: ${whoOf(first)} sends ${saysOf(first)}, ${whoOf(second)} sends ${saysOf(second)}`;
      // The last one may be a resignation, which says less.
      const frames = framesOf(first.frames.slice(-2), second.frames.slice(-2));
      report.raise(rule, { atMicros: sender.lastMicros, subject, text, frames });
    }

    /** Against what the same router announced before. */
    function judgeChange(router: VirtualRouter, sender: RouterSender, { atMicros, frame }: Sighting, report: Report): void {
      const last = announced.get(sender);
      const { addresses } = sender;
      const isNew = last !== undefined && addressesText(last.addresses) !== addressesText(addresses);
      const isSettled = last?.changedMicros != null && atMicros - last.changedMicros >= SETTLED_MICROS;
      const subject = senderSubject(world, router, sender);
      if (isNew) {
        const text = `${nameOf(router)}: ${whoOf(sender)} sends ${addressesText(addresses)}, and sent ${addressesText(last.addresses)} before`;
        report.raise(ADDRESSES, { atMicros, subject, text, frames: [last.frame, frame] });
      } else if (isSettled) report.clear(ADDRESSES, subject, atMicros);
      announced.set(sender, { addresses, frame, changedMicros: isNew ? atMicros : isSettled ? null : (last?.changedMicros ?? null) });
    }

    return {
      advert(sighting: Sighting, report: Report) {
        const accepted = world.routers.accepted(sighting);
        if (!accepted) return;
        const { router, sender } = accepted;
        versionsOf(sender);
        // One that resigns says nothing of how it is configured but what it said before.
        if (sender.priority === 0) return;
        const others = router.senders.filter((one) => one !== sender && sender.lastMicros - one.lastMicros <= REMEMBERED_MICROS);
        for (const agreement of AGREEMENTS) judge(agreement, router, sender, others, report);
        judgeChange(router, sender, sighting, report);
      },
    };
  },
};
