/** Clusters that get into each other's way: one VRID used by two of them, or one virtual address by two VRIDs. */
import { type Address, addressText, sameAddress } from '../../../dissectors/address.ts';
import { downMicros, type RouterSender, type VirtualRouter } from '../router.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import { framesOf, MICROS, nameOf, routerSubject, shareSome, whoOf } from './vrrp-words.ts';

const NEEDS = ['network'] as const;
const QUIET_SECONDS = 60;
/** A cluster of which nothing was heard for longer is no rival of one that is heard now. */
const RIVAL_MICROS = 60 * MICROS;
const MOST_ADDRESSES = 65_536;
const SUGGESTIONS = 3;
const VRIDS = 255;

const vridConflict: Rule = {
  kind: 'vrrp.vrid_conflict',
  severity: 'critical',
  rule: `two routers send adverts for one VRID within ${RIVAL_MICROS / MICROS} s, neither resigned, and have no virtual address in common`,
  meaning: 'Two clusters use the same VRID on one segment: only one of them can be master, and the addresses of the other are down.',
  advice: 'Give one of the clusters another virtual_router_id, on all of its routers.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

const vipOverlap: Rule = {
  kind: 'vrrp.vip_overlap',
  severity: 'critical',
  rule: 'masters of two VRIDs on one segment send the same virtual address at the same time',
  meaning: 'Two virtual routers hold one address; clients reach now one, now the other.',
  advice: 'Remove the address from one of the two instances.',
  needs: NEEDS,
  quietSeconds: QUIET_SECONDS,
};

/** A virtual address as one virtual router claimed it last. */
interface Claim {
  readonly sender: RouterSender;
  readonly frame: number;
}

const listOf = (addresses: readonly Address[]): string => addresses.map(addressText).join(', ');

const disjoint = (a: readonly Address[], b: readonly Address[]): boolean =>
  a.length > 0 && b.length > 0 && !a.some((one) => b.some((other) => sameAddress(one, other)));

/**
 * Of each cluster that uses a VRID its present master: only masters send, so the one heard last of those with addresses in common.
 * The cluster that was here first comes first.
 */
function mastersOf({ senders }: VirtualRouter, atMicros: number): RouterSender[] {
  const lately = senders.filter(({ priority, lastMicros }) => priority > 0 && atMicros - lastMicros <= RIVAL_MICROS);
  const masters: RouterSender[] = [];
  for (const sender of lately.sort((a, b) => b.lastMicros - a.lastMicros))
    if (masters.every((master) => disjoint(master.addresses, sender.addresses))) masters.push(sender);
  const firstOf = (master: RouterSender) => senders.findIndex((one) => one === master || shareSome(one, master));
  return masters.sort((a, b) => firstOf(a) - firstOf(b));
}

/** VRIDs that nobody uses on a segment, in either family, the lowest first. */
function freeVrids(routers: readonly VirtualRouter[], segment: number): number[] {
  const used = new Set(routers.filter((router) => router.segment === segment).map(({ vrid }) => vrid));
  return Array.from({ length: VRIDS }, (_, i) => i + 1)
    .filter((vrid) => !used.has(vrid))
    .slice(0, SUGGESTIONS);
}

export const clusterRules: RuleSet = {
  rules: [vridConflict, vipOverlap],
  check(world) {
    const claims = new Map<string, Map<VirtualRouter, Claim>>();

    function noteConflict(router: VirtualRouter, atMicros: number, report: Report): void {
      const masters = mastersOf(router, atMicros);
      if (masters.length < 2) return;
      const free = freeVrids(world.routers.all, router.segment).join(', ');
      const uses = masters.map((master) => `by ${whoOf(master)} for ${listOf(master.addresses)}`);
      const text = `${nameOf(router)} is used ${uses.join(' and ')}; free here: ${free === '' ? 'none' : free}`;
      const frames = framesOf(...masters.map((master) => master.frames.slice(-1)));
      report.raise(vridConflict, { atMicros, subject: routerSubject(world, router), text, frames, details: { free } });
    }

    /** All claims to an address; null when there is no room for one more address. */
    function claimsOf(segment: number, address: Address): Map<VirtualRouter, Claim> | null {
      const key = `${segment} ${addressText(address)}`;
      const known = claims.get(key);
      if (known) return known;
      if (claims.size >= MOST_ADDRESSES) return null;
      const none = new Map<VirtualRouter, Claim>();
      claims.set(key, none);
      return none;
    }

    function noteClaim(
      router: VirtualRouter,
      sender: RouterSender,
      address: Address,
      { atMicros, frame, segment }: Sighting,
      report: Report,
    ) {
      const all = claimsOf(segment.index, address);
      if (!all) return;
      all.set(router, { sender, frame });
      for (const [other, claim] of all) {
        if (other.vrid === router.vrid) continue;
        const { sender: rival } = claim;
        if (rival.priority === 0 || atMicros - rival.lastMicros > downMicros(rival) || other.master !== rival) {
          all.delete(other);
          continue;
        }
        const text = `${addressText(address)} is sent for ${nameOf(other)} by ${whoOf(rival)} and for ${nameOf(router)} by ${whoOf(sender)}`;
        const subject = { family: router.family, address: addressText(address), ...segmentSubject(segment) };
        report.raise(vipOverlap, { atMicros, subject, text, frames: framesOf([claim.frame, frame]) });
      }
    }

    return {
      advert(sighting, report) {
        const accepted = world.routers.accepted(sighting);
        if (!accepted || accepted.sender.priority === 0) return;
        const { router, sender } = accepted;
        noteConflict(router, sighting.atMicros, report);
        if (router.master === sender) for (const address of sender.addresses) noteClaim(router, sender, address, sighting, report);
      },
    };
  },
};
