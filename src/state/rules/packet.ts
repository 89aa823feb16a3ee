/** What one packet alone shows: the faults and notes of the dissectors, by their codes. */
import { addressText, familyOf, macText } from '../../../dissectors/address.ts';
import type { EventSubject } from '../events.ts';
import type { Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';

const QUIET_SECONDS = 60;

/** Rules by `protocol.code` of a note or a fault. */
const BY_CODE: Readonly<Record<string, Rule>> = {
  'vrrp.ttl': {
    kind: 'vrrp.ttl',
    severity: 'warning',
    rule: 'a multicast advert with an IP TTL or hop limit other than 255 (RFC 3768 and RFC 9568, section 7.1)',
    meaning: 'It came through a router or is forged; every receiver drops it, so it changes no master here either.',
    advice: 'Look for what forwards 224.0.0.18 into this segment, or for the host with this MAC address.',
    needs: ['network'],
    quietSeconds: QUIET_SECONDS,
  },
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

export const packetRules: RuleSet = {
  rules: Object.values(BY_CODE),
  check: () => ({
    frame(sighting, report) {
      const { atMicros, frame, notes, fault } = sighting;
      for (const { protocol, code, text } of fault ? [fault, ...notes] : notes) {
        const rule = BY_CODE[`${protocol}.${code}`];
        if (rule) report.raise(rule, { atMicros, subject: subjectOf(sighting), text, frames: [frame] });
      }
    },
  }),
};
