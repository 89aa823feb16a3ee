/** The stream of a sender of sync: datagrams that did not arrive, a sender that began anew, one that fell silent. */
import { addressText } from '../../../dissectors/address.ts';
import { isSameRouter } from '../backups.ts';
import type { Daemon } from '../daemons.ts';
import type { RouterSender } from '../router.ts';
import type { Report, Rule, RuleSet, World } from '../rule.ts';
import type { SyncFlow } from '../sync-flow.ts';
import { Budget } from './budget.ts';
import { Held } from './held.ts';
import { channelOf, channelSubject, daemonSubject, MICROS, seconds } from './ipvs-words.ts';
import { framesOf } from './vrrp-words.ts';

const SILENT_SECONDS = 30;
const SILENT_GAPS = 10;
/** As long as the longest pauses of late were, and this often again, it may be one of them. */
const SILENT_LONGEST = 3;
/** Each is a look at all routers. */
const SILENT_LOOKS_A_SECOND = 16;
/** Datagrams closer together than this belong to one waking of the sender's thread. */
const GAP_MICROS = MICROS;
const GAPS_KEPT = 64;
/** Before it was heard so many times, over so long, nobody knows how it sends. */
const FEWEST_DATAGRAMS = 50;
const LEARNT_SECONDS = 300;
/** One that begins anew with every datagram is told of once. */
const TELL_RESTART_MICROS = 60 * MICROS;
/** What comes late may close a gap. */
const LATE_MICROS = MICROS;
const MOST_GAPS_WAITING = 1024;

const loss: Rule = {
  kind: 'ipvs.loss',
  severity: 'warning',
  rule: 'the IPv4 identifications of a sender that numbers its datagrams one by one (95 % of 50 or more steps are 1) leave some out, and they do not come within a second',
  meaning: 'Sync datagrams did not reach this port. Where the backup lost them too, it lacks those sessions until each is synced again.',
  advice:
    'Look at sniff.drops first; then at drops on the switch ports, at `nstat UdpRcvbufErrors` of the backup, and raise sync_sock_size there.',
  needs: ['sync', 'network'],
  quietSeconds: 60,
};

const masterRestart: Rule = {
  kind: 'ipvs.master_restart',
  severity: 'info',
  rule: 'a sender of sync goes on from another UDP source port, or its IPv4 identifications, one by one before, jump back',
  meaning:
    'Its sync daemon was stopped and started: by a change of the master and back, by keepalived, by hand, or the host came up again.',
  advice: 'None when the mastership changed; otherwise look why keepalived or the host restarted.',
  needs: ['sync'],
  form: 'notice',
  quietSeconds: null,
};

const silence: Rule = {
  kind: 'ipvs.silence',
  severity: 'warning',
  rule: `no sync datagram for ${SILENT_SECONDS} s, ${SILENT_GAPS} times the median and ${SILENT_LONGEST} times the longest of its latest pauses, while sessions are active and one of its senders is VRRP master; once ${FEWEST_DATAGRAMS} were seen over ${LEARNT_SECONDS} s`,
  meaning: 'The backups are no longer told of sessions: after a failover those that came since are cut. Or no traffic comes any more.',
  advice: 'Look at `ipvsadm -l --daemon` on the master, and whether traffic reaches its services (`ipvsadm -ln --rate`).',
  needs: ['sync', 'network'],
  quietSeconds: null,
};

/** All senders on one segment with one group and syncid: whoever is master sends. */
interface Channel {
  readonly daemons: Daemon[];
  latest: Daemon;
  frame: number;
  readonly firstMicros: number;
  lastMicros: number;
  datagrams: number;
  /** The latest pauses of `GAP_MICROS` or more, in microseconds. */
  readonly gaps: number[];
  isSilent: boolean;
}

interface Gap {
  readonly daemon: Daemon;
  readonly atMicros: number;
  readonly frames: readonly number[];
  /** `SyncFlow.lost` before it. */
  readonly before: number;
}

function silentAfterMicros({ gaps }: Channel): number {
  const sorted = [...gaps].sort((a, b) => a - b);
  const median = sorted.at(sorted.length >> 1) ?? 0;
  return Math.max(SILENT_SECONDS * MICROS, SILENT_GAPS * median, SILENT_LONGEST * (sorted.at(-1) ?? 0));
}

/** The master of a virtual router of which one of the channel's senders is a member; undefined: none is known; null: none has one. */
function masterOf({ daemons }: Channel, { routers }: World): RouterSender | null | undefined {
  const its = routers.all.filter(({ senders }) => senders.some((sender) => daemons.some((daemon) => isSameRouter(sender, daemon))));
  if (its.length === 0) return undefined;
  const masters = its.flatMap(({ state, master }) => (state === 'master' && master ? [master] : []));
  return masters.find((master) => daemons.some((daemon) => isSameRouter(master, daemon))) ?? null;
}

export const flowRules: RuleSet = {
  rules: [loss, masterRestart, silence],
  check(world) {
    const silences = new Held(silence);
    const looks = new Budget(SILENT_LOOKS_A_SECOND);
    const channels = new Map<string, Channel>();
    /** By index of a daemon. */
    const channelAt: Channel[] = [];
    const waiting = new Map<SyncFlow, Gap>();
    /** When a restart was told of. */
    const restarts = new WeakMap<SyncFlow, number>();

    function enter(index: number, atMicros: number): Channel {
      const daemon = world.daemons.all[index];
      const name = `${daemon.segment} ${channelOf(daemon)}`;
      const fresh = {
        daemons: [],
        latest: daemon,
        frame: 0,
        firstMicros: atMicros,
        lastMicros: atMicros,
        datagrams: 0,
        gaps: [],
        isSilent: false,
      };
      const channel: Channel = channels.get(name) ?? fresh;
      channel.daemons.push(daemon);
      channels.set(name, channel);
      channelAt[index] = channel;
      return channel;
    }

    function noteStep(flow: SyncFlow, daemon: Daemon, atMicros: number, report: Report): void {
      const frames = [flow.previousFrame, flow.frame];
      if (flow.step === 'gap' && waiting.size < MOST_GAPS_WAITING && !waiting.has(flow))
        waiting.set(flow, { daemon, atMicros, frames, before: flow.lost - flow.missing });
      if (flow.step !== 'restart' || atMicros - (restarts.get(flow) ?? Number.NEGATIVE_INFINITY) < TELL_RESTART_MICROS) return;
      restarts.set(flow, atMicros);
      const text = `${addressText(daemon.address)}: the sender of ${channelOf(daemon)} began anew, now from UDP port ${flow.sourcePort}`;
      report.raise(masterRestart, { atMicros, subject: daemonSubject(world, daemon), text, frames });
    }

    function judgeGaps(nowMicros: number, report: Report): void {
      for (const [flow, { daemon, atMicros, frames, before }] of waiting) {
        if (nowMicros - atMicros < LATE_MICROS) continue;
        waiting.delete(flow);
        const lost = flow.lost - before;
        if (lost <= 0) continue;
        const text = `${addressText(daemon.address)}: ${lost} datagrams of ${channelOf(daemon)} did not arrive, ${daemon.lostDatagrams ?? lost} of ${daemon.datagrams} since the start`;
        report.raise(loss, { atMicros, subject: daemonSubject(world, daemon), text, frames, details: { lost } });
      }
    }

    function judgeSilence(channel: Channel, nowMicros: number, report: Report): void {
      const { latest, firstMicros, lastMicros, datagrams, frame } = channel;
      const silentMicros = nowMicros - lastMicros;
      if (channel.isSilent || datagrams < FEWEST_DATAGRAMS || lastMicros - firstMicros < LEARNT_SECONDS * MICROS) return;
      if (silentMicros <= SILENT_SECONDS * MICROS || silentMicros <= silentAfterMicros(channel)) return;
      const subject = channelSubject(world, latest);
      if (!looks.take(nowMicros)) return;
      const master = masterOf(channel, world);
      if (master === undefined) report.unknown(silence, subject, 'none of its senders is known to be a router of VRRP');
      else report.known(silence, subject);
      if (!master) return;
      const active = world.sessions.bindings.all.reduce((sum, one) => sum + (one.segment === latest.segment ? one.active : 0), 0);
      if (active === 0) return;
      channel.isSilent = true;
      const text = `no datagram of ${channelOf(latest)} for ${seconds(silentMicros)}, while ${addressText(master.address)} is master and ${active} sessions are active`;
      silences.raise(report, { atMicros: nowMicros, subject, text, frames: framesOf(master.frames, [frame]) });
    }

    return {
      sync({ atMicros, frame }, index, report) {
        const channel = channelAt[index] ?? enter(index, atMicros);
        const gap = atMicros - channel.lastMicros;
        if (gap >= GAP_MICROS) {
          channel.gaps.push(gap);
          if (channel.gaps.length > GAPS_KEPT) channel.gaps.shift();
        }
        channel.latest = world.daemons.all[index];
        channel.lastMicros = atMicros;
        channel.frame = frame;
        channel.datagrams++;
        if (channel.isSilent) {
          channel.isSilent = false;
          silences.clear(report, channelSubject(world, channel.latest), atMicros);
        }
        const { flow } = world.daemons;
        if (flow.step !== 'next') noteStep(flow, channel.latest, atMicros, report);
      },
      second(nowMicros, report) {
        judgeGaps(nowMicros, report);
        for (const channel of channels.values()) judgeSilence(channel, nowMicros, report);
      },
    };
  },
};
