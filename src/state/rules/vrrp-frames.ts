/** How adverts travel: from which MAC address, to which, in which cast, and who else uses the protocol's number. */
import { addressText, familyOf, type MacAddress, macText, sameAddress } from '../../../dissectors/address.ts';
import { isVirtualMac } from '../backups.ts';
import type { EventSubject, Severity } from '../events.ts';
import { intervalMicros, type RouterSender, type VirtualRouter } from '../router.ts';
import type { Report, Rule, RuleSet, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import { framesOf, MICROS, nameOf, routerSubject, senderSubject, shareSome, whoOf } from './vrrp-words.ts';

const QUIET_SECONDS = 60;
/** What was heard so lately is still there. */
const LATELY_MICROS = 60 * MICROS;
const REMEMBERED_MICROS = 3600 * MICROS;
const RIGHT_TTL = 255;
const MOST_HOSTS = 1024;

const frameRule = (kind: string, severity: Severity, needs: Rule['needs'], rule: string, meaning: string, advice: string): Rule => ({
  kind,
  severity,
  rule,
  meaning,
  advice,
  needs,
  quietSeconds: QUIET_SECONDS,
});

const SOURCE_MAC = frameRule(
  'vrrp.src_mac',
  'warning',
  ['network', 'link'],
  'a virtual MAC address whose last octet is not the VRID (RFC 9568 section 7.3), or the virtual MAC address and an own one are in use, by two routers or by one in turn',
  'Switches learn the virtual MAC address at the wrong port, or hosts keep the old one after a failover.',
  'Use use_vmac on all routers of the VRID, or on none.',
);

const MULTICAST_MAC = frameRule(
  'vrrp.mcast_mac',
  'warning',
  ['network', 'link'],
  "a multicast advert in a frame to another MAC address than its group's (RFC 1112 section 6.4, RFC 2464 section 7)",
  'Other routers do not take the frame in, and each believes to be alone.',
  'Look at the program or the switch that writes this address.',
);

const ECHO = frameRule(
  'vrrp.own_ip_echo',
  'warning',
  ['network', 'link'],
  'one IP address sends adverts of one VRID from two MAC addresses in turn, neither of them virtual, or the same packet comes twice',
  'Two hosts have one address, or there is a loop: adverts of oneself come back.',
  'Find both ports by their MAC addresses; look at spanning tree if it is one host, and whether a mirror port shows frames twice.',
);

const CAST = frameRule(
  'vrrp.cast_mode',
  'warning',
  ['network'],
  'adverts of one VRID with a common virtual address, to the multicast group by one router and to a peer by another',
  "Neither takes the other's adverts, so both become master.",
  'Use unicast_peer on all routers of the VRID, or on none.',
);

const UNICAST_TTL = frameRule(
  'vrrp.unicast_ttl',
  'info',
  ['network'],
  'a unicast advert with a TTL or hop limit other than 255',
  'It may have come through routers, which unicast adverts may do; a receiver that checks it drops the advert.',
  'Nothing, if the peers are in different networks.',
);

const CARP = frameRule(
  'vrrp.carp_mix',
  'warning',
  ['network'],
  'CARP adverts with a VHID that is also a VRID of VRRP on this segment',
  'Both use the same virtual MAC address, so switches deliver its frames now here, now there.',
  'Give one of them another number.',
);

/** Multicast MAC address of an IPv4 or IPv6 group. */
function groupMac(group: NonNullable<VirtualRouter['group']>): MacAddress {
  if (typeof group === 'number') return 0x01005e000000 + (group & 0x7fffff);
  return 0x333300000000 + (((group[12] << 24) | (group[13] << 16) | (group[14] << 8) | group[15]) >>> 0);
}

interface Heard {
  readonly mac: MacAddress | null;
  readonly ipId: number | null;
  readonly frame: number;
  readonly atMicros: number;
  /** The MAC address before, and when it was used last. */
  readonly otherMac: { readonly mac: MacAddress; readonly atMicros: number; readonly frame: number } | null;
}

export const vrrpFrameRules: RuleSet = {
  rules: [SOURCE_MAC, MULTICAST_MAC, ECHO, CAST, UNICAST_TTL, CARP],
  check(world: World) {
    const heard = new WeakMap<RouterSender, Heard>();
    /** Hosts of CARP, by segment and VHID. */
    const hosts = new Map<string, { readonly atMicros: number; readonly frame: number; readonly who: string }>();

    function judgeSourceMac(router: VirtualRouter, sender: RouterSender, { atMicros, frame }: Sighting, report: Report): void {
      const { mac } = sender;
      if (mac === null) return;
      const raise = (subject: EventSubject, text: string, frames: readonly number[]) =>
        report.raise(SOURCE_MAC, { atMicros, subject, text: `${nameOf(router)}: ${text}`, frames });
      if (isVirtualMac(mac) && mac % 256 !== router.vrid)
        raise(senderSubject(world, router, sender), `${whoOf(sender)} sends from the virtual MAC address of VRID ${mac % 256}`, [frame]);
      const other = router.senders.find(
        (one) =>
          one !== sender &&
          one.mac !== null &&
          atMicros - one.lastMicros <= REMEMBERED_MICROS &&
          isVirtualMac(one.mac) !== isVirtualMac(mac),
      );
      if (!other) return;
      const [virtual, physical] = isVirtualMac(mac) ? [sender, other] : [other, sender];
      const text = `${whoOf(virtual)} sends from the virtual MAC address, ${whoOf(physical)} from its own`;
      raise(routerSubject(world, router), text, framesOf(other.frames.slice(-1), [frame]));
    }

    function judgeEcho(router: VirtualRouter, sender: RouterSender, sighting: Sighting, last: Heard | undefined, report: Report): void {
      const { atMicros, frame, network } = sighting;
      if (!last) return;
      const subject = senderSubject(world, router, sender);
      const ipId = network?.protocol === 'ipv4' ? network.id : 0;
      const soon = atMicros - last.atMicros < intervalMicros(sender) / 2;
      if (soon && ipId !== 0 && ipId === last.ipId && sender.mac === last.mac) {
        const text = `${nameOf(router)}: the same packet of ${whoOf(sender)} came twice within ${((atMicros - last.atMicros) / 1000).toFixed(1)} ms`;
        report.raise(ECHO, { atMicros, subject, text, frames: [last.frame, frame] });
        return;
      }
      const before = last.otherMac;
      if (sender.mac === null || last.mac === null || sender.mac === last.mac || before?.mac !== sender.mac) return;
      // A, B and A again within a few intervals: a router that moved to another port does not come back.
      if (atMicros - before.atMicros > 3 * intervalMicros(sender)) return;
      const rule = isVirtualMac(sender.mac) || isVirtualMac(last.mac) ? SOURCE_MAC : ECHO;
      const text = `${nameOf(router)}: ${addressText(sender.address)} sends from ${macText(last.mac)} and ${macText(sender.mac)} in turn`;
      report.raise(rule, { atMicros, subject, text, frames: [before.frame, last.frame, frame] });
    }

    function judgeCast(router: VirtualRouter, sender: RouterSender, { atMicros, frame }: Sighting, report: Report): void {
      if (router.group === null && sender.ttl !== RIGHT_TTL) {
        const text = `${nameOf(router)}: ${whoOf(sender)} sends to its peer with TTL ${sender.ttl}`;
        report.raise(UNICAST_TTL, { atMicros, subject: senderSubject(world, router, sender), text, frames: [frame] });
      }
      const rivals = world.routers.all.filter(
        (one) => one !== router && one.segment === router.segment && one.vrid === router.vrid && one.family === router.family,
      );
      const other = rivals
        .filter(({ group }) => (group === null) !== (router.group === null))
        .flatMap(({ senders }) => senders)
        .find((one) => atMicros - one.lastMicros <= LATELY_MICROS && !sameAddress(one.address, sender.address) && shareSome(one, sender));
      if (!other) return;
      const text = `${nameOf(router)}: ${whoOf(sender)} sends to ${router.group === null ? 'a peer' : 'the group'}, ${whoOf(other)} to ${router.group === null ? 'the group' : 'a peer'}`;
      report.raise(CAST, { atMicros, subject: routerSubject(world, router), text, frames: framesOf(other.frames.slice(-1), [frame]) });
    }

    function judgeCarp(router: VirtualRouter, { atMicros, frame }: Sighting, report: Report): void {
      const host = hosts.get(`${router.segment} ${router.vrid}`);
      if (!host || atMicros - host.atMicros > LATELY_MICROS) return;
      const text = `${nameOf(router)}: ${host.who} sends CARP adverts with VHID ${router.vrid}`;
      report.raise(CARP, { atMicros, subject: routerSubject(world, router), text, frames: [host.frame, frame] });
    }

    function noteHost({ segment, carp, network, mac, atMicros, frame }: Sighting): void {
      if (!carp || !network) return;
      const key = `${segment.index} ${carp.vhid}`;
      if (!hosts.has(key) && hosts.size >= MOST_HOSTS) return;
      const who = `${addressText(network.source)}${mac === null ? '' : ` (${macText(mac)})`}`;
      hosts.set(key, { atMicros, frame, who });
    }

    function judgeDestination({ network, vrrp, segment, linkDestination, atMicros, frame }: Sighting, report: Report): void {
      if (!network || !vrrp || linkDestination === null) return;
      const { source, destination } = network;
      const isMulticast = typeof destination === 'number' ? destination >>> 28 === 0xe : destination[0] === 0xff;
      if (!isMulticast || linkDestination === groupMac(destination)) return;
      const subject = { vrid: vrrp.vrid, family: familyOf(source), address: addressText(source), ...segmentSubject(segment) };
      const text = `${subject.address} sends adverts for ${addressText(destination)} to ${macText(linkDestination)}`;
      report.raise(MULTICAST_MAC, { atMicros, subject, text, frames: [frame] });
    }

    return {
      frame: (sighting) => noteHost(sighting),
      advert(sighting, report) {
        judgeDestination(sighting, report);
        const accepted = world.routers.accepted(sighting);
        if (!accepted) return;
        const { router, sender } = accepted;
        const last = heard.get(sender);
        judgeSourceMac(router, sender, sighting, report);
        judgeEcho(router, sender, sighting, last, report);
        judgeCast(router, sender, sighting, report);
        judgeCarp(router, sighting, report);
        const { atMicros, frame, network } = sighting;
        const moved = last && last.mac !== null && last.mac !== sender.mac;
        heard.set(sender, {
          mac: sender.mac,
          ipId: network?.protocol === 'ipv4' ? network.id : null,
          frame,
          atMicros,
          otherMac: moved && last.mac !== null ? { mac: last.mac, atMicros: last.atMicros, frame: last.frame } : (last?.otherMac ?? null),
        });
      },
    };
  },
};
