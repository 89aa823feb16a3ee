/** What happened, one thing after the other, from the last sign of the old master until the report was closed. Pure. */
import type { Event } from '../../src/contract/event.ts';
import type { Failover } from '../../src/contract/failover.ts';
import { announcementName, millisOf, spanText } from './failover-words.ts';

export interface Step {
  readonly key: string;
  /** From the change on; negative before it. */
  readonly atMillis: number;
  /** RFC 3339, UTC, microseconds. */
  readonly at: string;
  /** A few words, for the picture. */
  readonly label: string;
  /** A sentence, for the table. */
  readonly text: string;
  readonly tone: Event['severity'];
  readonly kind: 'change' | 'event' | 'sign' | 'announcement' | 'end';
  /** Of the event whose frames can be had. */
  readonly eventId: string | null;
}

/** What an event is called where there is little room, after the address it is about. */
const SHORT: Readonly<Record<string, string>> = {
  'vrrp.resign': 'resigned',
  'vrrp.master_change': 'is master',
  'vrrp.master_lost': 'nobody is master',
  'vrrp.two_masters': 'two masters',
  'vrrp.two_masters_resolved': 'one master again',
  'vrrp.fast_takeover': 'took over too early',
  'vrrp.slow_takeover': 'took over late',
  'vrrp.auth_plain': 'sends a clear password',
  'igmp.leave_backup': 'left the VRRP group',
  'ipvs.sender_seen': 'sends connection sync',
  'ipvs.sender_not_master': 'sends sync, is not master',
  'arp.garp_missing': 'not announced',
  'arp.garp_stale': 'announces a stale address',
};

/** A shape says what the colour says. */
const SHAPES = { info: [], warning: ['▲'], critical: ['■'] } as const;

function labelOf({ kind, subject, severity }: Event): string {
  return [...SHAPES[severity], subject.address, SHORT[kind] ?? kind].filter((part) => part !== undefined).join(' ');
}

/** RFC 3339 with microseconds, so long after another; whole microseconds are exact in a double. */
function timeAfter(at: string, millis: number): string {
  const micros = Math.round((millisOf(at) + millis) * 1000);
  return `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}Z`;
}

function eventStep(event: Event, failover: Failover): Step {
  const isChange = event.id === failover.id;
  return {
    key: event.id,
    atMillis: isChange ? 0 : millisOf(event.at) - millisOf(failover.at),
    at: event.at,
    label: labelOf(event),
    text: event.text,
    tone: event.severity,
    kind: isChange ? 'change' : 'event',
    eventId: event.frames.length > 0 ? event.id : null,
  };
}

/** Nothing when an event of that moment says it already. */
function signSteps({ at, from, gapMs, timeline }: Failover): Step[] {
  if (gapMs === null) return [];
  const time = timeAfter(at, -gapMs);
  if (timeline.some((event) => event.at === time && event.kind === 'vrrp.resign')) return [];
  const label = `last advert of ${from ?? 'the old master'}`;
  return [{ key: 'sign', atMillis: -gapMs, at: time, label, text: `The ${label}.`, tone: 'info', kind: 'sign', eventId: null }];
}

function announcementSteps({ at, family, announcements, to }: Failover): Step[] {
  return announcements.flatMap(({ address, delayMs }) =>
    delayMs === null
      ? []
      : [
          {
            key: `announced ${address}`,
            atMillis: delayMs,
            at: timeAfter(at, delayMs),
            label: `${address} announced`,
            text: `${to} announced ${address} by ${announcementName(family)}.`,
            tone: 'info' as const,
            kind: 'announcement' as const,
            eventId: null,
          },
        ],
  );
}

function endStep({ at, closedAt, sessions: { before, seenAgain } }: Failover, nowMillis: number): Step {
  const atMillis = Math.max(0, closedAt === null ? nowMillis - millisOf(at) : millisOf(closedAt) - millisOf(at));
  const seen = before === 0 ? 'no sessions were known' : `${seenAgain} of ${before} sessions seen again`;
  const label = closedAt === null ? `now: ${seen}` : `report closed: ${seen}`;
  const text = closedAt === null ? `The report is still open: ${seen}.` : `The report was closed after ${spanText(atMillis)}: ${seen}.`;
  return { key: 'end', atMillis, at: timeAfter(at, atMillis), label, text, tone: 'info', kind: 'end', eventId: null };
}

/** @param nowMillis until when an open report goes */
export function stepsOf(failover: Failover, nowMillis: number): Step[] {
  const events = failover.timeline.map((event) => eventStep(event, failover));
  const steps = [...signSteps(failover), ...events, ...announcementSteps(failover)].sort((a, b) => a.atMillis - b.atMillis);
  return [...steps, endStep(failover, nowMillis)];
}

/** How long the new master stayed, as far as the report goes: until nobody or another was master. Null: to its end. */
export function heldMillis({ id, at, timeline }: Failover): number | null {
  const change = timeline.findIndex((event) => event.id === id);
  const after = timeline.slice(change + 1).find(({ kind }) => kind === 'vrrp.master_lost' || kind === 'vrrp.master_change');
  return change < 0 || after === undefined ? null : millisOf(after.at) - millisOf(at);
}
