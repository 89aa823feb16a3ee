/** What one ARP or neighbor discovery frame alone shows. */
import { type Address, addressText, type MacAddress, macText } from '../../../dissectors/address.ts';
import { isVirtualMac } from '../backups.ts';
import { bogonReason } from '../bogons.ts';
import type { EventSubject } from '../events.ts';
import type { Check, Report, Rule, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import type { Vips } from '../vips.ts';

const QUIET_SECONDS = 300;

const malformed: Rule = {
  kind: 'arp.malformed',
  severity: 'warning',
  rule: 'an ARP packet that is not for IPv4 over Ethernet, has wrong lengths, an unassigned operation, or is cut short (RFC 826; IANA arp-parameters); neighbor discovery with an option of length 0 or cut short (RFC 4861 section 4.6)',
  meaning: 'Receivers drop it; a broken driver made it, or somebody tries how stacks take it.',
  advice: 'Look for the host with this MAC address.',
  needs: ['link'],
  quietSeconds: QUIET_SECONDS,
};

const broadcastSender: Rule = {
  kind: 'arp.broadcast_sender',
  severity: 'warning',
  rule: 'an ARP packet whose sender link-layer address is zero, a group or the broadcast address (RFC 826; RFC 1812 section 3.3.2)',
  meaning: 'Whoever believes it sends frames for one host to all: a flood, and readable by everybody.',
  advice: 'Look for the host that sent the frame. Some clusters (Microsoft NLB in multicast mode) do so on purpose.',
  needs: ['link'],
  quietSeconds: QUIET_SECONDS,
};

const bogon: Rule = {
  kind: 'arp.bogon',
  severity: 'warning',
  rule: 'the sender address is one that no host can have: of "this network", loopback, multicast, reserved, broadcast (RFC 1122 section 3.2.1.3, RFC 1112 section 4). Addresses foreign to the subnet are not told: no mask is on the wire',
  meaning: 'A host is configured wrongly, or somebody forges ARP.',
  advice: 'Look for the host with this MAC address and correct its address.',
  needs: ['link'],
  quietSeconds: QUIET_SECONDS,
};

const etherMismatch: Rule = {
  kind: 'arp.ether_mismatch',
  severity: 'info',
  rule: 'the Ethernet source differs from the sender address inside (ARP sender; source or target link-layer option of neighbor discovery), and neither is a virtual MAC address nor are both of one virtual router (FDio/vpp#2159)',
  meaning: 'Somebody speaks for another: bonding (balance-alb), an access point or proxy, or ARP spoofing.',
  advice: 'None when one of these is in use; otherwise look for the host with the Ethernet address.',
  needs: ['link'],
  quietSeconds: QUIET_SECONDS,
};

const hopLimit: Rule = {
  kind: 'nd.hop_limit',
  severity: 'warning',
  rule: 'neighbor discovery with a hop limit other than 255 (RFC 4861 sections 6.1 and 7.1)',
  meaning: 'It was sent from beyond a router or is forged; every receiver drops it, and it changes no neighbor here.',
  advice: 'Look for what forwards ICMPv6 of link scope, or for the host with this MAC address.',
  needs: ['network'],
  quietSeconds: QUIET_SECONDS,
};

/** By `protocol.code` of a fault or a note. */
const BY_CODE: Readonly<Record<string, Rule>> = {
  'arp.malformed': malformed,
  'arp.operation': malformed,
  'arp.truncated': malformed,
  'ndp.option': malformed,
  'ndp.truncated': malformed,
  'arp.broadcast_sender': broadcastSender,
  'ndp.hop_limit': hopLimit,
};

interface Told {
  readonly address: Address;
  readonly mac: MacAddress;
}

/** The address that the frame gives for its sender, with its link-layer address. */
function toldBy({ arp, ndp, network }: Sighting): Told | null {
  if (arp) return { address: arp.senderAddress, mac: arp.senderMac };
  if (!ndp || !network) return null;
  const { kind, target, sourceMac, targetMac } = ndp;
  const isAdvertisement = kind === 'neighbor_advertisement';
  const mac = isAdvertisement ? targetMac : sourceMac;
  const address = isAdvertisement && target !== null ? target : network.source;
  return mac === null || kind === 'redirect' ? null : { address, mac };
}

function subjectOf({ segment, network, arp, mac }: Sighting): EventSubject {
  const address = arp?.senderAddress ?? network?.source;
  return {
    ...(address === undefined ? {} : { address: addressText(address) }),
    ...(mac === null ? {} : { mac: macText(mac) }),
    ...segmentSubject(segment),
  };
}

function createCheck(_world: World, vips: Vips): Check {
  function judgeSender(sighting: Sighting, { address, mac }: Told, report: Report): void {
    const { atMicros, frame, segment, notes } = sighting;
    const base = { atMicros, subject: subjectOf(sighting), frames: [frame] };
    const reason = bogonReason(address);
    if (reason !== null) {
      const text = `${macText(mac)} gives ${addressText(address)} as its own, ${reason}`;
      report.raise(bogon, { ...base, subject: { ...base.subject, address: addressText(address) }, text });
    }
    const isTold = notes.some(({ code }) => code === 'broadcast_sender' || code === 'hop_limit');
    if (sighting.mac === null || sighting.mac === mac || isTold || isVirtualMac(mac) || isVirtualMac(sighting.mac)) return;
    if (vips.isRouter(segment.index, mac) && vips.isRouter(segment.index, sighting.mac)) return;
    const text = `a frame of ${macText(sighting.mac)} says that ${addressText(address)} is at ${macText(mac)}`;
    report.raise(etherMismatch, { ...base, subject: { ...base.subject, address: addressText(address) }, text });
  }

  return {
    frame(sighting, report) {
      const { atMicros, frame, fault, notes } = sighting;
      for (const { protocol, code, text } of fault ? [fault, ...notes] : notes) {
        const rule = BY_CODE[`${protocol}.${code}`];
        if (rule) report.raise(rule, { atMicros, subject: subjectOf(sighting), text, frames: [frame] });
      }
      const told = toldBy(sighting);
      if (told) judgeSender(sighting, told, report);
    },
  };
}

export const frames = { rules: [...new Set(Object.values(BY_CODE)), bogon, etherMismatch], check: createCheck };
