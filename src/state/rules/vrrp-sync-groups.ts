/**
 * Virtual routers that belong together (keepalived: vrrp_sync_group) and part company.
 *
 * Two virtual routers are companions at a moment when
 * - they moved together twice or more (each changed its master within the longer Master_Down_Interval of the two after the
 *   other) and have not parted since, on whatever segments; or
 * - both had been mastered by the same router (same MAC, or same address on one segment) for `LONG_SECONDS`, and it lost one of
 *   them. That a router of higher priority takes one of them back is how two masters share the work, and no split.
 * They have parted when one of two companions changes its master and the other, which has one all the time, has not followed
 * `PATIENCE` of the longer Master_Down_Interval later. They are together again when either of them moves again, so that the one
 * is back or the other has followed.
 */
import { sameAddress } from '../../../dissectors/address.ts';
import { type ChangeReason, downMicros, type RouterSender, type VirtualRouter } from '../router.ts';
import type { RouterChange } from '../routers.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { framesOf, MICROS, nameOf, routerSubject, seconds, whoOf } from './vrrp-words.ts';

const JOINT_MOVES = 2;
const PATIENCE = 3;
const LONG_SECONDS = 600;
/** Changes kept to find joint moves. */
const MOST_RECENT = 64;
const MOST_PAIRS = 8192;

const groupSplit: Rule = {
  kind: 'vrrp.group_split',
  severity: 'warning',
  rule: `one of two virtual routers that moved together ${JOINT_MOVES} times or more, or whose common master of ${LONG_SECONDS} s or more loses one of them, changes its master, and the other has not followed ${PATIENCE} Master_Down_Intervals later`,
  meaning: 'Traffic comes in through one router and goes out through the other; with masquerading or stateful filters it is dropped.',
  advice:
    'Put both instances into one vrrp_sync_group, and see why only one of them moved: a tracked interface, or lost adverts on one side.',
  needs: ['network'],
  quietSeconds: null,
};

interface Move {
  readonly router: VirtualRouter;
  readonly from: RouterSender;
  readonly to: RouterSender;
  readonly reason: ChangeReason | null;
  readonly atMicros: number;
  /** Begin of the mastership that ended. */
  readonly heldSinceMicros: number;
  readonly frames: readonly number[];
}

/** Joint moves of two virtual routers. */
interface Pair {
  moves: number;
  lastMicros: number;
  frames: readonly number[];
}

interface Split {
  readonly move: Move;
  readonly stayed: VirtualRouter;
  readonly stayedWith: RouterSender;
}

const downOf = ({ master, lastMaster }: VirtualRouter): number => {
  const sender = master ?? lastMaster;
  return sender ? downMicros(sender) : 0;
};

const longerDown = (a: VirtualRouter, b: VirtualRouter): number => Math.max(downOf(a), downOf(b));

const sameHost = (a: VirtualRouter, one: RouterSender, b: VirtualRouter, other: RouterSender): boolean =>
  (one.mac !== null && one.mac === other.mac) || (a.segment === b.segment && sameAddress(one.address, other.address));

export const syncGroupRules: RuleSet = {
  rules: [groupSplit],
  check(world) {
    const masters = new WeakMap<VirtualRouter, number>();
    const recent: Move[] = [];
    const pairs = new Map<VirtualRouter, Map<VirtualRouter, Pair>>();
    let pairCount = 0;
    /** The last move of each, until it is judged. */
    const pending = new Map<VirtualRouter, Move>();
    const splits = new Map<VirtualRouter, Split>();
    /** The last second that was judged. */
    let judgedMicros = 0;

    const pairOf = (a: VirtualRouter, b: VirtualRouter): Pair | undefined => pairs.get(a)?.get(b) ?? pairs.get(b)?.get(a);

    function notePair(move: Move, other: Move): void {
      const known = pairOf(move.router, other.router);
      const frames = framesOf(known?.frames ?? [], move.frames, other.frames);
      if (!known) {
        if (pairCount >= MOST_PAIRS) return;
        pairCount++;
        const of = pairs.get(move.router) ?? new Map<VirtualRouter, Pair>();
        pairs.set(move.router, of.set(other.router, { moves: 1, lastMicros: move.atMicros, frames }));
        return;
      }
      // One that moves to and fro at once is one joint move.
      if (other.atMicros <= known.lastMicros) return;
      known.moves++;
      known.lastMicros = move.atMicros;
      known.frames = known.moves <= JOINT_MOVES ? frames : known.frames;
    }

    function noteMove(move: Move): void {
      for (const other of recent)
        if (other.router !== move.router && move.atMicros - other.atMicros <= longerDown(move.router, other.router)) notePair(move, other);
      recent.push(move);
      if (recent.length > MOST_RECENT) recent.shift();
      // One that is back where it was before anybody had to follow has not parted.
      if (pending.get(move.router)?.from === move.to) pending.delete(move.router);
      else pending.set(move.router, move);
    }

    /** Why the other should have moved along; null when it need not have. */
    function companionship({ router, from, reason, heldSinceMicros, atMicros }: Move, other: VirtualRouter): string | null {
      const pair = pairOf(router, other);
      if (pair && pair.moves >= JOINT_MOVES) return `moved together ${pair.moves} times before`;
      if (reason === 'preempted' || reason === 'tie' || !other.master || !sameHost(router, from, other, other.master)) return null;
      const togetherMicros = atMicros - Math.max(heldSinceMicros, masters.get(other) ?? atMicros);
      return togetherMicros >= LONG_SECONDS * MICROS ? `had the same master for ${seconds(togetherMicros)}` : null;
    }

    function judge(move: Move, nowMicros: number, report: Report): void {
      const { router, to, atMicros } = move;
      for (const other of world.routers.all) {
        const down = longerDown(router, other);
        const dueMicros = atMicros + PATIENCE * down;
        // Each is judged once, at the first second after its own time is up.
        if (dueMicros < judgedMicros || dueMicros >= nowMicros) continue;
        if (other === router || other.state !== 'master' || !other.master) continue;
        // It moved too, a while before or after.
        if ((masters.get(other) ?? nowMicros) >= atMicros - PATIENCE * down) continue;
        const why = companionship(move, other);
        if (why === null) continue;
        const pair = pairOf(router, other);
        if (pair) pair.moves = 0;
        if (splits.has(router)) continue;
        splits.set(router, { move, stayed: other, stayedWith: other.master });
        const text = `${nameOf(router)} moved to ${whoOf(to)} and ${nameOf(other)} has stayed with ${whoOf(other.master)}; they ${why}`;
        const frames = framesOf(pair?.frames ?? [], move.frames, other.master.frames);
        report.raise(groupSplit, { atMicros: nowMicros, subject: routerSubject(world, router), text, frames });
      }
    }

    function judgeDue(nowMicros: number, report: Report): void {
      if (pending.size > 0) {
        const longest = PATIENCE * world.routers.all.reduce((most, router) => Math.max(most, downOf(router)), 0);
        for (const [router, move] of pending) {
          judge(move, nowMicros, report);
          if (nowMicros - move.atMicros > longest) pending.delete(router);
        }
      }
      judgedMicros = nowMicros;
    }

    function endSplits({ router, to, atMicros }: RouterChange, report: Report): void {
      // It may have been raised before a restart that forgot it.
      if (!splits.has(router)) report.clear(groupSplit, routerSubject(world, router), atMicros);
      for (const [moved, { move, stayed, stayedWith }] of splits) {
        const back = moved === router && to === move.from;
        const followed = stayed === router && to !== stayedWith;
        if (!back && !followed) continue;
        splits.delete(moved);
        report.clear(groupSplit, routerSubject(world, moved), atMicros);
      }
    }

    return {
      change(change, report) {
        const { kind, router, from, to, atMicros, reason, frames } = change;
        // One that was lost and came back has not moved.
        if (kind !== 'master_change' || !to || from === to) return;
        const heldSinceMicros = masters.get(router) ?? atMicros;
        masters.set(router, atMicros);
        endSplits(change, report);
        if (reason === 'first_seen' || !from) return;
        noteMove({ router, from, to, reason, atMicros, heldSinceMicros, frames: frames.slice(-6) });
      },
      second: judgeDue,
    };
  },
};
