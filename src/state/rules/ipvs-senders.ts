/** Several senders of connection sync on one channel (segment, group and syncid): who interferes with whom. */
import { addressText, sameAddress } from '../../../dissectors/address.ts';
import type { Daemon } from '../daemons.ts';
import { downMicros } from '../router.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import type { Sighting } from '../sighting.ts';
import { SenderVirtuals } from './ipvs-virtuals.ts';
import { channelOf, channelSubject, MICROS, seconds } from './ipvs-words.ts';

const TOGETHER_SECONDS = 10;
/** One takes over from the other: that is one turn. One that had datagrams left to send: two more. Five are no handover. */
const TURNS = 5;
/** In Master_Down_Intervals: how long after a change of the master turns are part of it. */
const CHANGE_WINDOW = 3;
const MIX_SECONDS = 60;

const multiMaster: Rule = {
  kind: 'ipvs.multi_master',
  severity: 'warning',
  rule: `two senders with one group, port and syncid take turns ${TURNS} times, never more than ${TOGETHER_SECONDS} s apart, and not within ${CHANGE_WINDOW} Master_Down_Intervals of a change of a VRRP master`,
  meaning:
    'Both directors forward traffic of the same services, as in a split brain, and each overwrites what the other had told the backups.',
  advice: 'Look who is VRRP master. Where both shall forward (active-active), give each its own syncid; see `ipvsadm -l --daemon` on both.',
  needs: ['sync'],
  quietSeconds: 60,
};

const syncidConflict: Rule = {
  kind: 'ipvs.syncid_conflict',
  severity: 'warning',
  rule: `as ipvs.multi_master, and no virtual address is in the sync of both`,
  meaning: 'Two clusters share group and syncid: the backups of each fill their tables with the sessions of the other.',
  advice: 'Give each cluster a syncid of its own (`lvs_sync_daemon ... id N` of keepalived, `ipvsadm --syncid N`), or a group of its own.',
  needs: ['sync'],
  quietSeconds: 60,
};

const versionMix: Rule = {
  kind: 'ipvs.version_mix',
  severity: 'warning',
  rule: `versions 0 and 1 of sync go to one group within ${MIX_SECONDS} s, from two senders or in turns from one`,
  meaning: 'A backup of a kernel before 2.6.39 drops version 1, and version 0 carries no timeouts, IPv6, or firewall marks.',
  advice: 'Set `net.ipv4.vs.sync_version` to the same value on all directors, 1 if their kernels know it.',
  needs: ['sync'],
  quietSeconds: MIX_SECONDS,
};

/** The latest datagram of one sender before another's. */
interface Turn {
  readonly daemon: Daemon;
  atMicros: number;
  frame: number;
}

interface Channel {
  readonly daemons: Daemon[];
  turns: Turn[];
  toldSecond: number;
}

interface Versions {
  /** By version: the latest datagram of it. */
  readonly latest: [Turn | null, Turn | null];
  current: 0 | 1;
  /** When it changed, the latest time last, with the frame before. */
  changes: { readonly atMicros: number; readonly frames: readonly number[] }[];
}

const overlap = (a: Daemon, b: Daemon): boolean => a.fromPort <= b.toPort && b.fromPort <= a.toPort;

export const syncSenderRules: RuleSet = {
  rules: [multiMaster, syncidConflict, versionMix],
  check(world) {
    const virtuals = new SenderVirtuals();
    const channels = new Map<string, Channel>();
    const groups = new Map<string, Versions>();
    /** By index of a daemon. */
    const channelAt: Channel[] = [];
    const groupAt: Versions[] = [];
    /** Until then senders may take turns because masters do. */
    let changingUntilMicros = Number.NEGATIVE_INFINITY;

    function enter(index: number): void {
      const daemon = world.daemons.all[index];
      const group = `${daemon.segment} ${addressText(daemon.group)}`;
      const name = `${group} ${daemon.syncid}`;
      const channel: Channel = channels.get(name) ?? { daemons: [], turns: [], toldSecond: 0 };
      channel.daemons.push(daemon);
      channels.set(name, channel);
      channelAt[index] = channel;
      const versions: Versions = groups.get(group) ?? { latest: [null, null], current: daemon.version, changes: [] };
      groups.set(group, versions);
      groupAt[index] = versions;
    }

    function noteTurn(channel: Channel, daemon: Daemon, { atMicros, frame }: Sighting, report: Report): void {
      const last = channel.turns.at(-1);
      if (last?.daemon === daemon) {
        last.atMicros = atMicros;
        last.frame = frame;
        return;
      }
      const isLate = last !== undefined && atMicros - last.atMicros > TOGETHER_SECONDS * MICROS;
      if (isLate || atMicros <= changingUntilMicros) channel.turns = [];
      channel.turns.push({ daemon, atMicros, frame });
      if (channel.turns.length > TURNS) channel.turns.shift();
      if (channel.turns.length === TURNS) judge(channel, atMicros, report);
    }

    function judge(channel: Channel, atMicros: number, report: Report): void {
      const second = Math.floor(atMicros / MICROS);
      if (second === channel.toldSecond) return;
      const [{ daemon: one }] = channel.turns;
      const other = channel.turns.find(({ daemon }) => !sameAddress(daemon.address, one.address) && overlap(daemon, one))?.daemon;
      if (!other) return;
      channel.toldSecond = second;
      const areApart = virtuals.areApart(one.index, other.index);
      const both = `${addressText(one.address)} and ${addressText(other.address)} both send ${channelOf(one)}`;
      const text = areApart
        ? `${both}, the one for ${virtuals.of(one.index).length} and the other for ${virtuals.of(other.index).length} virtual addresses, none of them the same`
        : `${both}: ${TURNS} turns within ${seconds(atMicros - channel.turns[0].atMicros)}`;
      const frames = channel.turns.map(({ frame }) => frame);
      report.raise(areApart ? syncidConflict : multiMaster, { atMicros, subject: channelSubject(world, one), text, frames });
    }

    function noteVersion(versions: Versions, daemon: Daemon, { ipvs, atMicros, frame }: Sighting, report: Report): void {
      if (!ipvs) return;
      const { version } = ipvs;
      const before = versions.latest[1 - version];
      const latest = versions.latest[version];
      if (latest?.daemon === daemon) {
        latest.atMicros = atMicros;
        latest.frame = frame;
      } else versions.latest[version] = { daemon, atMicros, frame };
      if (version === versions.current) return;
      versions.current = version;
      if (!before) return;
      const recent = versions.changes.filter((change) => atMicros - change.atMicros <= MIX_SECONDS * MICROS);
      versions.changes = [...recent, { atMicros, frames: [before.frame, frame] }].slice(-2);
      const sinceMicros = atMicros - before.atMicros;
      // A sender that changes once has been set up anew.
      const isMix = versions.changes.length > 1 || !sameAddress(before.daemon.address, daemon.address);
      if (!isMix || sinceMicros > MIX_SECONDS * MICROS) return;
      const text = `${addressText(daemon.address)} sends version ${version} to ${addressText(daemon.group)}, and ${addressText(before.daemon.address)} sent version ${1 - version} ${seconds(sinceMicros)} before`;
      const frames = [...new Set(versions.changes.flatMap((change) => change.frames))];
      const { daemon: _, ...where } = channelSubject(world, daemon);
      report.raise(versionMix, { atMicros, subject: { address: addressText(daemon.group), ...where }, text, frames });
    }

    return {
      sync(sighting, index, report) {
        if (channelAt[index] === undefined) enter(index);
        const channel = channelAt[index];
        const daemon = world.daemons.all[index];
        if (channel.daemons.length > 1) virtuals.sync(sighting, index);
        noteTurn(channel, daemon, sighting, report);
        // What is neither version reads as version 0.
        if (sighting.notes.length === 0) noteVersion(groupAt[index], daemon, sighting, report);
      },
      change({ to, from, atMicros }) {
        const micros = Math.max(...[to, from].map((sender) => (sender ? downMicros(sender) : 0)));
        changingUntilMicros = Math.max(changingUntilMicros, atMicros + CHANGE_WINDOW * micros);
      },
    };
  },
};
