/** What routers of one virtual router must agree on, and what keeps them from hearing each other when they do not. */
import { addressText } from '../../../dissectors/address.ts';
import type { RouterSender, VirtualRouter } from '../router.ts';
import type { Report, Rule, RuleSet, World } from '../rule.ts';
import type { Sighting } from '../sighting.ts';
import { AUTHENTICATION_TYPE } from './vrrp-packet.ts';
import { framesOf, MICROS, nameOf, routerSubject, shareSome, whoOf } from './vrrp-words.ts';

/** A backup is silent while all is well; what it said last holds for so long. */
const REMEMBERED_MICROS = 3600 * MICROS;
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
  quietSeconds: null,
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
  'FRR and Cisco follow RFC 9568, keepalived adds a pseudo-header: set the checksum compatibility on one of them.',
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
  'two routers of one VRID announce different virtual addresses, some of them the same',
  'After a failover some addresses are served by nobody; keepalived may refuse such adverts.',
  'Make virtual_ipaddress the same on both routers.',
);

function addressesText({ addresses }: RouterSender): string {
  return addresses.map(addressText).sort().join(', ');
}

const AGREEMENTS: readonly Agreement[] = [
  { rule: INTERVAL, saysOf: ({ intervalCentiseconds }) => `every ${intervalCentiseconds / 100} s` },
  {
    rule: DIALECT,
    saysOf: ({ dialect }) => dialect,
    differ: (a, b) => a.version === b.version && a.dialect !== b.dialect,
  },
  { rule: AUTHENTICATION_TYPE, saysOf: ({ authentication }) => `authentication ${authentication}` },
  {
    rule: PASSWORD,
    saysOf: ({ secret }) => (secret === null ? null : `password no. ${secret}`),
    differ: (a, b) => a.secret !== null && b.secret !== null && a.secret !== b.secret,
  },
  {
    rule: ADDRESSES,
    saysOf: addressesText,
    // Nothing in common is another finding: two clusters on one VRID.
    differ: (a, b) => addressesText(a) !== addressesText(b) && shareSome(a, b),
  },
];

/** Versions of a sender, each with the moment it was heard last. */
type Versions = Map<2 | 3, number>;

function sharesVersion(a: Versions, b: Versions): boolean {
  return [...a.keys()].some((version) => b.has(version));
}

export const senderRules: RuleSet = {
  rules: [VERSION, ...AGREEMENTS.map(({ rule }) => rule).filter((rule) => rule !== AUTHENTICATION_TYPE)],
  check(world: World) {
    const versions = new WeakMap<RouterSender, Versions>();

    function versionsOf(sender: RouterSender): Versions {
      const known = versions.get(sender) ?? new Map<2 | 3, number>();
      versions.set(sender, known);
      known.set(sender.version, sender.lastMicros);
      for (const [version, lastMicros] of known) if (sender.lastMicros - lastMicros > BOTH_VERSIONS_MICROS) known.delete(version);
      return known;
    }

    function judge(agreement: Agreement, router: VirtualRouter, sender: RouterSender, others: readonly RouterSender[], report: Report) {
      const { rule, saysOf, differ = (a, b) => saysOf(a) !== saysOf(b) } = agreement;
      const subject = routerSubject(world, router);
      const other = others.find((one) => differ(sender, one));
      if (!other) {
        report.clear(rule, subject, sender.lastMicros);
        return;
      }
      const [first, second] = [sender, other].sort((a, b) => router.senders.indexOf(a) - router.senders.indexOf(b));
      const text = `${nameOf(router)}: ${whoOf(first)} sends ${saysOf(first)}, ${whoOf(second)} sends ${saysOf(second)}`;
      // The last one may be a resignation, which says less.
      const frames = framesOf(first.frames.slice(-2), second.frames.slice(-2));
      report.raise(rule, { atMicros: sender.lastMicros, subject, text, frames });
    }

    const byVersion: Agreement = {
      rule: VERSION,
      saysOf: ({ version }) => `version ${version}`,
      differ: (a, b) => !sharesVersion(versionsOf(a), versionsOf(b)),
    };

    return {
      advert(sighting: Sighting, report: Report) {
        const accepted = world.routers.accepted(sighting);
        if (!accepted) return;
        const { router, sender } = accepted;
        versionsOf(sender);
        // One that resigns says nothing of how it is configured but what it said before.
        if (sender.priority === 0) return;
        const others = router.senders.filter((one) => one !== sender && sender.lastMicros - one.lastMicros <= REMEMBERED_MICROS);
        const comparable = others.filter((one) => sharesVersion(versionsOf(sender), versionsOf(one)));
        judge(byVersion, router, sender, others, report);
        for (const agreement of AGREEMENTS) judge(agreement, router, sender, comparable, report);
      },
    };
  },
};
