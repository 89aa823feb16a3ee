/** What happened: an append-only list of typed events. Ids follow from the packets' time alone, so a replay gives the same ones. */

/** Closed: these, and the kinds of the rules (`rules/all.ts`). */
export const STATE_EVENT_KINDS = [
  'vrrp.master_change',
  'vrrp.master_lost',
  'vrrp.two_masters',
  'vrrp.two_masters_resolved',
  'ipvs.sender_seen',
  'sniff.blind',
] as const;

export type Severity = 'info' | 'warning' | 'critical';

export interface EventSubject {
  readonly vrid?: number;
  readonly family?: 'ipv4' | 'ipv6';
  readonly interface?: string;
  readonly vlan?: number;
  readonly address?: string;
  readonly mac?: string;
  readonly daemon?: string;
}

export interface MonitorEvent {
  /** `micros since 1970 in base 36` - `how many before it at that moment`. */
  readonly id: string;
  readonly atMicros: number;
  /** One of `STATE_EVENT_KINDS`, or the kind of a rule. */
  readonly kind: string;
  readonly severity: Severity;
  /** One sentence for people. */
  readonly text: string;
  readonly subject: EventSubject;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string | null;
  readonly gapMs: number | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
  /** Numbers of the frames that show it, as counted by the capture. */
  readonly frames: readonly number[];
}

export type NewEvent = Pick<MonitorEvent, 'atMicros' | 'kind' | 'severity' | 'text'> & Partial<Omit<MonitorEvent, 'id'>>;

const SAME_MOMENT_WINDOW = 256;

export class EventLog {
  /** Oldest first; the newest `limit` are kept here, all of them in the store. */
  readonly recent: MonitorEvent[] = [];
  /** Events ever logged. */
  total = 0;
  private fresh: MonitorEvent[] = [];
  private readonly limit: number;

  constructor(limit = 10_000) {
    this.limit = limit;
  }

  append(event: NewEvent): MonitorEvent {
    // Deadlines are logged with the moment they fell due, so equal moments need not come one after the other.
    const sameMoment = this.recent.slice(-SAME_MOMENT_WINDOW).filter((e) => e.atMicros === event.atMicros).length;
    const id = `${event.atMicros.toString(36)}-${sameMoment}`;
    const whole: MonitorEvent = { subject: {}, from: null, to: null, reason: null, gapMs: null, details: {}, frames: [], ...event, id };
    this.keep(whole);
    this.fresh.push(whole);
    if (this.fresh.length > this.limit) this.fresh.shift();
    this.total++;
    return whole;
  }

  /** Puts a stored event back, oldest first; for the start only. */
  restore(event: MonitorEvent): void {
    this.keep(event);
  }

  /** Events since the last call, for the store and the live view. */
  takeFresh(): MonitorEvent[] {
    const taken = this.fresh;
    this.fresh = [];
    return taken;
  }

  private keep(event: MonitorEvent): void {
    this.recent.push(event);
    if (this.recent.length > this.limit) this.recent.shift();
  }
}
