/** All rules about addresses and who holds them (ARP and neighbor discovery); they share what is known of virtual addresses. */
import type { Check, Rule, RuleSet, World } from '../rule.ts';
import { Vips } from '../vips.ts';
import { announcements } from './arp-announcements.ts';
import { frames } from './arp-frames.ts';
import { stations } from './arp-stations.ts';
import { storms } from './arp-storms.ts';
import { vipClaims } from './arp-vips.ts';

interface Part {
  readonly rules: readonly Rule[];
  readonly check: (world: World, vips: Vips) => Check;
}

const PARTS: readonly Part[] = [vipClaims, announcements, stations, storms, frames];

export const arpRules: RuleSet = {
  rules: PARTS.flatMap(({ rules }) => rules),
  check(world) {
    const vips = new Vips(world);
    const checks = PARTS.map(({ check }) => check(world, vips));
    return {
      advert: (sighting) => vips.advert(sighting),
      change(change, report) {
        vips.change(change);
        for (const check of checks) check.change?.(change, report);
      },
      neighbor(news, sighting, report) {
        for (const check of checks) check.neighbor?.(news, sighting, report);
      },
      frame(sighting, report) {
        for (const check of checks) check.frame?.(sighting, report);
      },
      second(nowMicros, report) {
        for (const check of checks) check.second?.(nowMicros, report);
      },
    };
  },
};
