/** Ordinary hosts: arpwatch's events, without those that virtual routers explain. */
import { addressText, type MacAddress } from '../../../dissectors/address.ts';
import { isVirtualMac } from '../backups.ts';
import type { NeighborNews, StationNews } from '../neighbors.ts';
import type { Check, Report, Rule, World } from '../rule.ts';
import type { Vips } from '../vips.ts';
import { conflict } from './arp-vips.ts';
import { hostSubject, hostText } from './arp-words.ts';
import { Later } from './later.ts';
import { MICROS, seconds } from './vrrp-words.ts';

/** Time for a first advert that makes the address a virtual one, or the host a router. */
const PATIENCE_MICROS = 3 * MICROS;
/** RFC 5227 section 2.1.1: RATE_LIMIT_INTERVAL, the pace of ongoing conflicts. */
const CONFLICT_MICROS = 60 * MICROS;

const base = { needs: ['link'], form: 'notice', quietSeconds: null } as const;
const EXCEPT = 'virtual addresses and the routers that hold them are left out';

const STATIONS: Readonly<Record<StationNews, Rule>> = {
  new_station: {
    ...base,
    kind: 'arp.new_station',
    severity: 'info',
    rule: `an IP address is claimed that nobody had (as arpwatch; ${EXCEPT})`,
    meaning: 'A host that was not known here speaks for the first time.',
    advice: 'None when it is expected.',
  },
  changed: {
    ...base,
    kind: 'arp.changed',
    severity: 'info',
    rule: `an IP address is claimed from a link-layer address that never had it (as arpwatch; ${EXCEPT})`,
    meaning: 'The host got a new network card, the address was given to another host, or somebody takes it over.',
    advice: 'None when it is expected (DHCP, a virtual machine made anew); otherwise look for the host with the new MAC address.',
  },
  flip_flop: {
    ...base,
    kind: 'arp.flip_flop',
    severity: 'warning',
    rule: `an IP address has gone back to the link-layer address that had it before the last one (as arpwatch; ${EXCEPT})`,
    meaning: 'Two hosts or two network cards share the address; connections to it break now and then.',
    advice: 'Take the address from one of the two; for one host with two cards in one network set arp_ignore=1 and arp_filter=1.',
  },
  reused_old: {
    ...base,
    kind: 'arp.reused_old',
    severity: 'info',
    rule: `an IP address has gone back to a link-layer address that had it once, before others (as arpwatch; ${EXCEPT})`,
    meaning: 'The address wanders between more than two hosts.',
    advice: 'None when it is expected (DHCP with few addresses).',
  },
  new_activity: {
    ...base,
    kind: 'arp.new_activity',
    severity: 'info',
    rule: `an IP address is claimed again by the link-layer address that had it, after six months (as arpwatch; ${EXCEPT})`,
    meaning: 'A host that was away is back.',
    advice: 'None when it is expected.',
  },
};

const WORDS: Readonly<Record<StationNews, string>> = {
  new_station: 'is new',
  changed: 'has moved',
  flip_flop: 'has gone back',
  reused_old: 'has gone back, by way of others,',
  new_activity: 'is heard again after six months',
};

const isStationNews = (kind: NeighborNews['kind']): kind is StationNews => kind in STATIONS;

interface Waiting {
  readonly segment: number;
  readonly news: NeighborNews;
  readonly kind: StationNews;
}

function createCheck(world: World, vips: Vips): Check {
  const later = new Later<Waiting>();

  /** Also of virtual routers whose adverts do not come here. */
  const isRouter = (segment: number, mac: MacAddress): boolean => isVirtualMac(mac) || vips.isRouter(segment, mac);

  /**
   * A router takes an address over that no advert names (adverts between unicast peers, virtual_ipaddress_excluded), or one
   * address of a router is told by its virtual and its own interface.
   */
  function isTakeover(segment: number, { mac, from, announced }: NeighborNews): boolean {
    if (from === null) return isRouter(segment, mac);
    if (!isRouter(segment, mac) || !isRouter(segment, from)) return false;
    return announced || isVirtualMac(mac) || isVirtualMac(from);
  }

  function judge({ segment, news, kind }: Waiting, report: Report): void {
    const { address, mac, from, atMicros, beforeMicros, frames } = news;
    if (vips.routersOf(segment, address).length > 0 || isTakeover(segment, news) || vips.isTrusted(address, mac)) return;
    const name = addressText(address);
    const subject = hostSubject(world, segment, address, mac);
    const who = hostText(world, vips, segment, mac, address);
    const rival = from === null ? null : hostText(world, vips, segment, from, address);
    const moved = rival === null ? `: ${who}` : ` from ${rival} to ${who}`;
    report.raise(STATIONS[kind], { atMicros, subject, text: `${name} ${WORDS[kind]}${moved}`, frames });
    if (rival === null || beforeMicros === null || atMicros - beforeMicros > CONFLICT_MICROS) return;
    const text = `${name} is claimed by ${who} and by ${rival} in turn, within ${seconds(atMicros - beforeMicros)}`;
    const { mac: _, ...both } = subject;
    report.raise(conflict, { atMicros, subject: both, text, frames });
  }

  return {
    neighbor(news, { segment: { index: segment } }) {
      const { kind, address, mac, atMicros } = news;
      if (!isStationNews(kind)) return;
      later.add(`${kind} ${segment} ${addressText(address)} ${mac}`, atMicros + PATIENCE_MICROS, () => ({ segment, news, kind }));
    },
    second(nowMicros, report) {
      for (const waiting of later.take(nowMicros)) judge(waiting, report);
    },
  };
}

export const stations = { rules: Object.values(STATIONS), check: createCheck };
