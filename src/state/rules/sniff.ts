/** How well lvscope itself sees. What happens outside the frames is raised by whoever runs the capture, by these rules. */
import type { Report, Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import type { Sighting } from '../sighting.ts';

export const DROPS: Rule = {
  kind: 'sniff.drops',
  severity: 'warning',
  rule: "the capture's counters of frames dropped by the kernel or by its own queue grew",
  meaning: 'Sessions, adverts and joins may have passed unseen: what is shown may be incomplete until the next sync of each.',
  advice: 'Give lvscope more CPU time, capture on fewer interfaces, or name the sync groups more narrowly with --sync.',
  needs: ['live'],
  quietSeconds: 60,
};

export const CLOCK_STEP: Rule = {
  kind: 'sniff.clock_step',
  severity: 'warning',
  rule: "a frame's time lies more than 2 s before that of the frame before it, or the wall clock and the steady clock part by more than 2 s",
  meaning: 'Times and durations around this moment are wrong: sessions may run out too early or too late, and so may masters.',
  advice: 'Let chrony or ntpd slew the clock rather than step it. In a recording: give the files in the order of their time.',
  needs: [],
  form: 'notice',
  quietSeconds: null,
};

const GAP: Rule = {
  kind: 'sniff.gap',
  severity: 'warning',
  rule: 'lvscope was not running: the time between its last write and its start',
  meaning: 'What happened meanwhile is not known; sessions that have not run out since were read back as they were.',
  advice: 'Run it under systemd with Restart=always; after a stop on purpose there is nothing to do.',
  needs: ['live'],
  form: 'notice',
  quietSeconds: null,
};

export const BLIND: Rule = {
  kind: 'sniff.blind',
  severity: 'warning',
  rule: 'an interface gives no frames: it is down, gone or renamed, or its capture ended; the event comes at the end, with the duration',
  meaning: 'Frames may pass unseen; a master that seems lost meanwhile may be there all the time.',
  advice: 'Look at the link of the interface and at the log around that time.',
  needs: ['live'],
  form: 'silent',
  quietSeconds: null,
};

const CUT: Rule = {
  kind: 'sniff.cut',
  severity: 'warning',
  rule: 'the capture kept less of a frame than came, and not enough to read it',
  meaning: 'Nothing of such a frame is entered, not even the records of sync that were kept whole.',
  advice:
    'In a recording: capture whole frames (`tcpdump -s 0`). Live, 9216 octets are kept: the kernel has joined datagrams, which `lvscope doctor` finds, or the MTU is larger still.',
  needs: [],
  quietSeconds: 60,
};

/** Frames of several ports, and of a switch's mirror, come a little out of order. */
const DISORDER_MICROS = 2_000_000;
const SECOND = 1_000_000;

function lookForCut({ fault, atMicros, segment, frame }: Sighting, report: Report): void {
  if (fault?.code !== 'cut') return;
  report.raise(CUT, { atMicros, subject: segmentSubject(segment), text: `of frame ${frame}, ${fault.text}`, frames: [frame] });
}

export const sniffRules: RuleSet = {
  rules: [DROPS, CLOCK_STEP, GAP, BLIND, CUT],
  check: () => {
    let latestMicros = Number.NEGATIVE_INFINITY;
    let latestFrame = 0;
    function look({ atMicros, frame }: Sighting, report: Report): void {
      const backMicros = latestMicros - atMicros;
      if (backMicros > DISORDER_MICROS) {
        const text = `frame ${frame} is ${(backMicros / SECOND).toFixed(1)} s older than frame ${latestFrame}, which came before it`;
        report.raise(CLOCK_STEP, { atMicros, subject: {}, text, frames: [latestFrame, frame] });
      } else if (backMicros > 0) return;
      latestMicros = atMicros;
      latestFrame = frame;
    }
    return {
      frame(sighting, report) {
        look(sighting, report);
        lookForCut(sighting, report);
      },
      sync: (sighting, _daemon, report) => look(sighting, report),
    };
  },
};
