/** Whether something is what a rule, a silence or a window is about. */
import { kindPattern, type Match } from '../contract/alert-match.ts';
import { SEVERITIES } from '../contract/subject.ts';
import type { EventSubject, Severity } from '../state/events.ts';

/** What can be matched. */
export interface About {
  readonly kind: string;
  readonly severity: Severity;
  readonly subject: EventSubject;
  /** Addresses of the virtual router that it is about. */
  readonly vips: readonly string[];
}

const patterns = new Map<string, RegExp>();

/** Patterns come from the file and from silences; each is compiled once. */
function isOfKind(kind: string, pattern: string): boolean {
  const known = patterns.get(pattern) ?? kindPattern(pattern);
  patterns.set(pattern, known);
  return known.test(kind);
}

function isAmong<Value>(wanted: readonly Value[] | undefined, value: Value | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value));
}

export function matches(match: Match, { kind, severity, subject, vips }: About): boolean {
  return (
    (match.kind?.some((pattern) => isOfKind(kind, pattern)) ?? true) &&
    (match.severity === undefined || SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(match.severity)) &&
    (match.family === undefined || match.family === subject.family) &&
    (match.vip?.some((vip) => vips.includes(vip)) ?? true) &&
    isAmong(match.vrid, subject.vrid) &&
    isAmong(match.address, subject.address) &&
    isAmong(match.interface, subject.interface) &&
    isAmong(match.vlan, subject.vlan)
  );
}
