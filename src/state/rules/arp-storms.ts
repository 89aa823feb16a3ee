/** Announcements and requests beyond all measure. */
import { addressText, macText } from '../../../dissectors/address.ts';
import type { Check, Rule, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Vips } from '../vips.ts';
import { hostSubject, hostText } from './arp-words.ts';
import { MICROS } from './vrrp-words.ts';

/** keepalived sends 5 at a takeover and 5 later, a master that hears a lower priority 5 more for each such advert. */
const MOST_ANNOUNCEMENTS = 20;
const MOST_REQUESTS = 100;
const WINDOW_MICROS = MICROS;
const MOST_COUNTED = 4096;
const QUIET_SECONDS = 30;

const garpStorm: Rule = {
  kind: 'arp.garp_storm',
  severity: 'warning',
  rule: `more than ${MOST_ANNOUNCEMENTS} announcements of one address by one host within 1 s`,
  meaning: 'Every host of the segment works them off; switches may drop or throttle ARP, and with it what matters.',
  advice:
    'Look at vrrp_garp_master_repeat, vrrp_garp_master_refresh_repeat and vrrp_garp_lower_prio_repeat in keepalived, or for a router that hears lower priorities all the time.',
  needs: ['link'],
  quietSeconds: QUIET_SECONDS,
};

const storm: Rule = {
  kind: 'arp.storm',
  severity: 'warning',
  rule: `more than ${MOST_REQUESTS} requests (ARP or neighbor solicitations, announcements not counted) by one host within 1 s`,
  meaning: 'A scan of the network, a loop, or a router that looks for hosts that are not there.',
  advice: 'Find the host by its MAC address; on a router look for routes to large empty networks.',
  needs: ['link'],
  quietSeconds: QUIET_SECONDS,
};

/** Counts by key within a sliding second. */
class Pace {
  readonly #most: number;
  readonly #byKey = new Map<string, { atMicros: number; frame: number }[]>();
  readonly #oldest = this.#byKey.keys();

  constructor(most: number) {
    this.#most = most;
  }

  /** The frames of the last second once they are too many; counting begins anew then. */
  note(key: string, atMicros: number, frame: number): number[] | null {
    const lately = (this.#byKey.get(key) ?? []).filter((one) => atMicros - one.atMicros <= WINDOW_MICROS);
    lately.push({ atMicros, frame });
    const isTooMany = lately.length > this.#most;
    this.#byKey.set(key, isTooMany ? [] : lately);
    if (this.#byKey.size > MOST_COUNTED) this.#byKey.delete(String(this.#oldest.next().value));
    return isTooMany ? lately.map((one) => one.frame) : null;
  }
}

function createCheck(world: World, vips: Vips): Check {
  const announced = new Pace(MOST_ANNOUNCEMENTS);
  const asked = new Pace(MOST_REQUESTS);
  return {
    neighbor({ kind, address, mac, atMicros, frame }, { segment }, report) {
      const host = (): string => hostText(world, vips, segment.index, mac, address);
      if (kind === 'announced') {
        const frames = announced.note(`${segment.index} ${mac} ${addressText(address)}`, atMicros, frame);
        if (!frames) return;
        const text = `${host()} announced ${addressText(address)} ${frames.length} times within 1 s`;
        report.raise(garpStorm, { atMicros, subject: hostSubject(world, segment.index, address, mac), text, frames });
      } else if (kind === 'asked') {
        const frames = asked.note(`${segment.index} ${mac}`, atMicros, frame);
        if (!frames) return;
        const text = `${host()} sent ${frames.length} requests within 1 s`;
        report.raise(storm, { atMicros, subject: { mac: macText(mac), ...segmentSubject(segment) }, text, frames });
      }
    },
  };
}

export const storms = { rules: [garpStorm, storm], check: createCheck };
