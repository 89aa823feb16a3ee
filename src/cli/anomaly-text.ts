/** Anomalies for somebody who was just woken: what is wrong now first, what it means and what to do below each. */
import type { Anomaly } from '../contract/anomaly.ts';
import { columns, momentText } from './text.ts';

/** `VRID 51 (IPv4), 10.0.0.11, 02:99:00:00:00:0b, eth0, VLAN 7`. */
function subjectText({ vrid, family, address, mac, daemon, interface: name, vlan }: Anomaly['subject']): string {
  const router = vrid === undefined ? undefined : `VRID ${vrid}${family === undefined ? '' : family === 'ipv4' ? ' (IPv4)' : ' (IPv6)'}`;
  const parts = [router, address, mac, daemon && `sender ${daemon}`, name, vlan === undefined ? undefined : `VLAN ${vlan}`];
  return parts.filter((part) => part !== undefined).join(', ') || '-';
}

const moment = (time: string | null): string => (time === null ? '-' : momentText(time));

const advice = ({ meaning, advice: what }: Anomaly): string[] => [`    meaning: ${meaning}`, `    advice:  ${what}`];

/** A table whose rows have what they mean and ask for below them. */
function explained(title: string, head: readonly string[], anomalies: readonly Anomaly[], row: (a: Anomaly) => string[]): string[] {
  if (anomalies.length === 0) return [];
  const [headLine, ...lines] = columns(head, anomalies.map(row));
  return [`${title}: ${anomalies.length}`, headLine, ...lines.flatMap((line, i) => [line, ...advice(anomalies[i])]), ''];
}

/** By reason, since one reason often holds for many rules. */
function unknownLines(anomalies: readonly Anomaly[]): string[] {
  if (anomalies.length === 0) return [];
  const byReason = new Map<string, string[]>();
  for (const { text, kind, subject } of anomalies) {
    const who = subjectText(subject);
    byReason.set(text, [...(byReason.get(text) ?? []), who === '-' ? kind : `${kind} of ${who}`]);
  }
  return [`cannot be told: ${anomalies.length}`, ...[...byReason].flatMap(([why, kinds]) => [why, `    ${kinds.join('; ')}`]), ''];
}

export function anomalyLines(anomalies: readonly Anomaly[]): string[] {
  if (anomalies.length === 0) return ['no anomaly'];
  const of = (check: Anomaly['check']) => anomalies.filter((anomaly) => anomaly.check === check);
  const about = (a: Anomaly) => [a.severity, a.kind, subjectText(a.subject), `${a.count}`, moment(a.firstSeen)];
  const lines = [
    ...explained('raised', ['severity', 'kind', 'who', 'count', 'since', 'what was seen'], of('raised'), (a) => [...about(a), a.text]),
    ...explained('ended', ['severity', 'kind', 'who', 'count', 'since', 'ended', 'what was seen'], of('clear'), (a) => [
      ...about(a),
      moment(a.endedAt),
      a.text,
    ]),
    ...unknownLines(of('unknown')),
  ];
  return lines.slice(0, -1);
}
