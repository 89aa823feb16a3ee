/** How datagrams of connection sync travel: in fragments, through routers, to ports that nobody listens on. */
import { type Address, addressText, familyOf, keptAddress, macText, sameAddress } from '../../../dissectors/address.ts';
import type { Daemon } from '../daemons.ts';
import type { EventSubject } from '../events.ts';
import { isMulticast } from '../router.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import { Budget } from './budget.ts';
import { channelOf, daemonSubject, MICROS } from './ipvs-words.ts';

const DEFAULT_GROUP = 0xe0000051; // 224.0.0.81
const UDP = 17;
/** Linux `net.ipv4.ipfrag_time`. */
const WAIT_SECONDS = 30;
const MOST_WAITING = 256;
const MOST_FRAGMENTS = 64;
const MOST_A_SECOND = 20;
/** Until then ARP has told of the sender, if it is on this link. */
const SETTLED_MICROS = 10 * MICROS;
/** Addresses of one link share at least these first bits. */
const LINK_BITS = 16;

const fragmented: Rule = {
  kind: 'ipvs.fragmented',
  severity: 'info',
  rule: 'a datagram of sync came in IP fragments',
  meaning:
    'sync_maxlen is above what the MTU takes: one lost fragment loses every session in the datagram, and fragments are dropped first.',
  advice: 'Set sync_maxlen to the MTU less 28 octets (IPv6: 48), which is the default, or raise the MTU on the way of the sync.',
  needs: ['sync', 'network'],
  quietSeconds: 300,
};

const incomplete: Rule = {
  kind: 'ipvs.frag_incomplete',
  severity: 'warning',
  rule: `fragments of a datagram to the sync group are not all there ${WAIT_SECONDS} s after the first`,
  meaning: 'Every session in it is lost to us, and to the backups if they lack the same fragment.',
  advice: 'Look for drops on the way (`nstat Ip*Reasm*` on the backup), and set sync_maxlen to the MTU less 28 octets.',
  needs: ['network'],
  quietSeconds: 300,
};

const ttlLow: Rule = {
  kind: 'ipvs.ttl_low',
  severity: 'info',
  rule: 'sync of a sender comes with a lower TTL (IPv6: hop limit) than its first datagram here',
  meaning: 'It passes through a router now, or mcast_ttl was set lower: a backup further away may not hear it any more.',
  advice: 'See whether the way of the sync changed; set mcast_ttl as needed to reach the backup, 1 within one link.',
  needs: ['sync', 'network'],
  quietSeconds: 300,
};

const routed: Rule = {
  kind: 'ipvs.routed',
  severity: 'info',
  rule: `sync with a TTL of 1 from an address that shares not even its first ${LINK_BITS} bits with any router or sender of this segment, and that no ARP claims here`,
  meaning: 'It did not begin on this link: a router forwards the group here, or the sender uses an address of another interface.',
  advice: 'Send sync over the link that both directors share (`mcast_interface`), and do not route its group.',
  needs: ['sync', 'link'],
  quietSeconds: 300,
};

const foreignPort: Rule = {
  kind: 'ipvs.foreign_port',
  severity: 'warning',
  rule: 'UDP to the sync group on a port outside the range that lvscope was given; a live capture takes those only in fragments, a recording may hold all',
  meaning: 'Sync that this lvscope does not read, and that backups set to other ports do not hear.',
  advice: 'Give lvscope the whole range (`--sync GROUP:FIRST-LAST`), and set mcast_port and sync_ports alike on all directors.',
  needs: ['network'],
  quietSeconds: 60,
};

interface Waiting {
  readonly atMicros: number;
  readonly sighting: Pick<Sighting, 'mac' | 'segment'>;
  readonly address: string;
  readonly group: Address;
  readonly frames: number[];
}

/** Of a fragmented datagram: family, ends and identification. */
function datagramOf({ network, segment }: Sighting): string | null {
  if (!network?.fragment) return null;
  const id = network.protocol === 'ipv4' ? network.id : (network.fragment as { id: number }).id;
  return `${segment.index} ${addressText(network.source)} ${addressText(network.destination)} ${id}`;
}

const linkOf = (address: Address): string => (typeof address === 'number' ? `4 ${address >>> LINK_BITS}` : `6 ${address[0]} ${address[1]}`);

export const wireRules: RuleSet = {
  rules: [fragmented, incomplete, ttlLow, routed, foreignPort],
  check(world) {
    const budget = new Budget(MOST_A_SECOND);
    /** The oldest first. */
    const waiting = new Map<string, Waiting>();
    /** By index of a daemon: TTL and frame of its first datagram here, and whether its way was judged. */
    const firsts: { readonly ttl: number; readonly frame: number; isSettled: boolean }[] = [];

    const senderSubject = (address: string, { mac, segment }: Waiting['sighting']): EventSubject => ({
      address,
      ...(mac === null ? {} : { mac: macText(mac) }),
      ...segmentSubject(segment),
    });

    const firstFrames = ({ index }: Daemon): number[] => firsts.slice(index, index + 1).map(({ frame }) => frame);

    const isGroup = (address: Address): boolean =>
      (typeof address === 'number' && address === DEFAULT_GROUP) || world.daemons.all.some(({ group }) => sameAddress(group, address));

    function noteFragment(sighting: Sighting): void {
      const { network, atMicros, frame, mac, segment } = sighting;
      const key = datagramOf(sighting);
      if (key === null || !network || network.payloadProtocol !== UDP || !isMulticast(network.destination)) return;
      const known = waiting.get(key);
      if (known) {
        if (known.frames.length < MOST_FRAGMENTS) known.frames.push(frame);
      } else if (waiting.size < MOST_WAITING) {
        const { source, destination } = network;
        const group = keptAddress(destination);
        waiting.set(key, { atMicros, sighting: { mac, segment }, address: addressText(source), group, frames: [frame] });
      }
    }

    function noteWhole(sighting: Sighting, daemon: Daemon, report: Report): void {
      const key = datagramOf(sighting) ?? '';
      const frames = [...(waiting.get(key)?.frames ?? []), sighting.frame];
      waiting.delete(key);
      const { atMicros, ipvs } = sighting;
      if (!ipvs || !budget.take(atMicros)) return;
      const text = `${addressText(daemon.address)}: a datagram of ${channelOf(daemon)} with ${ipvs.size} octets came in ${frames.length} fragments`;
      report.raise(fragmented, { atMicros, subject: daemonSubject(world, daemon), text, frames });
    }

    function noteTtl(ttl: number, daemon: Daemon, { atMicros, frame }: Sighting, report: Report): void {
      const first = firsts[daemon.index];
      if (ttl >= first.ttl || !budget.take(atMicros)) return;
      const text = `${addressText(daemon.address)} sends ${channelOf(daemon)} with TTL ${ttl}, ${first.ttl} at first`;
      report.raise(ttlLow, { atMicros, subject: daemonSubject(world, daemon), text, frames: [first.frame, frame] });
    }

    /** Routers and senders on a segment, other than one. */
    function neighborsOf(daemon: Daemon): { readonly address: Address; readonly frames: readonly number[] }[] {
      const senders = world.routers.all.filter(({ segment }) => segment === daemon.segment).flatMap((router) => router.senders);
      const others = world.daemons.all.filter(
        ({ segment, address }) => segment === daemon.segment && !sameAddress(address, daemon.address),
      );
      const here = [
        ...senders.map(({ address, frames }) => ({ address, frames: frames.slice(-1) })),
        ...others.map((other) => ({ address: other.address, frames: firstFrames(other) })),
      ];
      return here.filter(({ address }) => familyOf(address) === familyOf(daemon.address));
    }

    function judgeWay(daemon: Daemon, { atMicros, frame }: Sighting, report: Report): void {
      const first = firsts[daemon.index];
      first.isSettled = true;
      const here = neighborsOf(daemon);
      const isHere = here.length === 0 || here.some(({ address }) => linkOf(address) === linkOf(daemon.address));
      if (isHere || world.neighbors.find(daemon.segment, daemon.address)) return;
      const text = `${addressText(daemon.address)} sends ${channelOf(daemon)} with TTL 1, and this segment is that of ${addressText(here[0].address)}`;
      report.raise(routed, { atMicros, subject: daemonSubject(world, daemon), text, frames: [...here[0].frames, first.frame, frame] });
    }

    function noteForeign({ atMicros, frame, network, udp, mac, segment }: Sighting, report: Report): void {
      if (!network || !udp || !budget.take(atMicros)) return;
      const [address, group] = [addressText(network.source), addressText(network.destination)];
      const text = `${address} sends UDP to the sync group ${group} on port ${udp.destinationPort}, which is not read`;
      const known = world.daemons.all.find((daemon) => sameAddress(daemon.group, network.destination));
      const frames = [...(known ? firstFrames(known) : []), frame];
      report.raise(foreignPort, { atMicros, subject: senderSubject(address, { mac, segment }), text, frames });
    }

    return {
      sync(sighting, index, report) {
        const { network, atMicros, frame } = sighting;
        const daemon = world.daemons.all[index];
        if (!network) return;
        if (network.fragment) noteWhole(sighting, daemon, report);
        // Null where the capture makes the header up.
        if (daemon.ttl === null) return;
        firsts[index] ??= { ttl: daemon.ttl, frame, isSettled: false };
        if (daemon.ttl !== firsts[index].ttl) noteTtl(daemon.ttl, daemon, sighting, report);
        if (daemon.ttl === 1 && !firsts[index].isSettled && atMicros - daemon.firstSeenMicros >= SETTLED_MICROS && budget.take(atMicros))
          judgeWay(daemon, sighting, report);
      },
      frame(sighting, report) {
        const { network, udp, ipvs, fault } = sighting;
        if (!network || ipvs || fault) return;
        if (network.fragment && !udp) noteFragment(sighting);
        else if (udp && isMulticast(network.destination) && isGroup(network.destination)) noteForeign(sighting, report);
      },
      second(nowMicros, report) {
        for (const [key, { atMicros, sighting, address, group, frames }] of waiting) {
          if (nowMicros - atMicros <= WAIT_SECONDS * MICROS) break;
          waiting.delete(key);
          if (!isGroup(group)) continue;
          const text = `${address}: of a fragmented datagram to the sync group ${frames.length} fragments came within ${WAIT_SECONDS} s, not all`;
          report.raise(incomplete, { atMicros: nowMicros, subject: senderSubject(address, sighting), text, frames });
        }
      },
    };
  },
};
