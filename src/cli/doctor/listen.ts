/** Listening for the doctor: a while as nobody, then as a member of the groups, so that what a switch withholds shows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addressText } from '../../../dissectors/address.ts';
import type { SyncChannel } from '../../../dissectors/dissector.ts';
import { interfaceFacts } from '../../capture/interface-facts.ts';
import { listInterfaces } from '../../capture/interfaces.ts';
import { groupsOf, joinGroups } from '../../capture/joins.ts';
import { heldMemberships } from '../../capture/memberships.ts';
import type { CaptureStatus } from '../../contract/capture.ts';
import { startLiveSource } from '../../live-source.ts';
import { createLog } from '../../log.ts';
import { createPipeline } from '../../pipeline.ts';
import { createMonitor, type Monitor } from '../../state/monitor.ts';
import { count, newTally, type Tally } from './tally.ts';

export interface ListenOptions {
  /** To listen to. */
  readonly interfaces: readonly string[];
  readonly sync: readonly SyncChannel[];
  /** False: nothing is sent. */
  readonly join: boolean;
  readonly seconds: number;
}

export interface Heard extends ListenOptions {
  /** udp: plain sockets, for want of the right to capture. */
  readonly capture: 'pcap' | 'udp';
  readonly monitor: Monitor;
  readonly captures: readonly CaptureStatus[];
  readonly tally: Tally;
  /** How many of the seconds were before the join. */
  readonly beforeSeconds: number;
  /** Groups that were to be joined. */
  readonly groups: readonly string[];
  /** `INTERFACE GROUP` that other programs of this machine had joined before. */
  readonly heldBefore: ReadonlySet<string>;
  /** What could not be joined, with the reason, by interface. */
  readonly notJoined: ReadonlyMap<string, readonly string[]>;
  /** Which interfaces took everything that passed, whomever it was for. */
  readonly promiscuous: ReadonlySet<string>;
  /** By how much the wall's clock was set while we listened. */
  readonly stepMicros: number;
}

const MOST_SESSIONS = 100_000;
/** Of the whole time; a sync daemon that has something to say sends within 3 s (sync_refresh_period and the kernel's own delay apart). */
const SHARE_BEFORE = 0.4;

/** Before it has joined, a plain socket hears nothing whatever the switch does. */
function secondsBefore({ join, seconds }: ListenOptions, capture: Heard['capture']): number {
  if (!join) return seconds;
  return capture === 'udp' ? 0 : seconds * SHARE_BEFORE;
}

const wallMicros = () => Date.now() * 1000;

/** @throws OperatorError as `startLiveSource`: without the right or the module to capture */
export async function listen(options: ListenOptions, capture: Heard['capture']): Promise<Heard> {
  const { interfaces, sync, join, seconds } = options;
  const monitor = createMonitor({ maxSessions: MOST_SESSIONS, trackChanges: false });
  const tally = newTally();
  const beforeSeconds = secondsBefore(options, capture);
  let joined = false;
  const frame = createPipeline({
    monitor,
    syncChannels: sync,
    headersSeen: capture === 'pcap',
    keep: (captured, dissection) => count(tally, captured, dissection, { own: monitor.own, joined, nowMicros: wallMicros() }),
  });
  const heldBefore = new Set(heldMemberships().map(({ interface: name, group }) => `${name} ${group}`));
  const source = await startLiveSource({ kind: 'live', interfaces, join: false, capture }, { sync, monitor, frame, log: createLog() });
  const groups = capture === 'pcap' ? groupsOf(sync) : [...new Set(sync.map(({ group }) => addressText(group)))];
  const joins = joinGroups(groups);
  const begun = { wall: wallMicros(), steady: performance.now() * 1000 };
  try {
    await sleep(beforeSeconds * 1000);
    if (join) {
      joins.keepUp(listInterfaces().filter(({ name }) => interfaces.includes(name)));
      joined = true;
      await sleep((seconds - beforeSeconds) * 1000);
    }
    const stepMicros = wallMicros() - begun.wall - (performance.now() * 1000 - begun.steady);
    const notJoined = new Map(interfaces.map((name) => [name, joins.notJoined(name)]));
    const promiscuous = new Set(interfaces.filter((name) => interfaceFacts(name).promiscuous));
    const captures = source.status();
    return { ...options, capture, monitor, captures, tally, beforeSeconds, groups, heldBefore, notJoined, promiscuous, stepMicros };
  } finally {
    joins.leave();
    await source.stop();
  }
}
