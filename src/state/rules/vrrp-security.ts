/** Authentication of adverts as far as it shows without keys: clear text, sequence numbers of AH (RFC 4302), the HMAC trailer. */
import { type Address, addressText } from '../../../dissectors/address.ts';
import type { HmacTrailer } from '../../../dissectors/vrrp.ts';
import type { Severity } from '../events.ts';
import { intervalMicros, type RouterSender, type VirtualRouter } from '../router.ts';
import type { Finding, Report, Rule, RuleSet, World } from '../rule.ts';
import type { Sighting } from '../sighting.ts';
import { framesOf, MICROS, nameOf, routerSubject, senderSubject, whoOf } from './vrrp-words.ts';

/** Key ids may differ for so long while a new key is rolled out. */
const GRACE_MICROS = 60 * MICROS;
/** Half of keepalived's window for the time in the trailer. */
const HALF_WINDOW_SECONDS = 15;
/** A signature seen so lately is still expected, and one who signs still counts. */
const REMEMBERED_SECONDS = 3600;
const REMEMBERED_MICROS = REMEMBERED_SECONDS * MICROS;
/** A router that starts waits for at least so many intervals before it is master (RFC 3768 section 6.1). */
const START_INTERVALS = 3;

const securityRule = (kind: string, severity: Severity, quietSeconds: number, rule: string, meaning: string, advice: string): Rule => ({
  kind,
  severity,
  rule,
  meaning,
  advice,
  needs: ['network'],
  quietSeconds,
});

const PLAIN = securityRule(
  'vrrp.auth_plain',
  'info',
  60,
  'a password in clear text (authentication type 1, RFC 2338 section 5.3.6; RFC 3768 dropped it)',
  'Whoever can hear the adverts can read it: it keeps mistakes apart, not attackers.',
  'Do not use a password that matters; a filter on the switch protects better.',
);

const SPI = securityRule(
  'vrrp.ah_spi',
  'warning',
  60,
  "an Authentication Header whose SPI is not the sender's address, which keepalived puts there",
  'keepalived drops the advert.',
  'Look for the host with this MAC address: a replay from another address, or another program.',
);

const REPLAY = securityRule(
  'vrrp.ah_replay',
  'warning',
  60,
  'a sequence number of the Authentication Header that is not above the last one of that sender (RFC 4302 section 3.4.3)',
  'An advert was sent again or doubled on the way; receivers drop it. A sender that starts anew counts anew, too.',
  'If nobody restarted keepalived there, look for a loop or for a host that replays.',
);

const GAP = securityRule(
  'vrrp.ah_gap',
  'info',
  60,
  'a sequence number of the Authentication Header more than one above the last one of that sender',
  'Adverts in between did not reach this port: lost on the way or in the capture.',
  'See whether the capture drops frames; if not, the multicast path loses them.',
);

const MISSING = securityRule(
  'vrrp.hmac_missing',
  'warning',
  60,
  'an advert without the authentication trailer from a sender that has signed before',
  'Receivers that enforce signatures drop it; signing was switched off there, or somebody speaks in its name.',
  'Look at the keys and the mode of that router.',
);

const UNSIGNED_PEER = securityRule(
  'vrrp.hmac_unsigned_peer',
  'warning',
  60,
  'an advert without the authentication trailer from a sender that never signed, while another router of that VRID signs',
  'The roll-out is half done: as soon as one side enforces it, each loses the other.',
  'Give the key to that router before any of them enforces it.',
);

const KEY_SPLIT = securityRule(
  'vrrp.hmac_keyid_split',
  'warning',
  REMEMBERED_SECONDS,
  'two routers of one VRID have signed with different key ids for more than 60 s',
  'A key change has not reached everybody.',
  'Finish the key change on the router that still signs with the old key.',
);

const SKEW = securityRule(
  'vrrp.hmac_skew',
  'warning',
  60,
  `the time in the trailer is more than ${HALF_WINDOW_SECONDS} s from the capture's clock`,
  'Receivers drop adverts from outside their window: a clock is wrong there or here.',
  'Look at NTP on that router and on this machine.',
);

const HMAC_REPLAY = securityRule(
  'vrrp.hmac_replay',
  'warning',
  60,
  'time and counter of the trailer that are not above those of the last advert of that sender',
  'The advert was sent again; receivers drop it.',
  'Look for a loop or for a host that replays.',
);

/** What the last advert of a sender said, with its frame. */
interface Said {
  readonly sequence: number | null;
  readonly hmac: HmacTrailer | null;
  /** When it last had a trailer; null: never. */
  readonly signedMicros: number | null;
  /** Since when it signs with this key. */
  readonly keySinceMicros: number;
  readonly resigned: boolean;
  readonly frame: number;
  readonly atMicros: number;
}

const ORDER = 0x10000;

/** Seconds, fraction and counter as one: whether `a` comes after `b`. */
function isAfter(a: HmacTrailer, b: HmacTrailer): boolean {
  if (a.seconds !== b.seconds) return a.seconds > b.seconds;
  return a.subseconds * ORDER + a.counter > b.subseconds * ORDER + b.counter;
}

/** keepalived writes the sender's IPv4 address as SPI. */
const isOwnSpi = (spi: number, source: Address): boolean => typeof source !== 'number' || spi === source;

export const securityRules: RuleSet = {
  rules: [PLAIN, SPI, REPLAY, GAP, MISSING, UNSIGNED_PEER, KEY_SPLIT, SKEW, HMAC_REPLAY],
  check(world: World) {
    const said = new WeakMap<RouterSender, Said>();

    function find(router: VirtualRouter, sender: RouterSender, sighting: Sighting, text: string, earlier: readonly number[] = []): Finding {
      return {
        atMicros: sighting.atMicros,
        subject: senderSubject(world, router, sender),
        text: `${nameOf(router)}: ${whoOf(sender)} ${text}`,
        frames: framesOf(earlier, [sighting.frame]),
      };
    }

    function judgeAh(router: VirtualRouter, sender: RouterSender, sighting: Sighting, last: Said | undefined, report: Report): void {
      const { ah, network } = sighting;
      if (!ah || !network) return;
      if (!isOwnSpi(ah.spi, network.source)) report.raise(SPI, find(router, sender, sighting, `uses the SPI ${addressText(ah.spi)}`));
      // After a silence or a resignation it may have started anew, and what it sent meanwhile was not heard.
      if (last?.sequence == null || last.resigned || sighting.atMicros - last.atMicros > START_INTERVALS * intervalMicros(sender)) return;
      const step = ah.sequence - last.sequence;
      const after = `number ${ah.sequence} after ${last.sequence}`;
      if (step <= 0) report.raise(REPLAY, find(router, sender, sighting, `sends ${after}`, [last.frame]));
      // keepalived counts on from what the other sent last, so that a router that takes over leaves out the other's numbers.
      else if (step > 1 && !router.senders.some((other) => other !== sender && other.lastMicros >= last.atMicros))
        report.raise(GAP, find(router, sender, sighting, `sends ${after}: ${step - 1} not heard`, [last.frame]));
    }

    function signers(router: VirtualRouter, sender: RouterSender): { readonly sender: RouterSender; readonly said: Said }[] {
      return router.senders.flatMap((one) => {
        const what = said.get(one);
        const counts = one !== sender && what?.signedMicros != null && sender.lastMicros - what.signedMicros <= REMEMBERED_MICROS;
        return counts && what ? [{ sender: one, said: what }] : [];
      });
    }

    function judgeUnsigned(router: VirtualRouter, sender: RouterSender, sighting: Sighting, last: Said | undefined, report: Report): void {
      if (last?.signedMicros != null) {
        report.raise(MISSING, find(router, sender, sighting, 'does not sign any more', [last.frame]));
        return;
      }
      const [signer] = signers(router, sender);
      if (signer)
        report.raise(UNSIGNED_PEER, find(router, sender, sighting, `does not sign, ${whoOf(signer.sender)} does`, [signer.said.frame]));
    }

    function judgeSigned(
      router: VirtualRouter,
      sender: RouterSender,
      sighting: Sighting,
      hmac: HmacTrailer,
      last: Said | undefined,
      report: Report,
    ): void {
      const off = hmac.seconds + hmac.subseconds / ORDER - sighting.atMicros / MICROS;
      if (Math.abs(off) > HALF_WINDOW_SECONDS)
        report.raise(
          SKEW,
          find(router, sender, sighting, `signs with a time ${Math.abs(off).toFixed(1)} s ${off < 0 ? 'behind' : 'ahead'}`),
        );
      if (last?.hmac && !isAfter(hmac, last.hmac))
        report.raise(HMAC_REPLAY, find(router, sender, sighting, 'signs with a time that is not after the last one', [last.frame]));
    }

    /** Both have used their keys for longer than a key change takes. */
    function judgeKeys(router: VirtualRouter, sender: RouterSender, own: Said, report: Report): void {
      const subject = routerSubject(world, router);
      const other = signers(router, sender).find(({ said: their }) => their.hmac?.keyId !== own.hmac?.keyId);
      if (!other) {
        report.clear(KEY_SPLIT, subject, own.atMicros);
        return;
      }
      const splitMicros = own.atMicros - Math.max(own.keySinceMicros, other.said.keySinceMicros);
      if (splitMicros <= GRACE_MICROS) return;
      const text = `${nameOf(router)}: ${whoOf(sender)} signs with key ${own.hmac?.keyId}, ${whoOf(other.sender)} with key ${other.said.hmac?.keyId}`;
      report.raise(KEY_SPLIT, { atMicros: own.atMicros, subject, text, frames: framesOf([other.said.frame], sender.frames) });
    }

    return {
      advert(sighting, report) {
        const accepted = world.routers.accepted(sighting);
        const { vrrp, ah, atMicros, frame } = sighting;
        if (!accepted || !vrrp) return;
        const { router, sender } = accepted;
        const last = said.get(sender);
        const { hmac } = vrrp;
        if (sender.authentication === 'pass') report.raise(PLAIN, find(router, sender, sighting, 'sends its password in clear text'));
        judgeAh(router, sender, sighting, last, report);
        if (hmac) judgeSigned(router, sender, sighting, hmac, last, report);
        else judgeUnsigned(router, sender, sighting, last, report);
        const isSameKey = hmac !== null && last?.hmac?.keyId === hmac.keyId;
        const own: Said = {
          sequence: ah?.sequence ?? null,
          hmac,
          signedMicros: hmac ? atMicros : (last?.signedMicros ?? null),
          keySinceMicros: isSameKey ? last.keySinceMicros : atMicros,
          resigned: sender.priority === 0,
          frame,
          atMicros,
        };
        said.set(sender, own);
        if (hmac) judgeKeys(router, sender, own, report);
      },
    };
  },
};
