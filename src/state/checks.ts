/** Runs the checks of all rules and turns what they report into anomalies and events, at a bounded rate. */
import type { Anomalies } from './anomalies.ts';
import type { EventSubject, MonitorEvent, NewEvent } from './events.ts';
import type { GroupNews } from './groups.ts';
import type { NeighborNews } from './neighbors.ts';
import type { RouterChange } from './routers.ts';
import type { Check, Finding, Report, Rule, World } from './rule.ts';
import { RULE_SETS } from './rules/all.ts';
import type { Sighting } from './sighting.ts';

/** Events of one kind in one minute of the capture's time; anybody on the wire can cause them. */
const MOST_A_MINUTE = 120;
const MINUTE = 60_000_000;

/** The checks that take part in one kind of call, found once. */
type Takers<Name extends keyof Check> = readonly (Check & Required<Pick<Check, Name>>)[];

function takers<Name extends keyof Check>(checks: readonly Check[], name: Name): Takers<Name> {
  return checks.filter((check): check is Takers<Name>[number] => check[name] !== undefined);
}

export class Checks {
  /** Events not logged because there were too many of their kind. */
  suppressed = 0;
  readonly #anomalies: Anomalies;
  readonly #log: (event: NewEvent) => MonitorEvent;
  readonly #report: Report;
  readonly #minutes = new Map<string, { minute: number; events: number }>();
  readonly #sync: Takers<'sync'>;
  readonly #advert: Takers<'advert'>;
  readonly #frame: Takers<'frame'>;
  readonly #change: Takers<'change'>;
  readonly #neighbor: Takers<'neighbor'>;
  readonly #group: Takers<'group'>;
  readonly #second: Takers<'second'>;

  constructor(world: World, anomalies: Anomalies, log: (event: NewEvent) => MonitorEvent) {
    const checks = RULE_SETS.map(({ check }) => check(world));
    this.#anomalies = anomalies;
    this.#log = log;
    this.#report = {
      raise: (rule, finding) => this.#raise(rule, finding),
      clear: (rule, subject, atMicros) => this.clear(rule, subject, atMicros),
      unknown: (rule, subject, why) => anomalies.unknown(rule, subject, why),
      known: (rule, subject) => anomalies.known(rule, subject),
    };
    this.#sync = takers(checks, 'sync');
    this.#advert = takers(checks, 'advert');
    this.#frame = takers(checks, 'frame');
    this.#change = takers(checks, 'change');
    this.#neighbor = takers(checks, 'neighbor');
    this.#group = takers(checks, 'group');
    this.#second = takers(checks, 'second');
  }

  sync(sighting: Sighting, daemon: number): void {
    for (const check of this.#sync) check.sync(sighting, daemon, this.#report);
  }

  advert(sighting: Sighting): void {
    for (const check of this.#advert) check.advert(sighting, this.#report);
  }

  frame(sighting: Sighting): void {
    for (const check of this.#frame) check.frame(sighting, this.#report);
  }

  change(change: RouterChange): void {
    for (const check of this.#change) check.change(change, this.#report);
  }

  neighbor(news: NeighborNews, sighting: Sighting): void {
    for (const check of this.#neighbor) check.neighbor(news, sighting, this.#report);
  }

  group(news: GroupNews): void {
    for (const check of this.#group) check.group(news, this.#report);
  }

  /** What was found outside the frames: by the capture, by the clock. */
  raise(rule: Rule, finding: Finding): void {
    this.#raise(rule, finding);
  }

  /** The end of what was raised so. */
  clear(rule: Rule, subject: EventSubject, atMicros: number): void {
    this.#anomalies.clear(rule, subject, atMicros);
  }

  second(nowMicros: number): void {
    for (const check of this.#second) check.second(nowMicros, this.#report);
    this.#anomalies.advance(nowMicros);
  }

  #raise(rule: Rule, finding: Finding): void {
    const anomaly = rule.form === 'notice' ? null : this.#anomalies.raise(rule, finding);
    if (rule.form !== 'notice' && !anomaly) return;
    if (!this.#mayTell(rule.kind, finding.atMicros)) return;
    const { atMicros, subject, text, frames, details = {} } = finding;
    const { kind, severity } = rule;
    const event = this.#log({ atMicros, kind, severity, text, subject, frames, details });
    if (anomaly) anomaly.eventId = event.id;
  }

  #mayTell(kind: string, atMicros: number): boolean {
    const minute = Math.floor(atMicros / MINUTE);
    const counted = this.#minutes.get(kind);
    if (!counted || counted.minute !== minute) this.#minutes.set(kind, { minute, events: 1 });
    else if (++counted.events > MOST_A_MINUTE) {
      this.suppressed++;
      return false;
    }
    return true;
  }
}
