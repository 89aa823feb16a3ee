/** Live interfaces as a source: frames and blind intervals in, status in the contract's shape out. */
import type { MacAddress } from '../dissectors/address.ts';
import { listInterfaces } from './capture/interfaces.ts';
import type { LiveCapture, LiveListener } from './capture/live.ts';
import { startLive } from './capture/live.ts';
import { RING_MIB } from './capture/probe-messages.ts';
import type { BlindInterval, InterfaceStatus } from './capture/status.ts';
import { startUdp, UDP_CANNOT_SEE } from './capture/udp.ts';
import type { CaptureStatus } from './contract/capture.ts';
import { timeText } from './contract/scalars.ts';
import type { LiveOptions, Source, SourceUse } from './source.ts';
import type { Monitor } from './state/monitor.ts';
import { BLIND } from './state/rules/sniff.ts';

/** Octets kept of a frame: whole jumbo frames. */
const SNAP_LENGTH = 9216;
/** The latest blind intervals kept for each interface; all of them are events. */
const MOST_BLIND = 20;

/** While it lasts; the event follows when it is over. */
function noteProblem(monitor: Monitor, { interface: name, problem, since }: InterfaceStatus): void {
  if (problem === null) return;
  const text = `nothing is seen on ${name}: ${problem}`;
  monitor.checks.raise(BLIND, { atMicros: since, subject: { interface: name }, text, frames: [] });
}

/** An earlier run that was killed may have left some. */
function endBlindness(monitor: Monitor, atMicros: number): void {
  for (const { kind, subject } of monitor.anomalies.all) if (kind === BLIND.kind) monitor.checks.clear(BLIND, subject, atMicros);
}

function noteBlind(monitor: Monitor, blind: BlindInterval): void {
  const seconds = ((blind.toMicros - blind.fromMicros) / 1_000_000).toFixed(1);
  monitor.checks.clear(BLIND, { interface: blind.interface }, blind.toMicros);
  monitor.log({
    atMicros: blind.toMicros,
    kind: BLIND.kind,
    severity: BLIND.severity,
    text: `nothing was seen on ${blind.interface} for ${seconds} s: ${blind.reason}`,
    subject: { interface: blind.interface },
    reason: blind.reason,
    gapMs: (blind.toMicros - blind.fromMicros) / 1000,
    details: { from: timeText(blind.fromMicros), to: timeText(blind.toMicros) },
  });
}

function statusOf(status: InterfaceStatus, blind: readonly BlindInterval[]): CaptureStatus {
  return {
    id: status.interface,
    kind: status.source,
    interface: status.interface,
    up: status.up,
    packets: status.packets,
    octets: status.octets,
    dropped: status.dropped ?? { kernel: null, interface: null, queue: null },
    restarts: status.restarts > 0 ? { probe: status.restarts } : {},
    lastPacket: status.lastPacketMicros === null ? null : timeText(status.lastPacketMicros),
    since: timeText(status.since),
    blind: blind.map((b) => ({ from: timeText(b.fromMicros), to: timeText(b.toMicros), reason: b.reason })),
    cannotSee: [
      ...(status.source === 'udp' ? UDP_CANNOT_SEE : []),
      ...(status.problem === null ? [] : [`anything: ${status.problem}`]),
      ...status.notJoined.map((group) => `what a switch withholds from ports that have not joined: ${group}`),
    ],
  };
}

/** Never rejects: a live source that fails is tried again for as long as the monitor runs. */
const neverFails = new Promise<never>(() => {});

export async function startLiveSource(options: LiveOptions, use: SourceUse): Promise<Source> {
  const blindOf = new Map<string, BlindInterval[]>();
  const own = (mac: MacAddress | null): void => {
    if (mac !== null) use.monitor.own.add(mac);
  };
  // Before the first join is sent; those of interfaces that come later are told by their status.
  for (const { mac } of listInterfaces()) own(mac);
  const listener: LiveListener = {
    frame: use.frame,
    status(status) {
      own(status.mac);
      noteProblem(use.monitor, status);
    },
    blind(interval) {
      const kept = blindOf.get(interval.interface) ?? [];
      blindOf.set(interval.interface, [...kept, interval].slice(-MOST_BLIND));
      noteBlind(use.monitor, interval);
    },
  };
  endBlindness(use.monitor, Date.now() * 1000);
  const { interfaces, join, from } = options;
  const capture: LiveCapture =
    options.capture === 'udp'
      ? await startUdp({ interfaces, sync: use.sync, join }, listener)
      : await startLive({ interfaces, sync: use.sync, join, snapLength: SNAP_LENGTH, bufferMiB: RING_MIB, from }, listener);
  return {
    failed: neverFails,
    status: () => capture.status().map((status) => statusOf(status, blindOf.get(status.interface) ?? [])),
    stop: () => capture.stop(),
  };
}
