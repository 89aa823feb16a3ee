/** An anomaly as REST, WebSocket, `--json` and the page see it: what is wrong, what was, and what cannot be told here. */
import { type Static, Type } from 'typebox';
import type { Anomaly as InnerAnomaly } from '../state/anomalies.ts';
import type { Monitor } from '../state/monitor.ts';
import type { Rule, Sight } from '../state/rule.ts';
import { RULES } from '../state/rules/all.ts';
import type { CaptureStatus } from './capture.ts';
import { Nullable, Time, timeText } from './scalars.ts';
import { SEVERITIES, SeverityName, SubjectSchema } from './subject.ts';

export const ANOMALY_KINDS: readonly string[] = RULES.map(({ kind }) => kind).sort();

export const AnomalySchema = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum([...ANOMALY_KINDS]),
    severity: SeverityName,
    firstSeen: Nullable(Time),
    lastSeen: Nullable(Time),
    endedAt: Nullable(Time),
    count: Type.Integer({ minimum: 0, description: 'how often it was found, over all its times' }),
    subject: SubjectSchema,
    text: Type.String({ description: 'what was seen last; when unknown, why' }),
    meaning: Type.String(),
    advice: Type.String(),
    check: Type.Enum(['raised', 'clear', 'unknown']),
    eventId: Nullable(Type.String({ description: 'the event that told of it last' })),
  },
  { $id: 'Anomaly' },
);
export type Anomaly = Static<typeof AnomalySchema>;

const BY_KIND = new Map(RULES.map((rule) => [rule.kind, rule]));

/** Why a rule cannot be checked for want of a sight; null when it can. */
function lack(sight: Sight, { sees, expected, clock }: Monitor, captures: readonly CaptureStatus[]): string | null {
  switch (sight) {
    case 'network':
      if (clock.firstMicros === null) return 'no frame has been seen yet';
      return sees.network ? null : 'this way of capturing shows no IP headers and no protocol but connection sync';
    case 'link':
      if (clock.firstMicros === null) return 'no frame has been seen yet';
      return sees.link ? null : 'the frames come without link-layer addresses';
    case 'expected':
      return expected ? null : 'no expected state is configured: write one with lvscope expect, start with --config';
    case 'live':
      return captures.some(({ kind }) => kind === 'pcap' || kind === 'udp') ? null : 'only a live capture can tell';
    case 'sync':
      return null;
  }
}

/**
 * Why this capture cannot tell whether a rule is broken; null when it can.
 * @param captures where frames come from; none when files are replayed
 */
export function blindnessOf({ needs }: Rule, monitor: Monitor, captures: readonly CaptureStatus[]): string | null {
  return needs.map((sight) => lack(sight, monitor, captures)).find((why) => why !== null) ?? null;
}

const timeOrNull = (micros: number | null): string | null => (micros === null ? null : timeText(micros));

function anomalyOf(anomaly: InnerAnomaly): Anomaly {
  const { id, kind, severity, subject, text, count, check, eventId, firstMicros, lastMicros, endedMicros } = anomaly;
  const rule = BY_KIND.get(kind);
  return {
    id,
    kind,
    severity,
    firstSeen: timeOrNull(firstMicros),
    lastSeen: timeOrNull(lastMicros),
    endedAt: timeOrNull(endedMicros),
    count,
    subject,
    text,
    meaning: rule?.meaning ?? '',
    advice: rule?.advice ?? '',
    check,
    eventId,
  };
}

/** One for a rule that this capture cannot check for anybody. */
function uncheckedOf({ kind, severity, meaning, advice }: Rule, why: string): Anomaly {
  const never = { firstSeen: null, lastSeen: null, endedAt: null, count: 0, eventId: null };
  return { id: kind, kind, severity, ...never, subject: {}, text: why, meaning, advice, check: 'unknown' };
}

function gravest(a: InnerAnomaly, b: InnerAnomaly): number {
  return SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || (a.firstMicros ?? 0) - (b.firstMicros ?? 0);
}

/**
 * Those that are raised, the gravest first, of equals the oldest; then those that ended, the latest first; then what cannot be
 * told, for somebody or for anybody. A rule that was never broken and can be checked is not there.
 */
export function anomaliesOf(monitor: Monitor, captures: readonly CaptureStatus[]): Anomaly[] {
  const of = (check: InnerAnomaly['check']) => monitor.anomalies.all.filter((anomaly) => anomaly.check === check);
  const ended = of('clear').filter(({ firstMicros }) => firstMicros !== null);
  const unchecked = RULES.flatMap((rule) => {
    const why = blindnessOf(rule, monitor, captures);
    return why === null ? [] : [uncheckedOf(rule, why)];
  });
  return [
    ...of('raised').sort(gravest).map(anomalyOf),
    ...ended.sort((a, b) => (b.endedMicros ?? 0) - (a.endedMicros ?? 0)).map(anomalyOf),
    ...of('unknown').map(anomalyOf),
    ...unchecked,
  ];
}
