/**
 * What a rule is, and how its check reports. A rule is written once: its name, what the packets must show, and what that
 * means and asks for. Its check lives beside it in `rules/` and knows nothing of ids, counts or rate limits.
 */
import type { MacAddress } from '../../dissectors/address.ts';
import type { Reassembly } from '../../dissectors/reassembly.ts';
import type { Daemons } from './daemons.ts';
import type { EventSubject, Severity } from './events.ts';
import type { Expected } from './expected.ts';
import type { GroupNews, Groups } from './groups.ts';
import type { NeighborNews, Neighbors } from './neighbors.ts';
import type { RouterChange, Routers } from './routers.ts';
import type { Segments } from './segments.ts';
import type { Sessions } from './sessions.ts';
import type { Sighting } from './sighting.ts';

/** What a capture must show for a rule to be checked at all. `expected`: the operator must have said what should be. */
export type Sight = 'sync' | 'network' | 'link' | 'expected' | 'live';

export interface Rule {
  /** `area.name`, as in protocol facts section 4. */
  readonly kind: string;
  readonly severity: Severity;
  /** What the packets show when it is raised, for the table in docs. */
  readonly rule: string;
  readonly meaning: string;
  readonly advice: string;
  /** All of them; `sync` alone where the payload of sync datagrams is enough. */
  readonly needs: readonly Sight[];
  /**
   * `notice`: something that happened, an event without duration. `silent`: an anomaly whose event the state logs itself.
   * Otherwise raising it logs an event of its kind.
   */
  readonly form?: 'notice' | 'silent';
  /** It has ended when nothing raised it for so long. Null: only its check says when it ends (`clear`). */
  readonly quietSeconds: number | null;
}

export interface Finding {
  readonly atMicros: number;
  /** Who it is about; two findings of a rule with equal subjects are one anomaly. */
  readonly subject: EventSubject;
  /** What was seen: one sentence with the figures. */
  readonly text: string;
  /** Numbers of the frames that show it, enough to show it again when only they are replayed. */
  readonly frames: readonly number[];
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** How a check tells what it found. */
export interface Report {
  /** Begins an anomaly, or counts one more sighting of it. A notice is logged. */
  raise(rule: Rule, finding: Finding): void;
  /** Ends it; nothing happens when it is not raised. */
  clear(rule: Rule, subject: EventSubject, atMicros: number): void;
  /** It cannot be told at present whether it is so, and why. Ends with the next `raise` or `known`. */
  unknown(rule: Rule, subject: EventSubject, why: string): void;
  /** It can be told (again). */
  known(rule: Rule, subject: EventSubject): void;
}

/** What checks may look at; all of it is up to date with the frame at hand, none of it is theirs to change. */
export interface World {
  readonly segments: Segments;
  readonly daemons: Daemons;
  readonly routers: Routers;
  readonly neighbors: Neighbors;
  readonly groups: Groups;
  readonly sessions: Sessions;
  /** Datagrams that wait for fragments. */
  readonly reassembly: Pick<Reassembly, 'counters'>;
  /** Number of the sync datagram captured at a moment, while it is remembered: a session says when it was synced, not by what. */
  readonly frameAt: (atMicros: number) => number | null;
  /** Null: the operator has not said. */
  readonly expected: Expected | null;
  /** Link-layer addresses of lvscope's own ports: what they send is nobody's. */
  readonly own: ReadonlySet<MacAddress>;
}

/** What a check is called for. Sync datagrams come by the hundred thousand a second: `sync` must be cheap. */
export interface Check {
  /** A datagram of connection sync, after its records were entered. */
  sync?(sighting: Sighting, daemon: number, report: Report): void;
  /** An advert, after `routers` took it: accepted or not. */
  advert?(sighting: Sighting, report: Report): void;
  /** Anything else that is dissected (ARP, NDP, IGMP, MLD, CARP), and frames with faults or notes. */
  frame?(sighting: Sighting, report: Report): void;
  /** A change of a virtual router, in order. */
  change?(change: RouterChange, report: Report): void;
  /** News of addresses, of the frame at hand, after `neighbors` took it. */
  neighbor?(news: NeighborNews, sighting: Sighting, report: Report): void;
  /** News of memberships and queriers, by a frame or by silence. */
  group?(news: GroupNews, report: Report): void;
  /** Every whole second of the capture's time. */
  second?(nowMicros: number, report: Report): void;
}

/** A file of rules: what they are, and the check that raises them. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly check: (world: World) => Check;
}
