/** Whether the capture was whole, and the clock it goes by. */
import type { CaptureStatus } from '../../contract/capture.ts';
import { type Finding, found, type Kind } from './finding.ts';
import type { Heard } from './listen.ts';

const WHOLE: Kind = {
  kind: 'capture.whole',
  severity: 'ok',
  when: 'the interface was open all the time and nothing was lost',
  meaning: 'What is said below is all that passed.',
  advice: [],
};

const LOST: Kind = {
  kind: 'capture.lost',
  severity: 'warning',
  when: 'frames were lost by the kernel, the card or the queue',
  meaning: 'This machine cannot keep up, or was busy with something else: sessions will be missing or out of date.',
  advice: [
    'look for what takes the processor (`top`)',
    'kernel: give lvscope a core of its own; interface: `ethtool -S IF`, `ethtool -G IF rx N` for a larger ring',
  ],
};

const CUT: Kind = {
  kind: 'capture.interrupted',
  severity: 'warning',
  when: 'for a part of the time the interface was not open',
  meaning: 'What passed meanwhile is unknown.',
  advice: ['look at cable, port and switch (`journalctl -k`)'],
};

const NOT_PROMISCUOUS: Kind = {
  kind: 'capture.not_promiscuous',
  severity: 'info',
  when: 'the interface did not take frames for others while it was listened to',
  meaning:
    'On a mirror port unicast between others (VRRP with unicast_peer, ARP answers) stays unseen, and groups come only if the card was told of them by a join.',
  advice: ['choose an interface that can be promiscuous; a virtual one needs its hypervisor to allow it'],
};

const CLOCK: Kind = {
  kind: 'clock.steady',
  severity: 'ok',
  when: 'the clock was not set and no frame was ahead of it',
  meaning: 'Times can be compared with those of the directors as far as both keep time.',
  advice: [],
};

const STEP: Kind = {
  kind: 'clock.step',
  severity: 'warning',
  when: 'the clock was set by more than half a second while we listened',
  meaning: 'Times, gaps and rates around such a step are wrong.',
  advice: ['keep time with chrony or systemd-timesyncd, which slew after their start; `timedatectl` says whether it is in step'],
};

const AHEAD: Kind = {
  kind: 'clock.frames_ahead',
  severity: 'warning',
  when: 'frames carried times more than half a second ahead of the clock',
  meaning: 'The card stamps them with a clock of its own, or the clock was set back: sessions seem to live longer than they do.',
  advice: ['set the clock of the card (`phc2sys -s CLOCK_REALTIME -c IF`), or switch its stamps off (`hwstamp_ctl -i IF -r 0`)'],
};

export const CAPTURE_KINDS = [WHOLE, LOST, CUT, NOT_PROMISCUOUS, CLOCK, STEP, AHEAD];

const HALF_A_SECOND = 500_000;
const seconds = (micros: number): string => `${(Math.abs(micros) / 1_000_000).toFixed(1)} s`;

function captureFinding({ id, kind, up, packets, dropped, blind, restarts }: CaptureStatus, heard: Heard): Finding[] {
  const about = { interface: kind === 'pcap' ? id : null };
  const losses = Object.entries(dropped).filter(([, number]) => (number ?? 0) > 0);
  const [interrupted] = blind;
  if (!up && !interrupted) return [];
  const text = `${id}: ${packets} frames in ${heard.seconds} s`;
  return [
    ...(losses.length > 0
      ? [found(LOST, `${text}, lost: ${losses.map(([where, number]) => `${number} by the ${where}`).join(', ')}`, about)]
      : []),
    ...(interrupted
      ? [found(CUT, `${text}, ${blind.length} interruptions (${interrupted.reason}), ${restarts.probe ?? 0} restarts`, about)]
      : []),
    ...(losses.length > 0 || interrupted || kind === 'udp' ? [] : [found(WHOLE, `${text}, none lost`, about)]),
  ];
}

function clockFindings({ stepMicros, tally: { aheadMicros } }: Heard): Finding[] {
  const wrong = [
    ...(Math.abs(stepMicros) > HALF_A_SECOND
      ? [found(STEP, `the clock was set ${stepMicros > 0 ? 'forward' : 'back'} by ${seconds(stepMicros)}`)]
      : []),
    ...(aheadMicros > HALF_A_SECOND ? [found(AHEAD, `frames are up to ${seconds(aheadMicros)} ahead of the clock`)] : []),
  ];
  return wrong.length > 0 ? wrong : [found(CLOCK, 'the clock went on evenly, and no frame was ahead of it')];
}

export function captureFindings(heard: Heard): Finding[] {
  const { captures, capture, promiscuous } = heard;
  const deaf = captures.filter(({ up, id }) => capture === 'pcap' && up && !promiscuous.has(id));
  return [
    ...captures.flatMap((status) => captureFinding(status, heard)),
    ...deaf.map(({ id }) => found(NOT_PROMISCUOUS, `${id} was not promiscuous while it was listened to`, { interface: id })),
    ...clockFindings(heard),
  ];
}
