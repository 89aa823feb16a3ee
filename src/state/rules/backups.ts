/** Redundancy lost: a master without anybody who could take over, a sync sender that nobody listens to. */
import { type Address, addressText, familyOf, sameAddress } from '../../../dissectors/address.ts';
import { backupBlindness, isBackup, isSameRouter, standingsOf } from '../backups.ts';
import type { Daemon } from '../daemons.ts';
import type { EventSubject } from '../events.ts';
import { type Querier, roundFrames } from '../queriers.ts';
import type { VirtualRouter } from '../routers.ts';
import type { Check, Report, Rule, RuleSet, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';
import { Held } from './held.ts';

const SECOND = 1_000_000;
/** A sender that was not heard for so long (the timeout of an established session) may have stopped. */
const SENDING_MICROS = 900 * SECOND;
/** Silence alone tells little, and late: frames are judged at once. */
const JUDGED_SECONDS = 60;

const NO_BACKUP: Rule = {
  kind: 'vrrp.no_backup',
  severity: 'warning',
  rule: 'a virtual router has a master, and for two query intervals nobody else reported the group of its adverts (IGMP, MLD)',
  meaning: 'Redundancy is lost: when the master fails, nobody takes the virtual addresses over.',
  advice: 'Look whether keepalived runs on the backup, and whether its interface is in the same VLAN.',
  needs: ['network'],
  quietSeconds: null,
};

const NO_LISTENER: Rule = {
  kind: 'ipvs.no_backup',
  severity: 'warning',
  rule: 'connection sync is sent, and for two query intervals nobody but its sender and lvscope reported its group (IGMP, MLD)',
  meaning: 'No backup takes the sync in: after a failover every session is cut.',
  advice: 'On the backup look at `ipvsadm -l --daemon`; start it with `ipvsadm --start-daemon backup` or `lvs_sync_daemon` of keepalived.',
  needs: ['sync', 'network'],
  quietSeconds: null,
};

const since = (querier: Querier | null, atMicros: number): string =>
  querier ? `${Math.floor((atMicros - querier.askedSinceMicros) / SECOND)} s` : '';

const inOrder = (frames: readonly number[]): number[] => [...new Set(frames)].sort((a, b) => a - b);

/** The one that sends now: of each segment, group and syncid the one heard last. */
function senders({ daemons }: World, nowMicros: number): Daemon[] {
  const latest = new Map<string, Daemon>();
  for (const daemon of daemons.all) {
    const { segment, group, syncid, lastSeenMicros } = daemon;
    if (nowMicros - lastSeenMicros > SENDING_MICROS) continue;
    const key = `${segment} ${addressText(group)} ${syncid}`;
    if ((latest.get(key)?.lastSeenMicros ?? 0) <= lastSeenMicros) latest.set(key, daemon);
  }
  return [...latest.values()];
}

function createCheck(world: World): Check {
  const noBackup = new Held(NO_BACKUP);
  const noListener = new Held(NO_LISTENER);
  /** Number of the latest frame of each sync sender. */
  const latestFrames: number[] = [];
  let second = 0;

  const routerSubject = ({ vrid, family, segment }: VirtualRouter): EventSubject => ({
    vrid,
    family,
    ...segmentSubject(world.segments.all[segment]),
  });

  /** @param frame the question or answer at hand; null: time only, which ends what it ends and begins nothing */
  function judgeRouter(router: VirtualRouter, nowMicros: number, frame: number | null, report: Report): void {
    const { master, state, segment, group, family } = router;
    if (state !== 'master' || !master) return;
    const subject = routerSubject(router);
    const standings = standingsOf(router, world, nowMicros);
    if (standings.some(isBackup)) {
      report.known(NO_BACKUP, subject);
      noBackup.clear(report, subject, nowMicros);
      return;
    }
    const why = backupBlindness(router, standings, world, nowMicros);
    if (why === null) report.known(NO_BACKUP, subject);
    else report.unknown(NO_BACKUP, subject, why);
    if (why !== null || frame === null || group === null) return;
    const querier = world.groups.querier(segment, family);
    const frames = inOrder([...roundFrames(querier), ...master.frames, frame]);
    const text = `${addressText(master.address)} is master, and nobody else has reported ${addressText(group)} for ${since(querier, nowMicros)}`;
    noBackup.raise(report, { atMicros: nowMicros, subject, text, frames });
  }

  /** It sent last, and is master no more: then it listens for another. */
  function gaveOver(daemon: Daemon): boolean {
    const its = world.routers.all.filter(({ senders }) => senders.some((sender) => isSameRouter(sender, daemon)));
    return its.length > 0 && its.every(({ master }) => master !== null && !isSameRouter(master, daemon));
  }

  function judgeSender(daemon: Daemon, nowMicros: number, frame: number | null, report: Report): void {
    const { segment, group } = daemon;
    const address = addressText(group);
    const subject = { address, ...segmentSubject(world.segments.all[segment]) };
    const isHandedOver = gaveOver(daemon);
    if (world.groups.members(segment, group).some((member) => isHandedOver || !isSameRouter(member, daemon))) {
      report.known(NO_LISTENER, subject);
      noListener.clear(report, subject, nowMicros);
      return;
    }
    const why = world.groups.blindness(segment, familyOf(group), nowMicros);
    if (why === null) report.known(NO_LISTENER, subject);
    else report.unknown(NO_LISTENER, subject, why);
    if (why !== null || frame === null) return;
    const querier = world.groups.querier(segment, familyOf(group));
    const frames = inOrder([...roundFrames(querier), ...latestFrames.slice(daemon.index, daemon.index + 1), frame]);
    const text = `${addressText(daemon.address)} sends connection sync to ${address}, which nobody else has reported for ${since(querier, nowMicros)}`;
    noListener.raise(report, { atMicros: nowMicros, subject, text, frames });
  }

  function judge(nowMicros: number, sighting: Sighting | null, report: Report): void {
    const frame = sighting?.frame ?? null;
    const isHere = (segment: number) => sighting === null || sighting.segment.index === segment;
    for (const router of world.routers.all) if (isHere(router.segment)) judgeRouter(router, nowMicros, frame, report);
    for (const daemon of senders(world, nowMicros)) if (isHere(daemon.segment)) judgeSender(daemon, nowMicros, frame, report);
  }

  const isUsed = (segment: number, group: Address): boolean =>
    world.routers.all.some((router) => router.segment === segment && router.group !== null && sameAddress(router.group, group)) ||
    world.daemons.all.some((daemon) => daemon.segment === segment && sameAddress(daemon.group, group));

  return {
    group({ segment, group, atMicros }, report) {
      if (group !== null && isUsed(segment, group)) judge(atMicros, null, report);
    },
    sync(sighting, daemon) {
      latestFrames[daemon] = sighting.frame;
    },
    frame(sighting, report) {
      if (!sighting.igmp && !sighting.mld) return;
      // Questions and answers come in bursts.
      const now = Math.floor(sighting.atMicros / SECOND);
      if (now === second) return;
      second = now;
      judge(sighting.atMicros, sighting, report);
    },
    second(nowMicros, report) {
      if ((nowMicros / SECOND) % JUDGED_SECONDS === 0) judge(nowMicros, null, report);
    },
  };
}

export const backupRules: RuleSet = { rules: [NO_BACKUP, NO_LISTENER], check: createCheck };
