/** What one advert alone shows to be wrong: the faults and notes of the VRRP dissector, by their codes. */
import { addressText, familyOf, macText } from '../../../dissectors/address.ts';
import type { EventSubject, Severity } from '../events.ts';
import type { Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';

const QUIET_SECONDS = 60;

function packetRule(kind: string, severity: Severity, rule: string, meaning: string, advice: string): Rule {
  return { kind, severity, rule, meaning, advice, needs: ['network'], quietSeconds: QUIET_SECONDS };
}

const DROPPED = 'Every receiver drops it, so it changes no master, and none here either';

/** By code of a note or fault of the protocol `vrrp`. */
const BY_CODE: Readonly<Record<string, Rule>> = {
  ttl: packetRule(
    'vrrp.ttl',
    'warning',
    'a multicast advert with a TTL or hop limit other than 255 (RFC 3768 and RFC 9568, section 7.1)',
    `It came through a router or is forged. ${DROPPED}.`,
    'Look for what forwards 224.0.0.18 into this segment, or for the host with this MAC address.',
  ),
  type: packetRule(
    'vrrp.type',
    'warning',
    'a VRRP message that is no advert: type other than 1 (RFC 3768 section 5.3.2)',
    `There is no other type. ${DROPPED}.`,
    'Look for the host with this MAC address: a faulty program, or somebody who tries.',
  ),
  version: packetRule(
    'vrrp.version',
    'warning',
    'a version that is neither 2 nor 3 (RFC 3768 section 5.3.1, RFC 9568 section 5.2.1)',
    'Receivers drop it; what it wants to say is not known.',
    'Look for the host with this MAC address.',
  ),
  length: packetRule(
    'vrrp.length',
    'warning',
    'an advert that is shorter or longer than its number of addresses and its authentication make it (RFC 3768 section 7.1)',
    'Receivers drop it as too short, or, older ones, as too long.',
    'Compare the versions of keepalived on both routers, and whether one of them signs its adverts.',
  ),
  checksum: packetRule(
    'vrrp.checksum',
    'warning',
    'an advert whose checksum is right in none of the dialects that senders speak',
    `It was damaged on the way or is forged. ${DROPPED}.`,
    'Look at the cabling and the counters of the switch port; if all frames of one sender are so, at that program.',
  ),
  reserved: packetRule(
    'vrrp.reserved',
    'info',
    'reserved bits of version 3 that are not 0 (RFC 9568 section 5.2.6)',
    'Receivers ignore them.',
    'Nothing, unless you wonder what program sends them.',
  ),
  auth_type: packetRule(
    'vrrp.auth_type',
    'warning',
    'an Authentication Header around an advert that names another authentication, or none around one that names it (RFC 2338 section 5.3.6)',
    'Receivers drop it.',
    'Compare the authentication block of both routers.',
  ),
  vip_count: packetRule(
    'vrrp.vip_count',
    'warning',
    'an advert without any address (RFC 9568 section 7.1)',
    'Receivers of version 3 must ignore it, so its sender is no master to them.',
    'Add the virtual addresses to the configuration of its sender.',
  ),
  vip_order: packetRule(
    'vrrp.vip_order',
    'warning',
    'an IPv6 advert whose first address is not link-local (RFC 9568 section 5.2.9)',
    'Strict receivers drop it.',
    'List a link-local virtual address first in virtual_ipaddress.',
  ),
  interval: packetRule(
    'vrrp.interval',
    'warning',
    'an advert interval of 0 (RFC 9568 section 7.1)',
    `No timer can be made of it. ${DROPPED}.`,
    'Set advert_int on its sender.',
  ),
  group_odd: packetRule(
    'vrrp.group_odd',
    'warning',
    'adverts to another group than 224.0.0.18 or ff02::12 (RFC 3768 section 5.2.2, RFC 9568 section 5.1)',
    'Snooping switches prune groups that are not link-local: adverts stop when no querier asks, and both routers become master.',
    'Take vrrp_mcast_group4 or vrrp_mcast_group6 out of the configuration, or make sure of a querier.',
  ),
  hmac_malformed: packetRule(
    'vrrp.hmac_malformed',
    'warning',
    'an authentication trailer whose reserved bits are not 0 (draft-cassen-vrrp-auth-hmac)',
    'Receivers that enforce it drop the advert.',
    'Compare the versions of keepalived on both routers.',
  ),
};

/** The sender, and the virtual router where the packet names one. */
function subjectOf({ segment, network, mac, vrrp }: Sighting): EventSubject {
  return {
    ...(vrrp && network ? { vrid: vrrp.vrid, family: familyOf(network.source) } : {}),
    ...(network ? { address: addressText(network.source) } : {}),
    ...(mac === null ? {} : { mac: macText(mac) }),
    ...segmentSubject(segment),
  };
}

export const vrrpPacketRules: RuleSet = {
  rules: Object.values(BY_CODE),
  check: () => ({
    frame(sighting, report) {
      const { atMicros, frame, notes, fault, network, vrrp } = sighting;
      for (const { protocol, code, text } of fault ? [fault, ...notes] : notes) {
        const rule = protocol === 'vrrp' ? BY_CODE[code] : undefined;
        if (!rule || !network) continue;
        const router = vrrp ? `VRID ${vrrp.vrid}: ` : '';
        const said = `${router}${addressText(network.source)}: ${text}`;
        report.raise(rule, { atMicros, subject: subjectOf(sighting), text: said, frames: [frame] });
      }
    },
  }),
};

/** Also raised where two senders differ in it. */
export const AUTHENTICATION_TYPE = BY_CODE.auth_type;
