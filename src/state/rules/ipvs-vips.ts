/** Virtual addresses that sessions are for, and that nobody on the wire is known to have. */
import { addressText, familyOf } from '../../../dissectors/address.ts';
import { IPPROTO_IP } from '../../../dissectors/ipvs-states.ts';
import { type Binding, OVERFLOW_BINDING } from '../bindings.ts';
import type { EventSubject } from '../events.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import { Vips } from '../vips.ts';
import { Held } from './held.ts';
import { MICROS, serviceName } from './ipvs-words.ts';

const MOST_ADDRESSES = 4096;
/** Until then its holder has announced it or was asked for it, where anybody does. */
const SETTLED_SECONDS = 300;
const JUDGED_SECONDS = 60;

const unowned: Rule = {
  kind: 'ipvs.vip_unowned',
  severity: 'info',
  rule: `sessions are synced for a virtual address that for ${SETTLED_SECONDS} s no advert of VRRP names and nobody claims by ARP or neighbor discovery, while adverts of that family are seen`,
  meaning:
    'No router is seen to keep this address: with the director it is lost. It may also be routed to it, or live on a network not watched here.',
  advice:
    'Add it to virtual_ipaddress (or virtual_ipaddress_excluded) of an instance, or let lvscope watch the interface of that address too.',
  needs: ['sync', 'link'],
  quietSeconds: null,
};

interface Vip {
  readonly binding: Binding;
  readonly subject: EventSubject;
  readonly bindings: number[];
  readonly sinceMicros: number;
  readonly frame: number;
}

export const vipRules: RuleSet = {
  rules: [unowned],
  check(world) {
    const { bindings } = world.sessions;
    const { routers, neighbors, segments } = world;
    const held = new Held(unowned);
    const named = new Vips(world);
    const vips = new Map<string, Vip>();
    let known = OVERFLOW_BINDING + 1;

    function enter(index: number, sinceMicros: number, frame: number): void {
      const binding = bindings.all[index];
      // There a firewall mark stands for the address.
      if (binding.proto === IPPROTO_IP) return;
      const address = addressText(binding.virtual);
      const key = `${binding.segment} ${address}`;
      const vip = vips.get(key);
      if (vip) vip.bindings.push(index);
      else if (vips.size < MOST_ADDRESSES) {
        const subject = { address, ...segmentSubject(segments.all[binding.segment]) };
        vips.set(key, { binding, subject, bindings: [index], sinceMicros, frame });
      }
    }

    /** On whatever segment: sync may have a link of its own. */
    function isOwned({ binding: { virtual } }: Vip): boolean {
      return segments.all.some(({ index }) => named.routersOf(index, virtual).length > 0 || neighbors.find(index, virtual) !== undefined);
    }

    function judge(vip: Vip, nowMicros: number, report: Report): void {
      const { binding, subject, sinceMicros, frame } = vip;
      const live = vip.bindings.reduce((sum, index) => sum + bindings.all[index].active + bindings.all[index].inactive, 0);
      if (live === 0 || isOwned(vip)) {
        report.known(unowned, subject);
        held.clear(report, subject, nowMicros);
        return;
      }
      if (nowMicros - sinceMicros < SETTLED_SECONDS * MICROS) return;
      const ofFamily = routers.all.filter(({ master, family }) => master !== null && family === familyOf(binding.virtual));
      if (ofFamily.length === 0) {
        report.unknown(unowned, subject, 'no router with a master is seen here that could name it');
        return;
      }
      const text = `${live} sessions of ${serviceName(binding)} and others like it, and nobody is seen to have ${subject.address}`;
      held.raise(report, { atMicros: nowMicros, subject, text, frames: [frame] });
    }

    return {
      sync({ atMicros, frame }) {
        for (; known < bindings.all.length; known++) enter(known, atMicros, frame);
      },
      advert: (sighting) => named.advert(sighting),
      change: (change) => named.change(change),
      second(nowMicros, report) {
        if ((nowMicros / MICROS) % JUDGED_SECONDS === 0) for (const vip of vips.values()) judge(vip, nowMicros, report);
      },
    };
  },
};
