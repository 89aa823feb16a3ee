/** Whether a new master tells its neighbors that the virtual addresses have moved. */
import { type Address, addressText } from '../../../dissectors/address.ts';
import { intervalMicros, type VirtualRouter } from '../router.ts';
import type { RouterChange } from '../routers.ts';
import type { Check, Report, Rule, World } from '../rule.ts';
import type { Vips } from '../vips.ts';
import { vipSubject } from './arp-words.ts';
import { Held } from './held.ts';
import { MICROS, nameOf, seconds, whoOf } from './vrrp-words.ts';

const PATIENCE_MICROS = 2 * MICROS;
/** A new master may announce a moment before its first advert is seen. */
const EARLY_MICROS = MICROS;

const missing: Rule = {
  kind: 'arp.garp_missing',
  severity: 'warning',
  rule: 'within 2 s (or one interval, when that is longer) of a master change no gratuitous ARP or unsolicited neighbor advertisement of the new master for a virtual address (RFC 3768 section 6.4.2, RFC 9568 section 6.4.2)',
  meaning: 'Neighbors and switches still send to the old master, until their caches expire.',
  advice:
    'Look at vrrp_garp_master_delay and vrrp_garp_master_repeat, and whether a switch, hypervisor or arptables drops gratuitous ARP of that router.',
  needs: ['network', 'link'],
  quietSeconds: null,
};

function createCheck(world: World, vips: Vips): Check {
  const held = new Held(missing);
  /** The change of each virtual router after which its addresses are due. */
  const pending = new Map<VirtualRouter, RouterChange>();

  function isAnnounced({ segment }: VirtualRouter, address: Address, sinceMicros: number, nowMicros: number): boolean {
    const macs = world.neighbors.find(segment, address)?.macs ?? [];
    const lately = macs.filter(({ lastAnnouncementMicros: last }) => last !== null && last >= sinceMicros);
    return lately.some(({ mac }) => vips.isMaster(segment, address, mac, nowMicros));
  }

  function judge({ router, to, atMicros, frames }: RouterChange, nowMicros: number, report: Report): void {
    if (!to || router.master !== to) return;
    for (const address of to.addresses) {
      if (isAnnounced(router, address, atMicros - EARLY_MICROS, nowMicros)) continue;
      const text = `${nameOf(router)}: ${whoOf(to)} has been master for ${seconds(nowMicros - atMicros)} and has not announced ${addressText(address)}`;
      held.raise(report, { atMicros: nowMicros, subject: vipSubject(world, router, address), text, frames });
    }
  }

  function follow(change: RouterChange, report: Report): void {
    const { router, kind, reason, to, atMicros } = change;
    pending.delete(router);
    // A master that was there before has announced before.
    if (kind !== 'master_change' || !to || reason === 'first_seen' || reason === 'two_masters_resolved') return;
    for (const address of to.addresses) {
      const subject = vipSubject(world, router, address);
      held.clear(report, subject, atMicros);
      if (to.mac === null) report.unknown(missing, subject, 'without link-layer addresses no announcement can be seen');
    }
    if (to.mac !== null) pending.set(router, change);
  }

  return {
    change: follow,
    neighbor({ kind, address, mac, atMicros }, { segment: { index: segment } }, report) {
      if (kind !== 'announced' || !vips.isMaster(segment, address, mac, atMicros)) return;
      for (const router of vips.routersOf(segment, address)) held.clear(report, vipSubject(world, router, address), atMicros);
    },
    second(nowMicros, report) {
      for (const [router, change] of pending) {
        const wait = Math.max(PATIENCE_MICROS, change.to ? intervalMicros(change.to) : 0);
        if (nowMicros < change.atMicros + wait) continue;
        pending.delete(router);
        judge(change, nowMicros, report);
      }
    },
  };
}

export const announcements = { rules: [missing], check: createCheck };
