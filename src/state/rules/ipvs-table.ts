/** More on the wire than there is room for: a flood of forged frames, or bounds too small for this network. */
import { addressText, type MacAddress, macText } from '../../../dissectors/address.ts';
import { Daemons } from '../daemons.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { Held } from './held.ts';

/** A condition that comes and goes with the load is one anomaly. */
const QUIET_MICROS = 10_000_000;
/** Link-layer addresses counted within a second; a flood may make each of its frames come from another. */
const MOST_MACS = 64;

const tableFull: Rule = {
  kind: 'ipvs.table_full',
  severity: 'warning',
  rule: 'the connection table is full: a new session had to take the place of one that was confirmed less, or found none',
  meaning:
    'There are more sessions than --max-sessions, or somebody forges connection sync. Sessions that the VRRP master, or the sender heard of longest, has confirmed are kept; those said once and those of others go first.',
  advice:
    'See who sends (`lvscope daemons`): block a sender that is no director at its port; raise --max-sessions if the sessions are real.',
  needs: ['sync'],
  quietSeconds: null,
};

const noRoom: Rule = {
  kind: 'sniff.no_room',
  severity: 'warning',
  rule: 'a bounded list had no room for what came: virtual routers, senders of sync, neighbors, groups, segments, real servers or fragments',
  meaning:
    'There are more of them than any network this is made for has: somebody forges frames. What was known before is kept, or the oldest goes.',
  advice:
    'See which list it is and who sends most of these frames, and block that port; restart lvscope afterwards if forged entries are in the way.',
  needs: [],
  quietSeconds: null,
};

export const tableRules: RuleSet = {
  rules: [tableFull, noRoom],
  check(world) {
    const { sessions, daemons, routers, neighbors, groups, segments, reassembly } = world;
    const full = new Condition(tableFull);
    const lists = new Condition(noRoom);
    const macs = new Map<MacAddress, number>();
    let frames = 0;
    let frame = 0;

    const displaced = () => ({ evicted: sessions.counters.evicted, refused: sessions.counters.refused });
    const overflows = () => ({
      'virtual routers': routers.overflowed,
      senders: daemons.overflowed,
      neighbors: neighbors.overflowed,
      groups: groups.overflowed,
      segments: segments.overflowed,
      'real servers': sessions.bindings.overflowed,
      fragments: reassembly.counters.evicted,
    });

    function busiestSender(nowMicros: number): string {
      const rated = daemons.all.map((daemon) => ({ daemon, rate: Daemons.rateAt(daemon, nowMicros) }));
      const most = rated.reduce((a, b) => (b.rate > a.rate ? b : a));
      return `${addressText(most.daemon.address)} sends most, ${Math.round(most.rate)} records a second`;
    }

    function busiestMac(): string {
      const [mac, count] = [...macs].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
      if (count * 2 < frames) return `${frames} frames in the last second, no half of them from one address`;
      return `${macText(mac)} sent ${count} of ${frames} frames in the last second`;
    }

    return {
      sync(sighting) {
        frame = sighting.frame;
      },
      frame(sighting) {
        frame = sighting.frame;
        frames++;
        const { mac } = sighting;
        if (mac !== null && (macs.size < MOST_MACS || macs.has(mac))) macs.set(mac, (macs.get(mac) ?? 0) + 1);
      },
      second(nowMicros, report) {
        full.judge(displaced(), nowMicros, frame, report, ({ evicted = 0, refused = 0 }) => {
          const limit = `the connection table is full with ${sessions.maxSessions} sessions`;
          return `${limit}; ${evicted} had to go for new ones and ${refused} new ones found no place within a second; ${busiestSender(nowMicros)}`;
        });
        lists.judge(overflows(), nowMicros, frame, report, (grown) => {
          const names = Object.entries(grown).map(([name, count]) => `${name} (${count})`);
          return `no room within a second for ${names.join(', ')}; ${frames > 0 ? busiestMac() : busiestSender(nowMicros)}`;
        });
        macs.clear();
        frames = 0;
      },
    };
  },
};

type Counts = Readonly<Record<string, number>>;

/** Lasts while one of its counters grows. */
class Condition {
  readonly #held: Held;
  #before: Counts = {};
  #grewMicros: number | null = null;

  constructor(rule: Rule) {
    this.#held = new Held(rule);
  }

  judge(counts: Counts, atMicros: number, frame: number, report: Report, text: (grown: Counts) => string): void {
    const entries = Object.entries(counts).map(([name, count]) => [name, count - (this.#before[name] ?? 0)] as const);
    const grown = entries.filter(([, count]) => count > 0);
    this.#before = counts;
    if (grown.length > 0) {
      this.#grewMicros = atMicros;
      this.#held.raise(report, { atMicros, subject: {}, text: text(Object.fromEntries(grown)), frames: [frame] });
    } else if (this.#grewMicros !== null && atMicros - this.#grewMicros >= QUIET_MICROS) {
      this.#grewMicros = null;
      this.#held.clear(report, {}, atMicros);
    }
  }
}
