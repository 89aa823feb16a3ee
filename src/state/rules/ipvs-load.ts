/** How much connection sync is sent: bursts, and more than a thread can take. */
import { addressText } from '../../../dissectors/address.ts';
import { type Daemon, Daemons } from '../daemons.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { channelOf, daemonSubject, MICROS } from './ipvs-words.ts';

const BURST_TIMES = 10;
/** In records a second: less is no load, whatever it was before. */
const LEAST_BURST = 500;
const BASELINE_SECONDS = 600;
/** A sender has a baseline once it was heard for so long. */
const LEARNT_SECONDS = 300;
/** Datagrams a second to one port, which one thread of a backup takes: at the usual 1472 octets about 120 Mbit/s and 400 000 records. */
const FULL_RATE = 10_000;
const FULL_SECONDS = 10;

const burst: Rule = {
  kind: 'ipvs.burst',
  severity: 'info',
  rule: `a sender syncs more than ${LEAST_BURST} records a second and ${BURST_TIMES} times its average of about ${BASELINE_SECONDS / 60} minutes`,
  meaning: 'Many more sessions than usual come or end at once: an attack, a crowd, or clients that all reconnect.',
  advice: 'See which services the new sessions are for, and whether their real servers bear them.',
  needs: ['sync'],
  quietSeconds: 60,
};

const rate: Rule = {
  kind: 'ipvs.rate',
  severity: 'warning',
  rule: `a sender sends ${FULL_RATE} datagrams a second or more to each of its ports, for ${FULL_SECONDS} s`,
  meaning:
    'Near what one thread and its queue take: what does not fit sync_qlen_max is dropped by the sender, or by the backup, without a trace.',
  advice: 'Use more threads (sync_ports), longer datagrams (sync_maxlen), and sync less often (sync_refresh_period, sync_period).',
  needs: ['sync'],
  quietSeconds: 60,
};

interface Load {
  /** Since when this check counts; the sender may be older. */
  readonly sinceMicros: number;
  /** Records a second, averaged. */
  baseline: number;
  records: number;
  datagrams: number;
  fullSeconds: number;
  frame: number;
}

export const loadRules: RuleSet = {
  rules: [burst, rate],
  check(world) {
    /** By index of a daemon. */
    const loads: Load[] = [];

    function judge(daemon: Daemon, load: Load, nowMicros: number, report: Report): void {
      const perSecond = Daemons.rateAt(daemon, nowMicros);
      const isLearnt = nowMicros - load.sinceMicros >= LEARNT_SECONDS * MICROS;
      const who = `${addressText(daemon.address)} sends ${channelOf(daemon)}`;
      const base = { atMicros: nowMicros, subject: daemonSubject(world, daemon), frames: [load.frame] };
      if (isLearnt && perSecond >= LEAST_BURST && perSecond > BURST_TIMES * load.baseline) {
        const text = `${who} with ${Math.round(perSecond)} records a second, ${Math.round(load.baseline)} on average`;
        report.raise(burst, { ...base, text });
      }
      const datagrams = (daemon.datagrams - load.datagrams) / (daemon.toPort - daemon.fromPort + 1);
      load.fullSeconds = datagrams >= FULL_RATE ? load.fullSeconds + 1 : 0;
      if (load.fullSeconds >= FULL_SECONDS) {
        const text = `${who} with ${Math.round(datagrams)} datagrams a second to each port for ${load.fullSeconds} s`;
        report.raise(rate, { ...base, text });
      }
    }

    return {
      sync({ atMicros, frame }, index) {
        const load = loads[index];
        if (load) load.frame = frame;
        else {
          const { records, datagrams } = world.daemons.all[index];
          loads[index] = { sinceMicros: atMicros, baseline: 0, records, datagrams, fullSeconds: 0, frame };
        }
      },
      second(nowMicros, report) {
        loads.forEach((load, index) => {
          const daemon = world.daemons.all[index];
          judge(daemon, load, nowMicros, report);
          // The first minutes weigh as much as they are, not as if there had been silence before them.
          const heardSeconds = Math.max(1, (nowMicros - load.sinceMicros) / MICROS);
          load.baseline += (daemon.records - load.records - load.baseline) / Math.min(heardSeconds, BASELINE_SECONDS);
          load.records = daemon.records;
          load.datagrams = daemon.datagrams;
        });
      },
    };
  },
};
