/** Whether connection sync comes from the VRRP master. */
import { addressText } from '../../../dissectors/address.ts';
import { isSameRouter } from '../backups.ts';
import type { Daemon } from '../daemons.ts';
import { downMicros, type RouterSender, type VirtualRouter } from '../router.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import type { Sighting } from '../sighting.ts';
import { Vips } from '../vips.ts';
import { Budget } from './budget.ts';
import { SenderVirtuals } from './ipvs-virtuals.ts';
import { channelOf, daemonSubject, MICROS, seconds } from './ipvs-words.ts';
import { framesOf, nameOf, whoOf } from './vrrp-words.ts';

/** Each is a look at the routers of all its addresses. */
const JUDGED_A_SECOND = 50;

const notMaster: Rule = {
  kind: 'ipvs.sender_not_master',
  severity: 'warning',
  rule: 'a sender of sync is not the VRRP master of the virtual addresses in it, or of the VRID that is its syncid, for longer than a Master_Down_Interval; it is a router of that virtual router, or the master sends on the same channel',
  meaning:
    'Traffic of the virtual address passes through a director that is not master, or two masters were not told apart: sessions are torn.',
  advice: 'Look which director holds the virtual addresses (`ip addr`), and to whose MAC address the clients and the gateway send.',
  needs: ['sync', 'network'],
  quietSeconds: 60,
};

/** Of a sender while it is not master: moments at which that was so, the oldest first. */
interface Moment {
  readonly atMicros: number;
  readonly frame: number;
}

interface Judged {
  second: number;
  /** Its latest one that was judged. */
  frame: number;
  moments: Moment[];
}

type Mastered = VirtualRouter & { readonly master: RouterSender };

const isMastered = (router: VirtualRouter): router is Mastered => router.state === 'master' && router.master !== null;

export const syncMasterRules: RuleSet = {
  rules: [notMaster],
  check(world) {
    const virtuals = new SenderVirtuals();
    const vips = new Vips(world);
    const budget = new Budget(JUDGED_A_SECOND);
    /** By index of a daemon. */
    const judged: Judged[] = [];
    const channels = new Map<string, Daemon[]>();

    /** All that send where a sender sends. */
    function channelMates(daemon: Daemon): Daemon[] {
      const name = `${daemon.segment} ${channelOf(daemon)}`;
      const known = channels.get(name);
      if (known) return known;
      const mates: Daemon[] = [];
      channels.set(name, mates);
      return mates;
    }

    /** The virtual routers of its addresses; without one, that of its syncid. */
    function routersOf(daemon: Daemon): VirtualRouter[] {
      const addresses = virtuals.of(daemon.index);
      const owners = world.segments.all.flatMap(({ index }) => addresses.flatMap((address) => vips.routersOf(index, address)));
      return owners.length > 0 ? owners : world.routers.all.filter(({ vrid }) => vrid === daemon.syncid);
    }

    /** Sync may come from another interface than the adverts, so it must be known who is who. By which frames; null: it is not. */
    function proofOf(daemon: Daemon, { senders, master }: Mastered): readonly number[] | null {
      const own = senders.find((sender) => isSameRouter(sender, daemon));
      if (own) return own.frames.slice(-2);
      const its = channelMates(daemon).find((other) => other !== daemon && isSameRouter(master, other));
      return its ? judged.slice(its.index, its.index + 1).map(({ frame }) => frame) : null;
    }

    /** Null: it is master, or nobody can tell. */
    function otherMaster(daemon: Daemon, report: Report): { readonly router: Mastered; readonly proof: readonly number[] } | null {
      const subject = daemonSubject(world, daemon);
      const routers = routersOf(daemon);
      const mastered = routers.filter(isMastered);
      const isMaster = mastered.some(({ master }) => isSameRouter(master, daemon));
      const known = mastered.flatMap((router) => {
        const proof = proofOf(daemon, router);
        return proof ? [{ router, proof }] : [];
      });
      if (isMaster || known.length > 0) report.known(notMaster, subject);
      else report.unknown(notMaster, subject, whyUnknown(routers, mastered));
      // Those that are two, or none, may be this one as well.
      return isMaster || mastered.length < routers.length ? null : (known.at(0) ?? null);
    }

    function judge(state: Judged, daemon: Daemon, { atMicros, frame }: Sighting, report: Report): void {
      const other = otherMaster(daemon, report);
      if (!other) {
        state.moments = [];
        return;
      }
      const { router, proof } = other;
      const { master, masterSinceMicros } = router;
      const down = downMicros(master);
      const last = state.moments.at(-1);
      // A few within the interval are enough to show it.
      if (!last || atMicros - last.atMicros >= down / 4) state.moments.push({ atMicros, frame });
      state.moments = state.moments.filter((moment) => moment.atMicros >= masterSinceMicros && moment.atMicros > atMicros - 2 * down);
      const first = state.moments.at(0);
      if (!first || atMicros - first.atMicros <= down) return;
      const text = `${addressText(daemon.address)} sends ${channelOf(daemon)}, while ${whoOf(master)} has been master of ${nameOf(router)} for ${seconds(atMicros - masterSinceMicros)}`;
      const frames = framesOf(
        proof,
        master.frames,
        state.moments.map((moment) => moment.frame),
        [frame],
      );
      report.raise(notMaster, { atMicros, subject: daemonSubject(world, daemon), text, frames });
    }

    return {
      sync(sighting, index, report) {
        virtuals.sync(sighting, index);
        const daemon = world.daemons.all[index];
        if (judged[index] === undefined) {
          judged[index] = { second: 0, frame: sighting.frame, moments: [] };
          channelMates(daemon).push(daemon);
        }
        const second = Math.floor(sighting.atMicros / MICROS);
        if (judged[index].second === second || !budget.take(sighting.atMicros)) return;
        judged[index].second = second;
        judged[index].frame = sighting.frame;
        judge(judged[index], daemon, sighting, report);
      },
      advert: (sighting) => vips.advert(sighting),
      change: (change) => vips.change(change),
    };
  },
};

function whyUnknown(routers: readonly VirtualRouter[], mastered: readonly VirtualRouter[]): string {
  if (routers.length === 0) return 'no adverts name its virtual addresses, and none have its syncid as VRID';
  return mastered.length === 0 ? 'its virtual router has no master, or two' : 'none of the routers is known to be this sender';
}
