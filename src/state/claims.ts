/** What one ARP or neighbor discovery frame says of addresses: who has one, and who asks for one. */
import { type Address, keptAddress, type MacAddress } from '../../dissectors/address.ts';
import { ARP_REPLY, ARP_REQUEST, type Arp, isGratuitous, isProbe } from '../../dissectors/arp.ts';
import type { Ndp } from '../../dissectors/ndp.ts';
import { bogonReason } from './bogons.ts';
import { isUnspecified } from './groups.ts';
import type { Sighting } from './sighting.ts';

/**
 * `announced`: told everybody unasked (gratuitous ARP, RFC 5227 section 2.3; unsolicited advertisement, RFC 4861 section 7.2.6).
 * `answered`: told one who asked. `claimed`: gave it as its own while asking for another. `probed`: asked whether anybody has
 * it before taking it (RFC 5227 section 2.1.1; RFC 4862 section 5.4). `asked`: wants the link-layer address of its holder.
 */
export type ClaimKind = 'announced' | 'answered' | 'claimed' | 'probed' | 'asked';

export interface Claim {
  readonly kind: ClaimKind;
  readonly address: Address;
  /** Who has the address or, of `probed` and `asked`, who wants to know. */
  readonly mac: MacAddress;
  /** Of `answered`: whom. */
  readonly asker: MacAddress | null;
  /** An answer without the Override flag leaves caches as they are (RFC 4861 section 7.2.5). */
  readonly overrides: boolean;
}

const RIGHT_HOP_LIMIT = 255;

/** The lowest bit of the first octet: a group address (IEEE 802). */
const isNobodys = (mac: MacAddress): boolean => mac === 0 || Math.floor(mac / 2 ** 40) % 2 === 1;

const claim = (kind: ClaimKind, address: Address, mac: MacAddress, asker: MacAddress | null = null, overrides = true): Claim => ({
  kind,
  address: keptAddress(address),
  mac,
  asker,
  overrides,
});

function ofArp(arp: Arp): Claim[] {
  const { operation, senderMac, senderAddress, targetMac, targetAddress } = arp;
  if (isProbe(arp)) return [claim('probed', targetAddress, senderMac)];
  if (isGratuitous(arp)) return [claim('announced', senderAddress, senderMac)];
  if (operation === ARP_REPLY) return [claim('answered', senderAddress, senderMac, targetMac)];
  if (operation === ARP_REQUEST) return [claim('claimed', senderAddress, senderMac), claim('asked', targetAddress, senderMac)];
  return [];
}

function ofNdp(ndp: Ndp, { network, mac, linkDestination }: Sighting): Claim[] {
  // What did not start on this link must be dropped: RFC 4861 sections 7.1.1 and 7.1.2.
  if (!network || network.ttl !== RIGHT_HOP_LIMIT) return [];
  const { source } = network;
  const { kind, target, solicited, override, sourceMac, targetMac } = ndp;
  if (kind === 'neighbor_advertisement') {
    const holder = targetMac ?? mac;
    if (target === null || holder === null) return [];
    return [solicited ? claim('answered', target, holder, linkDestination, override) : claim('announced', target, holder, null, override)];
  }
  if (kind === 'redirect') return [];
  if (isUnspecified(source)) {
    return kind === 'neighbor_solicitation' && target !== null && mac !== null ? [claim('probed', target, mac)] : [];
  }
  const asker = sourceMac ?? mac;
  return [
    ...(sourceMac === null ? [] : [claim('claimed', source, sourceMac)]),
    ...(target === null || asker === null ? [] : [claim('asked', target, asker)]),
  ];
}

/** Nothing of addresses that no host can have. */
export function claimsOf(sighting: Sighting): Claim[] {
  const { arp, ndp } = sighting;
  const claims = arp ? ofArp(arp) : ndp ? ofNdp(ndp, sighting) : [];
  return claims.filter(({ address, mac }) => !isNobodys(mac) && !isUnspecified(address) && bogonReason(address) === null);
}
